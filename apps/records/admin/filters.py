"""Filters of the list of records."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, RelatedDropdownFilter

from apps.core.calendars import current_calendar
from apps.departments.admin_scope import DepartmentFilter
from apps.departments.scope import departments_of

SOON_WORKING_DAYS = 2


class ClockFilter(DropdownFilter):
    """Records whose publication deadline is over or near."""

    title = _("publication clock")
    parameter_name = "clock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("overdue", _("overdue")), ("soon", _("due within two working days"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        today = timezone.localdate()
        if self.value() == "overdue":
            return queryset.overdue(today)
        if self.value() == "soon":
            return queryset.due_between(today, current_calendar().add_working_days(today, SOON_WORKING_DAYS).date)
        return queryset


class ItemFilter(RelatedDropdownFilter):
    """Items of the catalogue."""


class DecidedFilter(RangeDateFilter):
    """Range of decision dates."""


def filters_for(user: Any) -> list[Any]:
    """The filters of one person's list: by department only where there are several to choose from."""
    filters: list[Any] = [
        ("state", admin.ChoicesFieldListFilter),
        ClockFilter,
        ("item", ItemFilter),
        ("decided_on", DecidedFilter),
    ]
    if len(departments_of(user)) > 1:
        filters.insert(3, ("department", DepartmentFilter))
    return filters
