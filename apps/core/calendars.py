"""The working-day calendar of the database, kept in the process while nobody edits it."""

from __future__ import annotations

import threading

from django.db import connection

from .models import CalendarDay, CalendarYear
from .workdays import WorkCalendar

_lock = threading.Lock()
_kept: tuple[str, WorkCalendar] | None = None


def current_calendar() -> WorkCalendar:
    """The calendar as it stands now. One query of about a millisecond unless it was edited: call it once per request
    or batch and pass it on.

    The version is a digest of the rows themselves, so that edits by SQL, by another process or rolled back again
    are all seen.
    """
    global _kept
    version = _version()
    with _lock:
        if _kept is None or _kept[0] != version:
            _kept = version, load_calendar()
        return _kept[1]


def load_calendar() -> WorkCalendar:
    """The calendar read from the database, past the kept one."""
    days: dict = {}
    names: dict = {}
    for date, is_working, name in CalendarDay.objects.order_by("date").values_list("date", "is_working", "name"):
        days[date] = is_working
        if name:
            names[date] = name
    announced = CalendarYear.objects.filter(announced=True).values_list("year", flat=True)
    return WorkCalendar(days=days, announced=frozenset(announced), names=names)


def _version() -> str:
    # An exclusive-or of row digests needs no sorting.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT concat_ws('/',"
            " (SELECT concat(count(*), ':', bit_xor(hashtextextended(concat_ws('|', date, is_working, name), 0)))"
            "  FROM core_calendarday),"
            " (SELECT concat(count(*), ':', bit_xor(hashtextextended(concat_ws('|', year, announced), 0)))"
            "  FROM core_calendaryear))"
        )
        return str(cursor.fetchone()[0])
