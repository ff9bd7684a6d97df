"""Admin of objections and applications for repair."""

from typing import Any

from django.contrib import admin
from django.utils.translation import get_language

from apps.catalogue.specs import item_spec

from ..models import Case
from .board import BoardPages
from .filing import FilingPages
from .inbox import Inbox
from .pages import CasePages


@admin.register(Case)
class CaseAdmin(FilingPages, BoardPages, CasePages, Inbox):
    """The desk of the officers of the centre, and of the reviewers whom they ask."""

    # With the code the applicant asks how the case stands; it is the applicant's own.
    confidential_fields = ("applicant", "code")

    def history_json_words(self, obj: Any, field: str, key: str, value: Any) -> tuple[str, str] | None:
        fields = getattr(obj, "correctable_fields", None)
        if fields is None:
            fields = obj.correctable_fields = item_spec(obj.record.item).by_code
        if field != "correction" or key not in fields:
            return None
        return fields[key].label_in((get_language() or "")[:2]), str(value)
