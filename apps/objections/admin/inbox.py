"""The inbox: what waits for an officer of the centre or a reviewer of a department, with the time left."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import polars as pl
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from unfold.decorators import display

from apps.audit import access
from apps.core.calendars import current_calendar
from apps.core.exporting import ListExport
from apps.core.frames import text_frame
from apps.departments.admin_scope import ScopedAdmin

from .. import actions, states
from ..clock_text import standing_text
from ..models import Case
from ..querysets import HANDLES
from ..searching import search
from .filters import NAMED, filters_for

TONES: Final = {
    Case.State.RECEIVED: "warning",
    Case.State.ACCEPTED: "info",
    Case.State.ROUTED: "primary",
    Case.State.ANSWERED: "info",
    Case.State.PROPOSED: "warning",
    Case.State.CLOSED: "success",
    Case.State.REFUSED: "danger",
    Case.State.RETRACTED: "default",
}
CLOCK_TONES: Final = {tone: tone for tone in ("danger", "warning", "success", "info", "default")}
RELATED: Final = ("record__subject", "record__department", "handler", "checker", "department")
CHUNK: Final = 500


class CaseChangeList(ChangeList):
    """Reads the calendar once for the page, not once for each row."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        today, calendar = timezone.localdate(), current_calendar()
        for case in self.result_list:
            case.stage_text = standing_text(case, case.stage_due, today, calendar)
            case.whole_text = standing_text(case, case.whole_due, today, calendar)


class Inbox(ListExport, ScopedAdmin):
    """The list of cases."""

    department_permission = HANDLES
    list_display = (
        "shown_number",
        "kind",
        "subject",
        "what_for",
        "state_badge",
        "stage_badge",
        "whole_badge",
        "officer",
        "source",
    )
    list_display_links = ("shown_number",)
    list_select_related = RELATED
    list_filter_submit = True
    list_filter_sheet = False
    list_fullwidth = True
    # Only opens the search box; what is searched says get_search_results.
    search_fields = ("number",)
    search_help_text = gettext_lazy(
        "Case number or its serial number, progress code, document number of the record, name of an organisation"
    )
    nothing_listed = gettext_lazy(
        "Nothing waits for you. Cases that have ended, or wait for others, are found by a search or under “Filters”."
    )
    row_actions = actions.ROW_ACTIONS
    # Each case goes through the action by itself: papers and clock differ.
    bulk_limit = 200

    class Media:
        css = {"all": ["records/records.css", "objections/objections.css"]}

    @display(description=gettext_lazy("case number"), ordering="number")
    def shown_number(self, case: Case) -> str:
        return format_html('<span class="rec-number">{}</span>', case.number)

    @display(description=gettext_lazy("subject"))
    def subject(self, case: Case) -> str:
        return format_html('<span class="obj-name">{}</span>', case.record.subject.name)

    @display(description=gettext_lazy("ground or class"))
    def what_for(self, case: Case) -> str:
        return case.get_ground_display() or case.get_dishonesty_display()

    @display(description=gettext_lazy("state"), ordering="state", label=TONES)
    def state_badge(self, case: Case) -> tuple[str, str]:
        return case.state, case.get_outcome_display() if case.state == states.CLOSED else case.get_state_display()

    @display(description=gettext_lazy("stage: time left"), ordering="stage_due", label=CLOCK_TONES)
    def stage_badge(self, case: Any) -> tuple[str, str] | None:
        # With whom it lies the state says.
        text = case.stage_text
        return (text.tone, text.note) if text else None

    @display(description=pgettext_lazy("objections", "whole case by"), ordering="whole_due", label=CLOCK_TONES)
    def whole_badge(self, case: Any) -> tuple[str, str] | None:
        text = case.whole_text
        return (text.tone, text.day) if text else None

    @display(description=gettext_lazy("officer"))
    def officer(self, case: Case) -> str:
        person = case.checker if case.state == states.ROUTED else case.handler
        return person.name if person else "–"

    @display(description=pgettext_lazy("case", "source department"))
    def source(self, case: Case) -> str:
        return format_html('<span class="obj-unit">{}</span>', case.record.department)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CaseChangeList

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """What is due first comes first; where ended cases are shown too, the latest."""
        asked = request.GET
        if asked.get("state__exact") in states.OPEN or asked.get("desk") in ("mine", "nobody"):
            return ("due", "pk")
        with_ended = asked.get("desk") == "all" or any(asked.get(name) for name in NAMED)
        return ("-pk",) if with_ended else ("due", "pk")

    def get_list_filter(self, request: HttpRequest) -> Any:
        return filters_for(request.user)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return search(queryset, search_term, request.user), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        access.for_purpose(request, access.Purpose.OBJECTION)
        return super().get_changelist_instance(request)

    # Export

    def export_stem(self, request: HttpRequest) -> str:
        return "cases"

    def export_headers(self, request: HttpRequest) -> list[str]:
        return list(_columns())

    def export_frames(self, request: HttpRequest, queryset: Any, form: Any) -> Iterator[pl.DataFrame]:
        access.for_purpose(request, access.Purpose.OBJECTION)
        columns = _columns()
        cases = queryset.select_related(*RELATED).iterator(chunk_size=CHUNK)
        while chunk := list(islice(cases, CHUNK)):
            access.shown_keys(request, Case, [case.pk for case in chunk])
            yield text_frame([value(case) for value in columns.values()] for case in chunk)


def _columns() -> dict[str, Any]:
    """Header -> value of a case. The progress code opens a case to the applicant and leaves no house."""
    return {
        _("case number"): lambda case: case.number,
        pgettext("case", "kind"): lambda case: case.get_kind_display(),
        _("subject"): lambda case: case.record.subject.name,
        _("unified social credit code"): lambda case: case.record.subject.uscc or "",
        _("document number of the record"): lambda case: case.record.document_number,
        pgettext("case", "source department"): lambda case: str(case.record.department),
        _("ground or class"): lambda case: case.get_ground_display() or case.get_dishonesty_display(),
        _("received on"): lambda case: _day(case.opened_on),
        _("state"): lambda case: case.get_state_display(),
        _("stage"): lambda case: case.get_stage_display(),
        _("stage due on"): lambda case: _day(case.stage_due),
        _("case due on"): lambda case: _day(case.whole_due),
        _("paused on"): lambda case: _day(case.paused_on),
        _("officer"): lambda case: case.handler.name if case.handler else "",
        pgettext("case", "outcome"): lambda case: case.get_outcome_display(),
        _("ended on"): lambda case: _day(case.closed_at and timezone.localdate(case.closed_at)),
    }


def _day(day: Any) -> str:
    return f"{day:%Y/%m/%d}" if day else ""
