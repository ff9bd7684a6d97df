"""The list of records: what is shown, filtered, searched, and done to many at once."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import display

from apps.core.calendars import current_calendar
from apps.core.reasons import REASON
from apps.departments.actions import Action
from apps.departments.admin_actions import CONFIRMED, action_form, asks
from apps.departments.admin_scope import ScopedAdmin
from apps.departments.scope import departments_of

from .. import actions
from ..bulk import MANY
from ..clock_text import clock_text
from ..models import Record
from ..searching import search
from .filters import filters_for

TONES = {
    Record.State.DRAFT: "default",
    Record.State.SUBMITTED: "info",
    Record.State.RETURNED: "warning",
    Record.State.PUBLISHED: "success",
    Record.State.WITHDRAWN: "danger",
    Record.State.ARCHIVED: "default",
    Record.State.REPAIRED: "info",
}
FEW_DEPARTMENTS = 10
"""Of so many departments a list is put together part by part; who sees more sees most of the newest records anyway."""
CLOCK_TONES = {tone: tone for tone in ("danger", "warning", "success", "default")}


class RecordChangeList(ChangeList):
    """Reads the calendar once for the page, not once for each row."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        today, calendar = timezone.localdate(), current_calendar()
        for record in self.result_list:
            record.clock_text = clock_text(record, today, calendar)


class RecordList(ScopedAdmin):
    """The list page of records."""

    list_display = ("number", "subject_name", "item", "state_badge", "decided", "deadline_badge", "author_name")
    list_display_links = ("number",)
    list_select_related = ("subject", "item", "author", "department")
    list_filter_submit = True
    list_filter_sheet = False
    list_fullwidth = True
    date_hierarchy = "decided_on"
    linked_by = ("author",)
    ordering = ("-pk",)
    # Only opens the search box; what is searched says get_search_results.
    search_fields = ("document_number",)
    search_help_text = gettext_lazy("Document number (from its beginning), name (two characters will do), or code")
    row_actions = (actions.submit, actions.publish, actions.return_record, actions.withdraw, actions.discard)
    change_list_template = "records/change_list.html"

    class Media:
        css = {"all": ["records/records.css"]}

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """The last entered first; within a year, month or day of decisions by that day, as their index has them."""
        dated = any(name.startswith(f"{self.date_hierarchy}__") for name in request.GET)
        return (f"-{self.date_hierarchy}", "-pk") if dated else super().get_ordering(request)

    @display(description=pgettext_lazy("record", "document number"), ordering="document_number")
    def number(self, record: Record) -> str:
        if not record.marks:
            return format_html('<span class="rec-number">{}</span>', record.document_number)
        return format_html(
            '<span class="rec-number">{}</span> <span class="rec-mark" title="{}">{}</span>',
            record.document_number,
            " ".join(record.marks),
            _("under objection") if record.under_objection else _("annotated"),
        )

    @display(description=gettext_lazy("decision date"), ordering="decided_on")
    def decided(self, record: Record) -> str:
        return format_html('<span class="rec-number">{}</span>', record.decided_on.isoformat())

    @display(description=gettext_lazy("subject"))
    def subject_name(self, record: Record) -> str:
        return record.subject.name

    @display(description=gettext_lazy("state"), label=TONES)
    def state_badge(self, record: Record) -> tuple[str, Any]:
        # Not by get_state_display, which translates all states for each row.
        return record.state, Record.State(record.state).label

    @display(description=gettext_lazy("publication deadline"), ordering="deadline", label=CLOCK_TONES)
    def deadline_badge(self, record: Any) -> tuple[str, str] | None:
        return (record.clock_text.tone, record.clock_text.text) if record.clock_text else None

    @display(description=gettext_lazy("author"))
    def author_name(self, record: Record) -> str:
        return record.author.name

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RecordChangeList

    def get_paginator(self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any) -> Any:
        paginator = super().get_paginator(request, queryset, *args, **kwargs)
        departments = departments_of(request.user)
        if 1 < len(departments) <= FEW_DEPARTMENTS:
            paginator.parts = [queryset.filter(department=each) for each in sorted(departments)]
        return paginator

    def get_list_filter(self, request: HttpRequest) -> Any:
        return filters_for(request.user)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return search(queryset, search_term), False

    # Many at once

    def do_bulk(self, request: HttpRequest, queryset: Any, action: Action) -> HttpResponse | None:
        """All chosen rows in one transaction. What was chosen across all pages is shown as a number first."""
        across = request.POST.get("select_across") == "1"
        confirmed = CONFIRMED in request.POST
        form = action_form(action, request.POST if confirmed else None)
        if (asks(action) and not form.is_valid()) or (across and not confirmed):
            return self._ask_bulk(request, queryset, action, form, across)
        reason = form.cleaned_data.get(REASON, "") if asks(action) else ""
        outcome = MANY[action.name](request.user, queryset, reason)
        self._tell_bulk(request, action, outcome.done, outcome.refused)
        return None

    def _ask_bulk(self, request: HttpRequest, queryset: Any, action: Action, form: Any, across: bool) -> HttpResponse:
        number = queryset.order_by().count()
        context = {
            **self.admin_site.each_context(request),
            "title": _("%(action)s: %(number)d records") % {"action": action.label, "number": number},
            "opts": self.opts,
            "action": action,
            "number": number,
            "form": form,
            "media": self.media + form.media,
            # Django takes "all pages" only with at least one row chosen.
            "keys": request.POST.getlist(ACTION_CHECKBOX_NAME)[: 1 if across else None],
            "across": across,
            "key_name": ACTION_CHECKBOX_NAME,
            "confirmed_name": CONFIRMED,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "records/bulk.html", context)
