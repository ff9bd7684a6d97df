"""Filters of lists that the theme does not bring."""

import datetime
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str


class DaysFilter(RangeDateFilter):
    """Moments from the beginning of one day to the end of another, as the clocks here go; either may be left out.

    The theme's own asks for hours as well, and takes them for those of no particular time zone.
    """

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        first, last = (self._day(f"{self.parameter_name}_{end}") for end in ("from", "to"))
        try:
            if first:
                queryset = queryset.filter(**{f"{self.parameter_name}__gte": _midnight(first)})
            if last:
                end = _midnight(last + datetime.timedelta(days=1))
                queryset = queryset.filter(**{f"{self.parameter_name}__lt": end})
        except OverflowError as error:
            raise IncorrectLookupParameters(error) from error
        return queryset

    def _day(self, name: str) -> datetime.date | None:
        text = self.used_parameters.get(name)
        if not text:
            return None
        day = parse_date_str(text)
        if day is None:
            raise IncorrectLookupParameters(f"{text!r} is no date")
        return day


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))
