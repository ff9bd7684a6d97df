"""Working days and periods. Pure: the calendar is a value; `calendars.current_calendar` reads it from the database.

The day of the event is not counted; counting begins the day after (民法典 201, 行政处罚法 85 with 民事诉讼法 85).
Whether a day is a working day is told by the State Council's yearly notice, which also moves work to Saturdays and
Sundays. While a year is not announced, Monday to Friday count, less the statutory holidays that have fixed dates; a
result that rests on such a year is provisional and is computed again when the year is entered.
"""

from __future__ import annotations

import calendar as month_lengths
import datetime
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Literal

ONE_DAY: Final = datetime.timedelta(days=1)
SATURDAY: Final = 5
"""Days of a week before it: Monday is 0, and the first day of the year 1 was one."""

Unit = Literal["working_days", "days", "months", "years"]

# Why a day was or was not counted.
WEEKEND: Final = "weekend"
HOLIDAY: Final = "holiday"
WORKING_WEEKEND: Final = "working_weekend"
FIXED_HOLIDAY: Final = "fixed_holiday"

# Statutory holidays with fixed dates, by the edition of 全国年节及纪念日放假办法: (from year, (month, day)...).
# The movable ones (Spring Festival, Qingming, Dragon Boat, Mid-Autumn) are known only from the notice.
FIXED_HOLIDAYS: Final[tuple[tuple[int, tuple[tuple[int, int], ...]], ...]] = (
    (2025, ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))),
    (2008, ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))),
    (1999, ((1, 1), (5, 1), (5, 2), (5, 3), (10, 1), (10, 2), (10, 3))),
)


