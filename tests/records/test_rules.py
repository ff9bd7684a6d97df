"""Clocks and terms of records, against the State Council's calendar and the law."""

import datetime
from dataclasses import dataclass

import pytest

from apps.core.workdays import WorkCalendar
from apps.records import rules
from apps.records.models import Record


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def announced() -> WorkCalendar:
    """National Day 2025 and New Year and Spring Festival 2026 as announced (国办发明电〔2024〕12号, 〔2025〕7号)."""
    free = [day("2025-10-01") + datetime.timedelta(days=number) for number in range(8)]
    free += [day("2026-01-01"), day("2026-01-02"), day("2026-01-03")]
    worked = [day("2025-09-28"), day("2025-10-11"), day("2026-01-04")]
    days = dict.fromkeys(free, False) | dict.fromkeys(worked, True)
    return WorkCalendar(days=days, announced=frozenset({2025, 2026}))


@dataclass(frozen=True)
class Rule:
    amount: int
    unit: str


SEVEN = Rule(7, "working_days")


@pytest.mark.parametrize(
    ("decided_on", "deadline"),
    [
        ("2025-09-26", "2025-10-13"),  # Friday; Sunday the 28th and Saturday the 11th are worked, eight days are free
        ("2025-09-27", "2025-10-13"),  # a free Saturday counts like the Friday before
        ("2025-09-30", "2025-10-16"),
        ("2025-10-08", "2025-10-16"),  # decided on the last free day
        ("2025-12-26", "2026-01-07"),  # over New Year: the 1st to 3rd are free, Sunday the 4th is worked
        ("2025-06-02", "2025-06-11"),
    ],
)
def test_seven_working_days_on_the_published_calendar(decided_on: str, deadline: str) -> None:
    found = rules.publication_deadline(day(decided_on), SEVEN, announced())
    assert found.date == day(deadline)
    assert not found.provisional


def test_a_deadline_over_an_unannounced_year_is_provisional() -> None:
    found = rules.publication_deadline(day("2026-12-28"), SEVEN, announced())
    assert found.provisional
    # 29, 30, 31 December, then 4 to 7 January; the 1st is a holiday in every year.
    assert found.date == day("2027-01-07")


def test_withdrawal_within_three_days_of_the_department_and_one_of_the_platform() -> None:
    assert rules.withdrawal_due(day("2025-09-29"), Rule(3, "working_days"), announced()).date == day("2025-10-10")
    assert rules.withdrawal_due(day("2025-09-30"), Rule(1, "working_days"), announced()).date == day("2025-10-09")


@pytest.mark.parametrize(
    ("retention", "disclosed_to", "nature", "listed", "expected"),
    [
        (None, None, "negative", False, "2025-03-10"),  # five years at most
        (36, None, "negative", False, "2023-03-10"),
        (120, None, "negative", False, "2025-03-10"),  # an item cannot lengthen what the law limits
        (None, "2022-06-30", "negative", False, "2022-06-30"),
        (None, "2099-12-31", "negative", False, "2025-03-10"),
        (None, None, "negative", True, None),  # listed until removed
        (60, "2024-01-01", "negative", True, "2024-01-01"),
        (None, None, "positive", False, None),  # honest information has no limit
        (12, None, "positive", False, "2021-03-10"),  # but an honour of one year has
        (None, None, "neutral", False, None),
    ],
)
def test_disclosure_term(
    retention: int | None, disclosed_to: str | None, nature: str, listed: bool, expected: str | None
) -> None:
    given = day(disclosed_to) if disclosed_to else None
    found = rules.archive_date(day("2020-03-10"), retention, given, nature, longest_months=60, listed=listed)
    assert found == (day(expected) if expected else None)


def test_a_term_that_ends_on_a_missing_day_ends_on_the_last_of_the_month() -> None:
    assert rules.archive_date(day("2020-02-29"), None, None, "negative", 60) == day("2025-02-28")


@pytest.mark.parametrize(
    ("published_on", "in_time"), [("2025-10-12", True), ("2025-10-13", True), ("2025-10-14", False)]
)
def test_published_on_the_last_day_is_in_time(published_on: str, in_time: bool) -> None:
    assert rules.published_in_time(day(published_on), day("2025-10-13")) is in_time


def test_what_has_no_deadline_is_neither_in_time_nor_late() -> None:
    assert rules.published_in_time(day("2025-10-12"), None) is None


@pytest.mark.parametrize(
    ("today", "left", "tone"),
    [
        ("2025-09-30", 4, "success"),
        ("2025-10-10", 2, "warning"),
        ("2025-10-13", 0, "warning"),
        ("2025-10-14", -1, "danger"),
        ("2025-10-16", -3, "danger"),
    ],
)
def test_clock_counts_working_days(today: str, left: int, tone: str) -> None:
    found = rules.clock(day("2025-10-13"), day(today), announced())
    assert (found.left, found.tone) == (left, tone)


def test_late_on_a_free_day_is_late() -> None:
    assert rules.clock(day("2025-10-17"), day("2025-10-18"), announced()).overdue


def test_simplified_penalties_on_persons_are_refused() -> None:
    refused = rules.refuses_simplified("natural_person", "negative", ["郑市监当罚〔2025〕7号"], {})
    assert refused
    assert rules.refuses_simplified("natural_person", "negative", ["1号"], {"procedure": "简易程序"})
    assert rules.refuses_simplified("natural_person", "negative", ["1号"], {"procedure": ["简易程序"]})
    assert not rules.refuses_simplified(
        "natural_person", "negative", ["郑市监罚〔2025〕7号"], {"procedure": "普通程序"}
    )
    assert not rules.refuses_simplified("legal_entity", "negative", ["郑市监当罚〔2025〕7号"], {})
    assert not rules.refuses_simplified("natural_person", "neutral", ["简易程序"], {})


def test_the_table_of_states_is_closed() -> None:
    states = set(Record.State.values)
    assert {state for transition in rules.TRANSITIONS.values() for state in transition.sources} <= states
    reached = {transition.target for transition in rules.TRANSITIONS.values()} - {None}
    assert reached == states - {rules.DRAFT}
    for state in rules.FINAL:
        assert not any(state in transition.sources for transition in rules.TRANSITIONS.values())
    assert states == rules.EDITABLE | rules.CORRECTABLE | rules.FINAL
