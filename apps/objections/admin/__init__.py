"""Admin of objections and applications for repair."""

from typing import Any

from django.contrib import admin
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.catalogue.specs import item_spec
from apps.core.history_diff import EMPTY, Reader

from ..models import Case
from .board import BoardPages
from .filing import FilingPages
from .inbox import Inbox
from .pages import CasePages


class CaseHistory(Reader):
    """Tells what a decision changed in the record field by field."""

    def text(self, each: Any, value: Any) -> str:
        if each.name != "changes" or not value:
            return super().text(each, value)
        lines = (f"{line['field']}: {line['before'] or EMPTY} → {line['after'] or EMPTY}" for line in value)
        return super().text(each, _("; ").join(lines))


@admin.register(Case)
class CaseAdmin(FilingPages, BoardPages, CasePages, Inbox):
    """The desk of the officers of the centre, and of the reviewers whom they ask."""

    history_reader_class = CaseHistory
    # With the code the applicant asks how the case stands; it is the applicant's own.
    confidential_fields = ("applicant", "code")

    def history_json_words(self, obj: Any, field: str, key: str, value: Any) -> tuple[str, str] | None:
        fields = getattr(obj, "correctable_fields", None)
        if fields is None:
            fields = obj.correctable_fields = item_spec(obj.record.item).by_code
        if field != "correction" or key not in fields:
            return None
        return fields[key].label_in((get_language() or "")[:2]), str(value or "")