@dataclass(frozen=True, slots=True)
class TracedDay:
    """A day that did not follow the plain Monday-to-Friday week, or was not counted: why, and its name if any."""

    date: datetime.date
    reason: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Last day of a period.

    date         the last day on which the duty can be met in time
    provisional  some day between start and end lies in a year whose calendar is not announced
    trace        the days that were skipped, and the weekend days that were worked, in order of counting
    """

    date: datetime.date
    provisional: bool = False
    trace: tuple[TracedDay, ...] = field(default=())


def fixed_holidays(year: int) -> tuple[tuple[int, int], ...]:
    """(month, day) of the statutory holidays of `year` that need no notice; empty before 1999."""
    for first_year, days in FIXED_HOLIDAYS:
        if year >= first_year:
            return days
    return ()


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked.

    days       announced days that differ from the Monday-to-Friday week: True worked, False free
    announced  years whose notice has been entered; a year without any differing day may be among them
    names      name of a day in `days`, for explanations
    """

    days: Mapping[datetime.date, bool]
    announced: frozenset[int]
    names: Mapping[datetime.date, str] = field(default_factory=dict)
    _stated: list[datetime.date] = field(init=False, repr=False, compare=False)
    """The days of `days` in order."""
    _gained: list[int] = field(init=False, repr=False, compare=False)
    """Working days gained against the Monday-to-Friday week by the first so many of them."""

    def __post_init__(self) -> None:
        stated = sorted(self.days)
        gains = (int(self.days[date]) - int(date.weekday() < SATURDAY) for date in stated)
        object.__setattr__(self, "_stated", stated)
        object.__setattr__(self, "_gained", list(accumulate(gains, initial=0)))

    def is_announced(self, year: int) -> bool:
        return year in self.announced

    def is_working_day(self, date: datetime.date) -> bool:
        stated = self.days.get(date)
        if stated is not None:
            return stated
        if date.weekday() >= SATURDAY:
            return False
        return date.year in self.announced or (date.month, date.day) not in fixed_holidays(date.year)

    def explain_day(self, date: datetime.date) -> TracedDay | None:
        """Why `date` is not an ordinary working day, or None when it is one."""
        name = self.names.get(date, "")
        stated = self.days.get(date)
        weekend = date.weekday() >= SATURDAY
        if stated is not None and stated == weekend:
            return TracedDay(date, WORKING_WEEKEND if stated else HOLIDAY, name)
        if stated is False:
            return TracedDay(date, HOLIDAY if name else WEEKEND, name)
        if weekend and stated is None:
            return TracedDay(date, WEEKEND)
        if not self.is_working_day(date):
            return TracedDay(date, FIXED_HOLIDAY)
        return None

    def add_working_days(self, start: datetime.date, count: int) -> Deadline:
        """The `count`-th working day after `start`; `start` itself is not counted.

        With 0 the answer is `start`, worked or not. Raises ValueError for a negative count, and OverflowError past
        the year 9999.
        """
        return self._walk(start, count, ONE_DAY)

    def subtract_working_days(self, end: datetime.date, count: int) -> Deadline:
        """The `count`-th working day before `end`: the latest start from which `end` is still in time."""
        return self._walk(end, count, -ONE_DAY)

    def working_days_between(self, start: datetime.date, end: datetime.date) -> int:
        """Working days after `start` up to and with `end`; negative when `end` comes first.

        `add_working_days(start, working_days_between(start, end))` gives `end` back when `end` is a working day.
        """
        if end < start:
            return -self.working_days_between(end, start)
        return self._working_days_until(_plain(end)) - self._working_days_until(_plain(start)) - self._fixed(start, end)

    def _working_days_until(self, date: datetime.date) -> int:
        """Working days since the year 1 up to and with `date`, holidays of years that are not announced among them."""
        weeks, rest = divmod(date.toordinal(), 7)
        return 5 * weeks + min(rest, SATURDAY) + self._gained[bisect_right(self._stated, date)]

    def _fixed(self, start: datetime.date, end: datetime.date) -> int:
        """Days from Monday to Friday after `start` up to and with `end` that are free by their date alone."""
        years = (year for year in range(start.year, end.year + 1) if year not in self.announced)
        holidays = (datetime.date(year, *day) for year in years for day in fixed_holidays(year))
        free = (date for date in holidays if date.weekday() < SATURDAY and date not in self.days)
        return sum(_plain(start) < date <= _plain(end) for date in free)

    def _walk(self, start: datetime.date, count: int, step: datetime.timedelta) -> Deadline:
        if count < 0:
            raise ValueError(f"the number of working days must not be negative: {count}")
        date = _plain(start)
        left = count
        provisional = False
        trace: list[TracedDay] = []
        while left:
            date += step
            provisional = provisional or date.year not in self.announced
            traced = self.explain_day(date)
            if traced is not None:
                trace.append(traced)
            if traced is None or traced.reason == WORKING_WEEKEND:
                left -= 1
        return Deadline(date, provisional, tuple(trace))

    def deadline(self, start: datetime.date, amount: int, unit: Unit) -> Deadline:
        """End of a period that a rule gives as an amount and a unit.

        Periods in days, months and years run through free days; when their last day is free, the period ends on
        the next working day (民法典 203). Raises ValueError for an unknown unit.
        """
        if unit == "working_days":
            return self.add_working_days(start, amount)
        return self._to_working_day(end_of_period(start, amount, unit))

    def _to_working_day(self, date: datetime.date) -> Deadline:
        trace: list[TracedDay] = []
        provisional = date.year not in self.announced
        while not self.is_working_day(date):
            traced = self.explain_day(date)
            if traced is not None:
                trace.append(traced)
            date += ONE_DAY
            provisional = provisional or date.year not in self.announced
        return Deadline(date, provisional, tuple(trace))


def end_of_period(start: datetime.date, amount: int, unit: Unit) -> datetime.date:
    """Last day of `amount` days, months or years after `start`, free days counted like others.

    For terms that need no office to be open, such as a disclosure term. Raises ValueError for another unit.
    """
    if unit == "days":
        return _plain(start) + datetime.timedelta(days=amount)
    if unit == "months":
        return months_after(start, amount)
    if unit == "years":
        return months_after(start, 12 * amount)
    raise ValueError(f"unknown unit of a period: {unit!r} (days, months or years)")


def months_after(start: datetime.date, months: int) -> datetime.date:
    """The same day `months` later (earlier when negative), or the last day of a month that has no such day.

    民法典 202. 31 January and one month: 28 or 29 February.
    """
    number = start.year * 12 + start.month - 1 + months
    year, month = divmod(number, 12)
    last = month_lengths.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(start.day, last))


def _plain(date: datetime.date) -> datetime.date:
    return date.date() if isinstance(date, datetime.datetime) else date
