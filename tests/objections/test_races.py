"""Two people at the same moment, on two connections: one wins, the other is told; nothing is done twice."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.audit.context import every_department
from apps.departments.actions import NotVisible, StateConflict
from apps.objections import actions
from apps.objections.models import Case, Counter, Event
from apps.objections.numbers import next_number
from apps.records import actions as record_actions
from apps.records.models import Record
from apps.subjects.merging import merge_subjects
from tests.at_once import at_once, one_of_each, wait_for_a_waiter
from tests.delivered import load_rules
from tests.factories import make_user
from tests.records.factories import Office
from tests.subjects import factories as subjects

from . import factories as made

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def centre(transactional_db: None) -> made.Centre:
    load_rules()
    return made.centre()


@pytest.fixture
def office(centre: made.Centre) -> Office:
    return made.office()


def accepted(centre: made.Centre, office: Office, **values: Any) -> Case:
    return actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office, **values)))


def holding(work: Callable[[], Any], other: Callable[[], Any]) -> list[Any]:
    """``work`` is done and committed only once ``other`` waits for it; what both gave."""
    done = threading.Event()

    def first() -> Any:
        try:
            with transaction.atomic():
                result = work()
                done.set()
                wait_for_a_waiter()
            return result
        finally:
            done.set()

    def second() -> Any:
        assert done.wait(timeout=10)
        return other()

    return at_once(first, second)


def test_one_decision(centre: made.Centre, office: Office) -> None:
    case = accepted(centre, office)
    results = holding(
        lambda: actions.decide_upheld(user=centre.officer, obj=case, grounds="一致"),
        lambda: actions.decide_unresolved(user=centre.second, obj=case, grounds="各执一词"),
    )
    assert [type(each) for each in results] == [Case, StateConflict]
    case.refresh_from_db()
    assert (case.outcome, case.record.annotation) == ("upheld", "")
    assert Event.objects.filter(case=case, what="decide").count() == 1


def test_one_approval(centre: made.Centre, office: Office) -> None:
    case = actions.decide_removed(user=centre.officer, obj=accepted(centre, office), grounds="已撤销")
    third = make_user("third.officer", department=centre.department, role="centre-officer")
    results = at_once(
        lambda: actions.approve(user=centre.second, obj=case), lambda: actions.approve(user=third, obj=case)
    )
    assert one_of_each(results, Case, StateConflict), results
    assert Event.objects.filter(case=case, what="decide").count() == 1


def test_approved_or_sent_back_not_both(centre: made.Centre, office: Office) -> None:
    case = actions.decide_removed(user=centre.officer, obj=accepted(centre, office), grounds="已撤销")
    third = make_user("third.officer", department=centre.department, role="centre-officer")
    results = holding(
        lambda: actions.send_back(user=third, obj=case, reason="再查"),
        lambda: actions.approve(user=centre.second, obj=case),
    )
    assert [type(each) for each in results] == [Case, StateConflict]
    assert Record.objects.get().state == Record.State.PUBLISHED


def test_answered_while_it_is_taken_back(centre: made.Centre, office: Office) -> None:
    case = actions.route(user=centre.officer, obj=accepted(centre, office), question="请核对")
    results = holding(
        lambda: actions.recall(user=centre.officer, obj=case, reason="已查明"),
        lambda: actions.find_right(user=office.reviewer, obj=case, grounds="一致"),
    )
    assert [type(each) for each in results] == [Case, NotVisible]
    case.refresh_from_db()
    assert (case.state, case.finding) == ("accepted", "")


@pytest.mark.parametrize("kind", ["objection", "repair"])
def test_one_form_sent_twice_is_one_case(centre: made.Centre, office: Office, kind: str) -> None:
    record, form = made.published(office), uuid.uuid4()
    make = {"objection": made.objection, "repair": made.repair}[kind]
    send = lambda: make(centre, record, submission=form)  # noqa: E731
    results = holding(send, send)
    assert [type(each) for each in results] == [Case, Case], results
    assert results[0] == results[1] == Case.objects.get()
    assert list(Counter.objects.values_list("last", flat=True)) == [1]


def test_of_two_objections_to_a_record_one_is_told_of_the_other(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    results = holding(lambda: made.objection(centre, record), lambda: made.objection(centre, record))
    assert [type(each) for each in results] == [Case, ValidationError], results
    assert results[0].number in str(results[1])


def test_an_objection_while_another_is_reopened(centre: made.Centre, office: Office) -> None:
    case = actions.refuse(user=centre.officer, obj=made.objection(centre, made.published(office)), grounds="非本人")
    record = case.record
    results = holding(
        lambda: made.objection(centre, record), lambda: actions.reopen(user=centre.second, obj=case, reason="补充")
    )
    assert [type(each) for each in results] == [Case, StateConflict], results
    actions.refuse(user=centre.officer, obj=results[0], grounds="非本人")
    results = holding(
        lambda: actions.reopen(user=centre.second, obj=case, reason="补充"), lambda: made.objection(centre, record)
    )
    assert [type(each) for each in results] == [Case, ValidationError], results
    record.refresh_from_db()
    assert record.under_objection


def test_an_objection_while_the_last_one_ends(centre: made.Centre, office: Office) -> None:
    case = accepted(centre, office)
    record = case.record
    results = holding(
        lambda: actions.retract(user=centre.officer, obj=case, reason="不再主张"),
        lambda: made.objection(centre, record),
    )
    assert [type(each) for each in results] == [Case, Case], results
    assert Record.objects.get().under_objection


def test_the_department_withdraws_while_the_case_is_decided(centre: made.Centre, office: Office) -> None:
    case = actions.prepare_correction(user=centre.officer, obj=accepted(centre, office), values={"fine_amount": "0.5"})
    withdraw = lambda: record_actions.withdraw(  # noqa: E731
        user=office.reviewer, obj=case.record, reason="撤销", kind="revoked", changed_on=case.record.decided_on
    )
    correct = lambda: actions.decide_corrected(user=centre.officer, obj=case, grounds="有误")  # noqa: E731
    results = holding(withdraw, correct)
    assert [type(each) for each in results] == [Record, ValidationError], results
    case.refresh_from_db()
    assert (case.state, case.record.state, case.record.under_objection) == ("accepted", "withdrawn", True)
    actions.decide_upheld(user=centre.officer, obj=case, grounds="记录已撤回")
    assert not Record.objects.get().under_objection


def test_a_case_decided_while_the_department_withdraws(centre: made.Centre, office: Office) -> None:
    case = actions.decide_removed(user=centre.officer, obj=accepted(centre, office), grounds="已撤销")
    record = case.record
    results = holding(
        lambda: actions.approve(user=centre.second, obj=case),
        lambda: record_actions.withdraw(
            user=office.reviewer, obj=record, reason="撤销", kind="revoked", changed_on=record.decided_on
        ),
    )
    assert [type(each) for each in results] == [Case, StateConflict], results
    record.refresh_from_db()
    assert record.withdrawal == Record.Withdrawal.OBJECTION


@pytest.mark.parametrize("merge_first", [True, False])
def test_a_case_is_corrected_while_its_subject_is_merged(
    centre: made.Centre, office: Office, merge_first: bool
) -> None:
    duplicate, remaining = subjects.subject(71), subjects.subject(72)
    case = accepted(centre, office, subject=duplicate)
    case = actions.prepare_correction(user=centre.officer, obj=case, values={"fine_amount": "0.5"})
    merger = make_user("merger", is_superuser=True)
    works = [
        lambda: merge_subjects(user=merger, duplicate=duplicate, remaining=remaining, reason="同一主体"),
        lambda: actions.decide_corrected(user=centre.officer, obj=case, grounds="有误"),
    ]
    results = holding(*(works if merge_first else reversed(works)))
    assert not any(isinstance(each, Exception) for each in results), results
    record = Record.objects.get()
    assert (record.subject, record.data["fine_amount"], record.under_objection) == (remaining, "5000", False)


def test_a_case_is_filed_while_the_subject_is_merged(centre: made.Centre, office: Office) -> None:
    duplicate, remaining = subjects.subject(71), subjects.subject(72)
    record = made.published(office, subject=duplicate)
    merger = make_user("merger", is_superuser=True)
    results = holding(
        lambda: merge_subjects(user=merger, duplicate=duplicate, remaining=remaining, reason="同一主体"),
        lambda: made.objection(centre, record),
    )
    assert not any(isinstance(each, Exception) for each in results), results
    assert Case.objects.get().record.subject == remaining


def test_numbers_have_no_gap_and_no_double(centre: made.Centre, office: Office) -> None:
    records = [made.published(office) for _ in range(8)]

    def some(mine: list[Record]) -> list[str]:
        numbers = []
        for record in mine:
            try:
                with transaction.atomic():
                    case = made.objection(centre, record)
                    if record.pk % 2:
                        raise ZeroDivisionError  # what was filed is taken back, and its number with it
                numbers.append(case.number)
            except ZeroDivisionError:
                pass
        return numbers

    results = at_once(lambda: some(records[:4]), lambda: some(records[4:]))
    given = sorted(results[0] + results[1])
    year = Case.objects.first().opened_on.year  # type: ignore[union-attr]
    assert given == [f"异〔{year}〕{number:06d}号" for number in range(1, 5)]
    with transaction.atomic(), every_department():
        assert next_number("objection", year) == 5
        assert next_number("objection", year + 1) == 1
        assert next_number("repair", year) == 1
