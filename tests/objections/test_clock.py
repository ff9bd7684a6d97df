"""A clock that pauses: what never holds otherwise, how it stands on a day, and why a day was skipped."""

import datetime
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.workdays import HOLIDAY, WEEKEND, WORKING_WEEKEND, WorkCalendar, end_of_period
from apps.objections.clock import PAUSED, Pause, due, standing

from .law import CALENDAR, D

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Period:
    amount: int
    unit: str = "working_days"


SEVEN = Period(7)

starts = st.dates(D("2024-12-01"), D("2027-02-28"))
periods = st.one_of(
    st.builds(Period, st.integers(0, 30)),
    st.builds(Period, st.integers(0, 60), st.just("days")),
    st.builds(Period, st.integers(0, 7), st.just("months")),
    st.builds(Period, st.integers(0, 2), st.just("years")),
)


@st.composite
def starts_and_pauses(draw: st.DrawFn) -> tuple[datetime.date, list[Pause]]:
    start = draw(starts)
    spans = draw(st.lists(st.tuples(st.integers(-15, 60), st.integers(0, 40)), max_size=4))
    return start, [Pause(start + begun * DAY, start + (begun + length) * DAY) for begun, length in spans]


def last_day(start: datetime.date, period: Period, pauses: list[Pause]) -> datetime.date:
    found = due(start, period, pauses, CALENDAR)
    assert found is not None
    return found.date


def counted(start: datetime.date, last: datetime.date, pauses: list[Pause]) -> list[datetime.date]:
    """Days after ``start`` up to and with ``last`` that no pause takes out."""
    days = [start + n * DAY for n in range(1, (last - start).days + 1)]
    return [day for day in days if not any(p.begun_on < day <= (p.ended_on or day) for p in pauses)]


@given(starts, periods)
def test_without_a_pause_it_is_the_calendars_own_deadline(start: datetime.date, period: Period) -> None:
    expected = CALENDAR.deadline(start, period.amount, period.unit)  # type: ignore[arg-type]
    assert due(start, period, [], CALENDAR) == expected
    assert due(start, period, [Pause(start, start)], CALENDAR) == expected


@given(starts_and_pauses(), periods, st.integers(-15, 60), st.integers(0, 40))
def test_a_pause_never_makes_the_day_earlier(
    case: tuple[datetime.date, list[Pause]], period: Period, begun: int, length: int
) -> None:
    start, pauses = case
    more = Pause(start + begun * DAY, start + (begun + length) * DAY)
    assert last_day(start, period, [*pauses, more]) >= last_day(start, period, pauses)


@given(starts_and_pauses(), periods, st.integers(0, 40))
def test_a_pause_is_the_same_as_two_that_touch(
    case: tuple[datetime.date, list[Pause]], period: Period, cut: int
) -> None:
    start, pauses = case
    cut_up = []
    for pause in pauses:
        assert pause.ended_on is not None
        middle = min(pause.begun_on + cut * DAY, pause.ended_on)
        cut_up += [Pause(middle, pause.ended_on), Pause(pause.begun_on, middle)]
    assert due(start, period, cut_up, CALENDAR) == due(start, period, pauses, CALENDAR)


@given(starts_and_pauses(), st.integers(1, 30))
def test_as_many_working_days_count_as_the_rule_gives(case: tuple[datetime.date, list[Pause]], amount: int) -> None:
    start, pauses = case
    last = last_day(start, Period(amount), pauses)
    days = [day for day in counted(start, last, pauses) if CALENDAR.is_working_day(day)]
    assert len(days) == amount
    assert days[-1] == last


@given(starts_and_pauses(), st.sampled_from([Period(20, "days"), Period(1, "months"), Period(1, "years")]))
def test_a_period_in_months_ends_on_the_first_working_day_on_which_it_has_run(
    case: tuple[datetime.date, list[Pause]], period: Period
) -> None:
    start, pauses = case
    length = (end_of_period(start, period.amount, period.unit) - start).days  # type: ignore[arg-type]
    last = last_day(start, period, pauses)
    days = counted(start, last, pauses)
    assert len(days) >= length
    assert [day for day in days[length - 1 :] if CALENDAR.is_working_day(day)] == [last]


@given(starts_and_pauses(), st.integers(1, 20), st.integers(0, 30))
def test_what_is_left_does_not_change_in_a_pause(
    case: tuple[datetime.date, list[Pause]], amount: int, after: int
) -> None:
    start, pauses = case
    begun = start + after * DAY
    pauses = [*(p for p in pauses if p.begun_on <= begun), Pause(begun, begun + 20 * DAY)]
    standings = [standing(start, Period(amount), pauses, CALENDAR, begun + n * DAY) for n in range(21)]
    if standings[0].paused:
        assert len({one.left for one in standings}) == 1
        ended = max(p.ended_on for p in pauses if p.ended_on)
        last = standing(start, Period(amount), pauses, CALENDAR, ended)
        assert (last.left, last.paused) == (standings[0].left, False)


