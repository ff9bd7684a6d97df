"""Filters of the inbox."""

import datetime
from typing import Any, Final

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from apps.core.calendars import current_calendar
from apps.departments.admin_scope import DepartmentFilter
from apps.departments.scope import departments_of

from .. import states
from ..querysets import CHECKS, HANDLES

SOON_WORKING_DAYS: Final = 2
YEARS_OFFERED: Final = 6
NAMED: Final = ("q", "state__exact", "year")
"""Who asks for these means cases that have ended too."""


def waiting_for(user: Any) -> Q:
    """What waits for a person: open cases that the person handles, and those that the own department is to check."""
    return Q(department__in=departments_of(user, HANDLES), state__in=states.OPEN) | Q(
        routed_to__in=departments_of(user, CHECKS), state=states.ROUTED
    )


class DeskFilter(DropdownFilter):
    """Whose cases. Without it the list shows what waits for the person, unless something named is looked for."""

    title = pgettext_lazy("objections", "desk")
    parameter_name = "desk"
    all_option = ["", _("What waits for me")]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("Mine")), ("nobody", _("Nobody's yet")), ("all", _("All cases, ended ones too"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        user: Any = request.user
        if self.value() == "mine":
            return queryset.running().filter(Q(handler=user) | Q(checker=user))
        if self.value() == "nobody":
            return queryset.running().filter(
                Q(department__in=departments_of(user, HANDLES), handler=None)
                | Q(routed_to__in=departments_of(user, CHECKS), state=states.ROUTED, checker=None)
            )
        if self.value() == "all" or any(request.GET.get(name) for name in NAMED):
            return queryset
        return queryset.filter(waiting_for(user))


class ClockFilter(DropdownFilter):
    """How the clock stands."""

    title = _("clock")
    parameter_name = "clock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("overdue", _("overdue")),
            ("today", _("due today")),
            ("soon", _("due within two working days")),
            ("paused", _("paused")),
            ("provisional", _("provisional")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        today = timezone.localdate()
        value = self.value()
        if value == "overdue":
            return queryset.running().filter(due__lt=today)
        if value == "today":
            return queryset.running().filter(due=today)
        if value == "soon":
            last = current_calendar().add_working_days(today, SOON_WORKING_DAYS).date
            return queryset.running().filter(due__range=(today, last))
        if value == "paused":
            return queryset.running().filter(paused_on__isnull=False)
        if value == "provisional":
            return queryset.running().filter(provisional=True)
        return queryset


class YearFilter(DropdownFilter):
    """Cases that came in during a year."""

    title = _("year received")
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        this_year = timezone.localdate().year
        return [(str(year), str(year)) for year in range(this_year, this_year - YEARS_OFFERED, -1)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value() or ""
        if value not in dict(self.lookup_choices):
            return queryset
        year = int(value)
        return queryset.filter(opened_on__range=(datetime.date(year, 1, 1), datetime.date(year, 12, 31)))


def filters_for(user: Any) -> list[Any]:
    """The filters of one person's inbox: by source department only for those who handle cases of several."""
    filters: list[Any] = [
        DeskFilter,
        ClockFilter,
        ("state", ChoicesDropdownFilter),
        ("stage", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        YearFilter,
    ]
    if departments_of(user, HANDLES):
        filters.insert(5, ("routed_to", DepartmentFilter))
    return filters
