"""An objection from filing to its end, and what it does to the record."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from apps.departments.actions import StateConflict
from apps.objections import actions, effects
from apps.objections.models import Case
from apps.records.models import Record
from tests.records.factories import Office

from . import factories as made

pytestmark = pytest.mark.django_db


def test_a_record_is_marked_from_the_moment_of_filing_until_the_decision(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    case = made.objection(centre, record)
    record.refresh_from_db()
    assert record.under_objection
    assert case.state == Case.State.RECEIVED
    case = actions.accept(user=centre.officer, obj=case)
    case = actions.decide_upheld(user=centre.second, obj=case, grounds="决定书原件与记录一致")
    record.refresh_from_db()
    assert not record.under_objection
    assert (case.state, case.outcome) == (Case.State.CLOSED, Case.Outcome.UPHELD)


def test_the_department_checks_and_the_record_is_corrected(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    case = made.objection(centre, record)
    case = actions.accept(user=centre.officer, obj=case)
    case = actions.route(user=centre.officer, obj=case, question="请核对罚款金额")
    assert case.routed_to == office.department
    case = actions.prepare_correction(user=office.reviewer, obj=case, values={"fine_amount": "0.5"})
    record.refresh_from_db()
    assert effects.values_of(record)["fine_amount"] == "1"
    case = actions.find_wrong(user=office.reviewer, obj=case, grounds="录入时多写一位")
    case = actions.decide_corrected(user=centre.officer, obj=case, grounds="金额录入有误")
    record.refresh_from_db()
    assert effects.values_of(record)["fine_amount"] == "0.5"
    assert (record.state, record.under_objection) == (Record.State.PUBLISHED, False)
    assert case.number in record.history.first().history_change_reason


def test_removal_takes_two_persons(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    case = actions.accept(user=centre.officer, obj=made.objection(centre, record))
    case = actions.decide_removed(user=centre.officer, obj=case, grounds="决定已被撤销")
    assert case.state == Case.State.PROPOSED
    with pytest.raises(StateConflict):
        actions.approve(user=centre.officer, obj=case)
    case = actions.approve(user=centre.second, obj=case)
    record.refresh_from_db()
    assert (record.state, record.withdrawal) == (Record.State.WITHDRAWN, Record.Withdrawal.OBJECTION)
    assert case.state == Case.State.CLOSED


def test_the_department_in_favour_is_the_first_of_two_persons(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    case = actions.accept(user=centre.officer, obj=made.objection(centre, record))
    case = actions.route(user=centre.officer, obj=case, question="请核对")
    case = actions.find_wrong(user=office.reviewer, obj=case, grounds="决定已撤销")
    case = actions.decide_removed(user=centre.officer, obj=case, grounds="决定已被撤销")
    assert (case.state, case.proposed_by, case.decided_by) == (Case.State.CLOSED, office.reviewer, centre.officer)


def test_what_nobody_can_establish_is_annotated(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    case = actions.accept(user=centre.officer, obj=made.objection(centre, record))
    actions.decide_unresolved(user=centre.officer, obj=case, grounds="双方各执一词")
    record.refresh_from_db()
    assert record.annotation
    assert record.marks == [record.annotation]


def test_who_entered_the_record_does_not_judge_it(centre: made.Centre, office: Office) -> None:
    record = made.published(office, user=office.reviewer)
    case = actions.accept(user=centre.officer, obj=made.objection(centre, record))
    case = actions.route(user=centre.officer, obj=case, question="请核对")
    with pytest.raises(StateConflict):
        actions.find_right(user=office.reviewer, obj=case, grounds="一致")


def test_a_form_sent_twice_is_one_case(centre: made.Centre, office: Office) -> None:
    record, form = made.published(office), uuid.uuid4()
    first = made.objection(centre, record, submission=form)
    assert made.objection(centre, record, submission=form) == first
    with pytest.raises(ValidationError):
        made.objection(centre, record)


def test_only_the_centre_takes_cases_in(centre: made.Centre, office: Office) -> None:
    with pytest.raises(PermissionDenied):
        made.objection(centre, made.published(office), user=office.reviewer)


def test_it_is_reopened_once(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    case = actions.refuse(user=centre.officer, obj=made.objection(centre, record), grounds="非本人")
    case = actions.reopen(user=centre.officer, obj=case, reason="补充授权书")
    record.refresh_from_db()
    assert (case.state, record.under_objection) == (Case.State.ACCEPTED, True)
    case = actions.decide_upheld(user=centre.officer, obj=case, grounds="一致")
    with pytest.raises(StateConflict):
        actions.reopen(user=centre.officer, obj=case, reason="再次")


def test_who_entered_the_record_does_not_turn_the_objection_away(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, made.published(office))
    Record.objects.filter(pk=case.record_id).update(editor=centre.officer)
    with pytest.raises(StateConflict):
        actions.refuse(user=centre.officer, obj=case, grounds="材料不齐")
    assert actions.refuse(user=centre.second, obj=case, grounds="材料不齐").state == Case.State.REFUSED


def test_the_correction_is_not_the_departments_any_more_when_it_has_answered(
    centre: made.Centre, office: Office
) -> None:
    case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office)))
    case = actions.route(user=centre.officer, obj=case, question="请核对罚款金额")
    case = actions.prepare_correction(user=office.reviewer, obj=case, values={"fine_amount": "0.5"})
    case = actions.find_wrong(user=office.reviewer, obj=case, grounds="录入时多写一位")
    with pytest.raises(StateConflict):
        actions.prepare_correction(user=office.reviewer, obj=case, values={"fine_amount": "0.1"})
    case = actions.prepare_correction(user=centre.officer, obj=case, values={"fine_amount": "0.4"})
    assert case.correction == {"fine_amount": "0.4"}


def test_no_objection_came_in_before_the_decision(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    day = record.decided_on
    with pytest.raises(ValidationError) as error:
        made.objection(centre, record, opened_on=day - datetime.timedelta(days=1))
    assert set(error.value.message_dict) == {"opened_on"}
    assert made.objection(centre, record, opened_on=day).opened_on == day