@pytest.mark.parametrize(
    ("period", "start", "pauses", "expected"),
    [
        (Period(10, "days"), "2026-03-02", [], "2026-03-12"),
        (Period(10, "days"), "2026-03-02", [("2026-03-04", "2026-03-06")], "2026-03-16"),  # Saturday 14: Monday
        (Period(10, "days"), "2026-03-02", [("2026-03-14", "2026-03-20")], "2026-03-12"),
        (Period(10, "days"), "2026-03-04", [("2026-03-14", "2026-03-17")], "2026-03-18"),  # Saturday 14, then paused
        (Period(1, "months"), "2026-01-31", [], "2026-02-28"),  # a worked Saturday
        (Period(1, "months"), "2026-01-31", [("2026-02-10", "2026-02-14")], "2026-03-04"),
        (Period(1, "years"), "2025-10-01", [], "2026-10-08"),  # National Day
        (Period(1, "years"), "2025-10-01", [("2025-11-01", "2025-11-09")], "2026-10-09"),
    ],
)
def test_periods_in_days_months_and_years(
    period: Period, start: str, pauses: list[tuple[str, str]], expected: str
) -> None:
    assert last_day(D(start), period, [Pause(D(a), D(b)) for a, b in pauses]) == D(expected)


PAUSED_ONCE = ("2026-03-04", "2026-03-10")


@pytest.mark.parametrize(
    ("pauses", "today", "last", "left", "tone"),
    [
        ([PAUSED_ONCE], "2026-03-02", "2026-03-11", 7, "success"),  # nobody knows of the pause yet
        ([PAUSED_ONCE], "2026-03-03", "2026-03-11", 6, "success"),
        ([PAUSED_ONCE], "2026-03-04", None, 5, "info"),
        ([PAUSED_ONCE], "2026-03-09", None, 5, "info"),
        ([PAUSED_ONCE], "2026-03-10", "2026-03-17", 5, "success"),
        ([PAUSED_ONCE], "2026-03-13", "2026-03-17", 2, "warning"),
        ([PAUSED_ONCE], "2026-03-17", "2026-03-17", 0, "warning"),
        ([PAUSED_ONCE], "2026-03-18", "2026-03-17", -1, "danger"),
        ([PAUSED_ONCE], "2026-03-21", "2026-03-17", -3, "danger"),  # a Saturday
        ([("2026-03-12", None)], "2026-03-13", "2026-03-11", -2, "danger"),  # paused when it was too late
        ([("2026-03-11", None)], "2026-03-11", "2026-03-11", 0, "warning"),
        ([("2026-02-26", "2026-03-04")], "2026-03-03", None, 7, "info"),  # paused from before the start
        ([("2026-02-26", "2026-03-04")], "2026-03-04", "2026-03-13", 7, "success"),
        ([PAUSED_ONCE, ("2026-03-06", None)], "2026-03-20", None, 5, "info"),
        ([PAUSED_ONCE, ("2026-03-10", None)], "2026-03-20", None, 5, "info"),
        ([("2026-03-04", "2026-03-06"), ("2026-03-09", None)], "2026-03-20", None, 4, "info"),
    ],
)
def test_how_it_stands(
    pauses: list[tuple[str, str | None]], today: str, last: str | None, left: int, tone: str
) -> None:
    known = [Pause(D(begun), D(ended) if ended else None) for begun, ended in pauses]
    found = standing(D("2026-03-02"), SEVEN, known, CALENDAR, D(today))
    assert (str(found.due.date) if found.due else None, found.left, found.tone) == (last, left, tone)
    assert found.paused == (tone == "info")
    assert found.overdue == (tone == "danger")


def test_the_trace_tells_paused_days_from_free_ones() -> None:
    found = due(D("2026-02-10"), SEVEN, [Pause(D("2026-02-12"), D("2026-02-25"), "专家评审")], CALENDAR)
    assert found is not None
    assert [(str(day.date), day.reason, day.name) for day in found.trace] == [
        *((f"2026-02-{day}", PAUSED, "专家评审") for day in range(13, 26)),
        ("2026-02-28", WORKING_WEEKEND, "春节"),
        ("2026-03-01", WEEKEND, ""),
    ]
    found = due(D("2026-04-01"), Period(3), [Pause(D("2026-04-04"), D("2026-04-05"), "检测")], CALENDAR)
    assert found is not None
    assert [(str(day.date), day.reason) for day in found.trace] == [
        ("2026-04-04", WEEKEND),
        ("2026-04-05", PAUSED),
        ("2026-04-06", HOLIDAY),
    ]


def test_only_days_that_count_make_it_provisional() -> None:
    calendar = WorkCalendar(days={}, announced=frozenset({2026, 2028}))
    found = due(D("2026-12-31"), Period(3), [Pause(D("2026-12-31"), D("2027-12-31"))], calendar)
    assert found is not None
    assert (str(found.date), found.provisional) == ("2028-01-05", False)
    found = due(D("2026-12-31"), Period(3), [Pause(D("2027-01-04"), D("2027-12-31"))], calendar)
    assert found is not None
    assert found.provisional


def test_a_pause_cannot_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match=r"2026-03-05.*2026-03-04"):
        Pause(D("2026-03-05"), D("2026-03-04"))
