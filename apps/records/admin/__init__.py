"""Admin of credit records."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language

from apps.audit import access
from apps.catalogue.rules import to_display
from apps.catalogue.specs import item_spec
from apps.core.terms import SubjectKind
from apps.departments.scope import may
from apps.subjects import purposes

from .. import rules
from ..models import Record
from ..querysets import works_in
from .exporting import ExportPages
from .lists import RecordList
from .pages import EntryPages
from .while_typing import AnswersWhileTyping


@admin.register(Record)
class RecordAdmin(ExportPages, EntryPages, AnswersWhileTyping, RecordList):
    """The workplace of clerks and reviewers."""

    confidential_fields = ("confidential",)
    # What is confidential stands in the history encrypted.
    offers_proof = True

    def find_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """A record about a person is opened for a purpose: those who enter or review in its department have it from
        their work, others are asked."""
        record = super().find_object(request, object_id, from_field)
        if record is None or not self.has_view_or_change_permission(request, record):
            return record
        if self._works_on(request, record):
            access.for_purpose(request, access.Purpose.RECORD)
        elif record.subject.kind == SubjectKind.NATURAL_PERSON:
            purposes.require(request, record.subject_id)
        return record

    def deleted_history_visible(self, request: HttpRequest, history_row: Any) -> bool:
        # The history row names the department, so what was discarded stays readable to those who could see it.
        if history_row.state in rules.EDITABLE and not self._works_on(request, history_row):
            return False
        return may(request.user, "view_records", history_row.department_id)

    def history_scope(self, request: HttpRequest, last: Any, rows: QuerySet) -> QuerySet:
        """To others a record begins with what was handed over, and what was returned stays inside."""
        return rows if self._works_on(request, last) else rows.exclude(state__in=rules.EDITABLE)

    def _works_on(self, request: HttpRequest, record: Any) -> bool:
        return record.department_id in works_in(request.user)

    def history_json_words(self, obj: Any, field: str, key: str, value: Any) -> tuple[str, str] | None:
        fields = getattr(obj, "fields_by_code", None)
        if fields is None:
            fields = obj.fields_by_code = {each.code: each for each in item_spec(obj.item).fields}
        if field != "data" or key not in fields:
            return None
        return fields[key].label_in((get_language() or "")[:2]), to_display(fields[key], value)
