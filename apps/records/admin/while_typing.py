"""What the form of a record asks while somebody types: organisations, and until when a decision is to be published."""

from collections.abc import Callable
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.catalogue import rules as catalogue
from apps.catalogue.models import InformationItem
from apps.catalogue.shapes import ItemSpec
from apps.catalogue.specs import item_spec
from apps.core.calendars import current_calendar
from apps.departments.admin_scope import ScopedAdmin
from apps.subjects.models import Subject

from .. import rules
from ..clock_text import left_text
from ..clocks import Clocks
from ..reading import identifiers_of, subject_values

LOOKED_UP: Final = 10


class AnswersWhileTyping(ScopedAdmin):
    """Adds the addresses that the form asks to the admin of records."""

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"records_record_{name}")

        return [
            page("lookup/", self.lookup_view, "lookup"),
            page("deadline/", self.deadline_view, "deadline"),
            *super().get_urls(),
        ]

    def lookup_view(self, request: HttpRequest) -> JsonResponse:
        """Organisations by part of a name or by code, with what they fill in, by role of the field."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        term = request.GET.get("q", "").strip()[:100]
        found, more = Subject.objects.first_hits(term, LOOKED_UP) if len(term) > 1 else ([], False)
        codes = identifiers_of(found)
        return JsonResponse(
            {
                "subjects": [
                    {
                        "name": subject.name,
                        "code": subject.uscc or next(iter(codes[subject.pk].values()), ""),
                        "values": {
                            role: value or "" for role, value in subject_values(subject, codes[subject.pk]).items()
                        },
                    }
                    for subject in found
                ],
                "more": _("There are more: type more of it.") if more else "",
                "none": "" if found else _("Nothing on record. A valid code makes a new subject."),
            }
        )

    def deadline_view(self, request: HttpRequest) -> JsonResponse:
        """The publication deadline of an item's decision of a day, in words."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        item = get_object_or_404(InformationItem, code=request.GET.get("item", ""))
        spec: ItemSpec = item_spec(item)
        decided = spec.by_role.get("decided_on")
        parsed = catalogue.parse_value(decided, request.GET.get("decided_on", "")) if decided else catalogue.Parsed()
        today, calendar = timezone.localdate(), current_calendar()
        if parsed.value is None or parsed.value > today:
            return JsonResponse({"text": "", "tone": ""})
        due = Clocks(item, today, calendar).due(parsed.value)
        if due.date is None:
            return JsonResponse({"text": "", "tone": ""})
        clock = rules.clock(due.date, today, calendar)
        text = _("To be published by %(day)s: %(left)s.") % {"day": due.date.isoformat(), "left": left_text(clock)}
        if due.provisional:
            text += " " + _("Provisional: the holidays of a year it crosses are not announced yet.")
        return JsonResponse({"text": text, "tone": clock.tone})
