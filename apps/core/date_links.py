"""Years and months above a list, without reading its table."""

import datetime
from collections.abc import Callable
from typing import Any, Final

from django.contrib.admin.views.main import ChangeList
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

TEMPLATE: Final = "admin/date_hierarchy.html"
MOST_YEARS: Final = 30

Bounds = Callable[[], tuple[datetime.date | None, datetime.date | None]]


def date_links(cl: ChangeList, bounds: Bounds) -> dict[str, Any]:
    """The context of TEMPLATE for the ``date_hierarchy`` of a list; ``bounds`` finds the first and the last day.

    Django's own drill-down reads every row of the list for its choices. Here a year or month may turn out empty.
    """
    field = cl.date_hierarchy
    year, month = (cl.params.get(f"{field}__{part}") for part in ("year", "month"))

    def link(**parts: str) -> str:
        return cl.get_query_string({f"{field}__{part}": value for part, value in parts.items()}, [f"{field}__"])

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
    first, last = bounds()
    if first is None or last is None:
        return {"show": False}
    newest = min(last.year, timezone.localdate().year)
    years = range(newest, max(first.year, newest - MOST_YEARS) - 1, -1)
    return {
        "show": True,
        "back": None,
        "choices": [{"title": str(each), "link": link(year=str(each))} for each in years],
    }
