"""What waits on a desk: the right rows on the right person's, and nobody else's."""

import datetime

from django.utils import timezone

from apps.desk import numbers
from apps.records.models import Record
from tests.records.factories import Office, enter, put

TODAY = datetime.date(2025, 10, 14)


def counts(user: object) -> dict[str, int]:
    return {pile.icon: pile.count for pile in numbers.record_piles(user, TODAY)}


def test_a_clerk_finds_own_drafts_and_what_came_back(market: Office) -> None:
    enter(market)
    put(enter(market), Record.State.RETURNED)
    enter(market, user=market.colleague)
    found = counts(market.clerk)
    assert (found["edit_note"], found["assignment_return"]) == (1, 1)
    assert "rule" not in found, "a clerk reviews nothing"


def test_a_reviewer_finds_what_others_submitted(market: Office) -> None:
    put(enter(market), Record.State.SUBMITTED)
    put(enter(market), Record.State.SUBMITTED, author=market.reviewer)
    assert counts(market.reviewer)["rule"] == 1


def test_deadlines_that_run_out_and_those_that_have(market: Office) -> None:
    # 15 October 2025 is a Wednesday: one working day after TODAY.
    put(enter(market), Record.State.DRAFT, deadline=datetime.date(2025, 10, 15))
    put(enter(market), Record.State.SUBMITTED, deadline=datetime.date(2025, 10, 17))
    put(enter(market), Record.State.SUBMITTED, deadline=datetime.date(2025, 10, 13))
    put(enter(market), Record.State.PUBLISHED, deadline=datetime.date(2025, 10, 13))
    found = counts(market.clerk)
    assert (found["timer"], found["alarm"]) == (1, 1)


def test_another_department_finds_nothing_of_it(market: Office, tax: Office) -> None:
    put(enter(market), Record.State.SUBMITTED, deadline=datetime.date(2025, 10, 13))
    assert set(counts(tax.reviewer).values()) == {0}
    assert set(counts(tax.clerk).values()) == {0}


def test_timeliness_counts_the_deadline_day_as_in_time(market: Office) -> None:
    evening = timezone.make_aware(datetime.datetime(2025, 10, 14, 23, 30))
    put(enter(market), Record.State.PUBLISHED, published_at=evening, deadline=datetime.date(2025, 10, 14))
    put(enter(market), Record.State.PUBLISHED, published_at=evening, deadline=datetime.date(2025, 10, 13))
    [month] = numbers.timeliness(Record.objects.visible_to(market.viewer), datetime.date(2025, 1, 1))
    assert (month.month, month.published, month.in_time, month.share) == (datetime.date(2025, 10, 1), 2, 1, 50.0)
