"""Counting working days. Free and worked days as in the State Council's notices for 2025 and 2026."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.workdays import WorkCalendar, end_of_period, fixed_holidays, months_after

D = datetime.date.fromisoformat


def days(first: str, last: str) -> list[datetime.date]:
    return [D(first) + datetime.timedelta(n) for n in range((D(last) - D(first)).days + 1)]


FREE = {
    "元旦": days("2025-01-01", "2025-01-01") + days("2026-01-01", "2026-01-03"),
    "春节": days("2025-01-28", "2025-02-04") + days("2026-02-15", "2026-02-23"),
    "清明": days("2025-04-04", "2025-04-06") + days("2026-04-04", "2026-04-06"),
    "劳动节": days("2025-05-01", "2025-05-05") + days("2026-05-01", "2026-05-05"),
    "端午": days("2025-05-31", "2025-06-02") + days("2026-06-19", "2026-06-21"),
    "中秋": days("2026-09-25", "2026-09-27"),
    "国庆节": days("2025-10-01", "2025-10-08") + days("2026-10-01", "2026-10-07"),
}
WORKED = [
    *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
    *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
]
CALENDAR = WorkCalendar(
    days={
        **{day: False for free in FREE.values() for day in free if day.weekday() < 5},
        **{D(day): True for day in WORKED},
    },
    announced=frozenset({2025, 2026}),
    names={day: name for name, free in FREE.items() for day in free},
)


@pytest.mark.parametrize(
    ("start", "count", "end", "provisional"),
    [
        ("2026-03-02", 7, "2026-03-11", False),
        ("2026-03-06", 7, "2026-03-17", False),  # a Friday
        ("2026-03-07", 7, "2026-03-17", False),  # a Saturday: counting begins on Monday all the same
        ("2025-01-24", 7, "2025-02-10", False),  # Sunday 26 January and Saturday 8 February are worked
        ("2026-02-12", 7, "2026-02-28", False),  # Saturdays 14 and 28 February are worked
        ("2026-04-28", 7, "2026-05-11", False),  # Saturday 9 May is worked
        ("2025-12-29", 7, "2026-01-08", False),  # over New Year; Sunday 4 January is worked
        ("2026-09-28", 7, "2026-10-13", False),
        ("2026-12-24", 5, "2026-12-31", False),
        ("2026-12-29", 2, "2026-12-31", False),  # ends on the last announced day
        ("2026-12-29", 3, "2027-01-04", True),  # Friday 1 January 2027 has a fixed date
        ("2026-12-29", 7, "2027-01-08", True),
        ("2027-04-28", 3, "2027-05-03", True),  # 1 and 2 May fall on a weekend
        ("2027-09-29", 3, "2027-10-05", True),  # 1 October is free, the moved days are not known yet
        ("2026-03-02", 0, "2026-03-02", False),
    ],
)
def test_deadlines(start: str, count: int, end: str, provisional: bool) -> None:
    deadline = CALENDAR.add_working_days(D(start), count)
    assert deadline.date == D(end)
    assert deadline.provisional is provisional


@pytest.mark.parametrize(
    ("date", "working"),
    [
        ("2026-02-14", True),
        ("2026-02-16", False),
        ("2026-02-24", True),
        ("2026-02-21", False),
        ("2026-03-01", False),
        ("2027-01-01", False),
        ("2027-02-08", True),  # movable holidays of a year not announced are not known
        ("2024-05-02", True),  # 2 May is a statutory holiday from 2025 on
        ("2024-05-01", False),
    ],
)
def test_working_days(date: str, working: bool) -> None:
    assert CALENDAR.is_working_day(D(date)) is working


def test_a_deadline_explains_itself() -> None:
    trace = CALENDAR.add_working_days(D("2026-02-12"), 2).trace
    assert [(str(day.date), day.reason, day.name) for day in trace] == [
        ("2026-02-14", "working_weekend", ""),
    ]
    trace = CALENDAR.add_working_days(D("2026-12-31"), 1).trace
    assert [(str(day.date), day.reason) for day in trace] == [
        ("2027-01-01", "fixed_holiday"),
        ("2027-01-02", "weekend"),
        ("2027-01-03", "weekend"),
    ]
    names = [day.name for day in CALENDAR.add_working_days(D("2026-04-03"), 1).trace]
    assert "清明" in names


def test_subtracting_gives_the_latest_start_in_time() -> None:
    assert CALENDAR.subtract_working_days(D("2026-01-08"), 7).date == D("2025-12-29")
    assert CALENDAR.subtract_working_days(D("2026-03-02"), 2).date == D("2026-02-27")


dates = st.dates(D("2025-01-01"), D("2028-12-31"))


@given(dates, st.integers(1, 60))
def test_counting_there_and_between_agree(start: datetime.date, count: int) -> None:
    end = CALENDAR.add_working_days(start, count).date
    assert CALENDAR.is_working_day(end)
    assert CALENDAR.working_days_between(start, end) == count
    assert CALENDAR.working_days_between(end, start) == -count


@given(
    dates,
    st.integers(-800, 800),
    st.dictionaries(dates, st.booleans(), max_size=40),
    st.frozensets(st.integers(1995, 2032), max_size=12),
)
def test_days_between_are_those_that_are_worked_one_by_one(
    start: datetime.date, distance: int, stated: dict[datetime.date, bool], announced: frozenset[int]
) -> None:
    calendar = WorkCalendar(days=stated, announced=announced)
    end = start + datetime.timedelta(days=distance)
    first, last = sorted((start, end))
    walked = sum(
        calendar.is_working_day(first + datetime.timedelta(days=day)) for day in range(1, (last - first).days + 1)
    )
    assert calendar.working_days_between(start, end) == (walked if start <= end else -walked)


@given(dates, st.integers(0, 30), st.integers(0, 30))
def test_counting_in_two_steps_is_counting_at_once(start: datetime.date, first: int, second: int) -> None:
    once = CALENDAR.add_working_days(start, first + second)
    then = CALENDAR.add_working_days(CALENDAR.add_working_days(start, first).date, second)
    assert once.date == then.date


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        CALENDAR.add_working_days(D("2026-03-02"), -1)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "end"),
    [
        ("2026-03-02", 7, "working_days", "2026-03-11"),
        ("2026-03-02", 3, "days", "2026-03-05"),
        ("2026-03-04", 3, "days", "2026-03-09"),  # the last day is a Saturday
        ("2026-02-11", 3, "days", "2026-02-14"),  # a Saturday that is worked
        ("2025-11-30", 3, "months", "2026-02-28"),  # the last day of February, worked though a Saturday
        ("2025-09-28", 1, "years", "2026-09-28"),
        ("2025-10-01", 1, "years", "2026-10-08"),
    ],
)
def test_periods_end_on_a_working_day(start: str, amount: int, unit: str, end: str) -> None:
    assert CALENDAR.deadline(D(start), amount, unit).date == D(end)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-03-15", 60, "2031-03-15"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-10", -1, "2025-12-10"),
    ],
)
def test_months_later(start: str, months: int, end: str) -> None:
    assert months_after(D(start), months) == D(end)


def test_terms_that_need_no_office_end_on_any_day() -> None:
    assert end_of_period(D("2026-03-04"), 3, "days") == D("2026-03-07")
    assert end_of_period(D("2025-10-01"), 1, "years") == D("2026-10-01")
    with pytest.raises(ValueError, match="weeks"):
        end_of_period(D("2026-03-04"), 3, "weeks")  # type: ignore[arg-type]


def test_statutory_days_of_fixed_date_follow_their_edition() -> None:
    assert (5, 2) in fixed_holidays(2025)
    assert (5, 2) not in fixed_holidays(2024)
    assert (5, 3) in fixed_holidays(2007)
