"""Years and months above the list of records, without reading the table."""

import datetime
from typing import Any

from django import template
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, Min, OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.departments.models import Department
from apps.departments.scope import departments_of
from apps.records.models import Record

register = template.Library()

FIELD = "decided_on"
MOST_YEARS = 30


@register.inclusion_tag("admin/date_hierarchy.html", takes_context=True)
def record_dates(context: dict[str, Any], cl: ChangeList) -> dict[str, Any]:
    """Django's own drill-down reads every row of the list for its choices; this one asks the index for first and last.

    One query; a year or month in between may turn out empty.
    """
    year, month = (cl.params.get(f"{FIELD}__{part}") for part in ("year", "month"))

    def link(**parts: str) -> str:
        return cl.get_query_string({f"{FIELD}__{part}": value for part, value in parts.items()}, [f"{FIELD}__"])

    if year:
        shown = [month] if month else [str(number) for number in range(1, 13)]
        choices = [
            {
                "title": capfirst(date_format(datetime.date(int(year), int(each), 1), "YEAR_MONTH_FORMAT")),
                **({} if month else {"link": link(year=year, month=each)}),
            }
            for each in shown
        ]
        back = {"link": link(year=year), "title": year} if month else {"link": link(), "title": _("All dates")}
        return {"show": True, "back": back, "choices": choices}
    first, last = bounds(context["request"].user)
    if first is None or last is None:
        return {"show": False}
    newest = min(last.year, timezone.localdate().year)
    years = range(newest, max(first.year, newest - MOST_YEARS) - 1, -1)
    return {
        "show": True,
        "back": None,
        "choices": [{"title": str(each), "link": link(year=str(each))} for each in years],
    }


def bounds(user: Any) -> tuple[datetime.date | None, datetime.date | None]:
    """First and last decision date of the records that ``user`` sees: two probes of an index for each department."""
    dates = Record.objects.filter(department=OuterRef("pk")).order_by(FIELD).values(FIELD)
    found = (
        Department.objects.filter(pk__in=departments_of(user))
        .annotate(first=Subquery(dates[:1]), last=Subquery(dates.reverse()[:1]))
        .aggregate(Min("first"), Max("last"))
    )
    return found["first__min"], found["last__max"]
