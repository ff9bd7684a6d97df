"""Two people at the same moment, on two connections: one wins, the other is told."""

import threading

import pytest
from django.db import transaction

from apps.departments.actions import StateConflict
from apps.departments.models import Department
from apps.records import actions, bulk
from apps.records.counterparty import Choice
from apps.records.entry import edit_draft, enter_record
from apps.records.errors import ChangedMeanwhile, DuplicateRecord, Refused
from apps.records.models import Record
from apps.subjects.merging import merge_subjects
from apps.subjects.models import Subject
from tests.at_once import at_once, one_of_each, wait_for_a_waiter
from tests.delivered import load_rules
from tests.subjects import factories as subjects

from . import factories
from .factories import Office, enter, item, penalty, put

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def market(transactional_db: None) -> Office:
    load_rules()
    return factories.office("market-supervision")


def test_submitted_once(market: Office) -> None:
    record = enter(market)
    results = at_once(
        lambda: actions.submit(user=market.clerk, obj=record), lambda: actions.submit(user=market.colleague, obj=record)
    )
    assert one_of_each(results, Record, StateConflict)
    assert record.history.filter(state="submitted").count() == 1


def test_published_or_returned_not_both(market: Office) -> None:
    record = put(enter(market), "submitted")
    results = at_once(
        lambda: actions.publish(user=market.reviewer, obj=record),
        lambda: actions.return_record(user=market.reviewer, obj=record, reason="退"),
    )
    assert one_of_each(results, Record, StateConflict)


def test_edited_once_from_one_version(market: Office) -> None:
    record = enter(market)
    values = penalty(market, subject=record.subject)
    results = at_once(
        lambda: edit_draft(user=market.clerk, obj=record, values=values | {"content": "甲"}, version=1),
        lambda: edit_draft(user=market.colleague, obj=record, values=values | {"content": "乙"}, version=1),
    )
    assert one_of_each(results, Record, ChangedMeanwhile)
    record.refresh_from_db()
    assert record.version == 2


def test_entered_once(market: Office) -> None:
    values = penalty(market, subject_name="郑州市同时有限公司", subject_uscc=subjects.uscc(9001))
    given = {"item": item(), "department": market.department, "values": values}
    results = at_once(
        lambda: enter_record(user=market.clerk, **given), lambda: enter_record(user=market.colleague, **given)
    )
    assert one_of_each(results, Record, DuplicateRecord)
    assert Subject.objects.filter(uscc=subjects.uscc(9001)).count() == 1


def test_many_published_by_two_reviewers(market: Office) -> None:
    for _ in range(20):
        put(enter(market), "submitted")
    other = factories.make_user("second.reviewer", department=market.department, role="reviewer")
    results = at_once(
        lambda: bulk.publish_many(market.reviewer, Record.objects.all()),
        lambda: bulk.publish_many(other, Record.objects.all()),
    )
    assert sum(result.done for result in results) == 20
    assert sum(result.refusals for result in results) == 20


@pytest.mark.parametrize("chosen", [True, False])
def test_a_record_entered_while_its_subject_is_merged_goes_to_the_one_that_remains(
    market: Office, chosen: bool
) -> None:
    duplicate, remaining = subjects.subject(71), subjects.subject(72)
    officer = factories.make_user("officer", is_superuser=True)
    merged = threading.Event()

    def merge() -> None:
        with transaction.atomic():
            merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="同一主体")
            merged.set()
            wait_for_a_waiter()

    def enter_for_the_duplicate() -> Record:
        assert merged.wait(timeout=10)
        values = penalty(market, subject=duplicate)
        choice = Choice(subject=duplicate) if chosen else None
        return enter_record(user=market.clerk, item=item(), department=market.department, values=values, choice=choice)

    results = at_once(merge, enter_for_the_duplicate)
    assert results[0] is None and isinstance(results[1], Record), results
    assert Record.objects.get().subject == remaining


def test_a_record_corrected_while_its_subject_is_merged_moves_along(market: Office) -> None:
    duplicate, remaining = subjects.subject(71), subjects.subject(72)
    record = enter(market, subject=duplicate)
    officer = factories.make_user("officer", is_superuser=True)
    values = penalty(market, subject=duplicate, content="改过的内容")
    results = at_once(
        lambda: merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="同一主体"),
        lambda: edit_draft(user=market.clerk, obj=record, values=values, version=1),
    )
    assert not any(isinstance(result, Exception) for result in results), results
    record.refresh_from_db()
    assert (record.subject, record.data["content"]) == (remaining, "改过的内容")


def test_a_department_deactivated_meanwhile_takes_no_records(market: Office) -> None:
    Department.objects.filter(pk=market.department.pk).update(is_active=False)
    with pytest.raises(Refused):
        enter(market)
