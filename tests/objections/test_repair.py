"""An application for repair from filing to its end, under each regime, and what it does to the record."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from apps.departments.actions import StateConflict
from apps.objections import actions, effects
from apps.objections.models import Case, Evidence
from apps.records.models import Record
from tests.records.factories import Office
from tests.records.files import PDF, upload

from . import factories as made

pytestmark = pytest.mark.django_db


def consented(centre: made.Centre, office: Office, case: Case) -> Case:
    """The case after both stages but the last."""
    case = actions.accept(user=centre.officer, obj=case)
    case = actions.route(user=centre.officer, obj=case, question="请审核是否符合修复条件")
    return actions.consent(user=office.reviewer, obj=case, grounds="已履行处罚决定")


@pytest.mark.parametrize(
    ("decided_on", "dishonesty", "grantable_from"),
    [
        ("2022-05-10", Case.Dishonesty.GENERAL, "2022-08-11"),
        ("2024-01-31", Case.Dishonesty.SERIOUS, "2024-05-01"),
        ("2026-05-20", Case.Dishonesty.GENERAL, "2026-08-21"),
    ],
)
def test_each_regime_leads_to_a_record_that_is_no_longer_used(
    centre: made.Centre, office: Office, decided_on: str, dishonesty: str, grantable_from: str
) -> None:
    record = made.published(office, decided_on=decided_on)
    case = made.repair(centre, record, dishonesty=dishonesty)
    assert case.grantable_from == datetime.date.fromisoformat(grantable_from)
    case = consented(centre, office, case)
    case = actions.decide_granted(user=centre.officer, obj=case, grounds="符合修复条件")
    record.refresh_from_db()
    assert (case.state, case.outcome) == (Case.State.CLOSED, Case.Outcome.GRANTED)
    assert record.state == Record.State.REPAIRED
    assert not record.under_objection


def test_without_the_departments_consent_it_is_only_denied(centre: made.Centre, office: Office) -> None:
    record = made.published(office, decided_on="2024-01-31")
    case = actions.accept(user=centre.officer, obj=made.repair(centre, record))
    case = actions.route(user=centre.officer, obj=case, question="请审核")
    case = actions.dissent(user=office.reviewer, obj=case, grounds="罚款未缴清")
    with pytest.raises(StateConflict):
        actions.decide_granted(user=centre.officer, obj=case, grounds="")
    case = actions.decide_denied(user=centre.officer, obj=case, grounds="罚款未缴清")
    record.refresh_from_db()
    assert (case.outcome, record.state) == (Case.Outcome.DENIED, Record.State.PUBLISHED)


def test_before_the_shortest_term_is_over_it_is_not_accepted(centre: made.Centre, office: Office) -> None:
    decided = datetime.date.today() - datetime.timedelta(days=20)
    record = made.published(office, decided_on=decided.isoformat())
    Record.objects.filter(pk=record.pk).update(published_at=datetime.datetime.now(datetime.UTC))
    record.refresh_from_db()
    case = made.repair(centre, record, dishonesty=Case.Dishonesty.SERIOUS)
    with pytest.raises(StateConflict, match=str(case.grantable_from)):
        actions.accept(user=centre.officer, obj=case)


def test_it_is_not_accepted_without_its_papers(centre: made.Centre, office: Office) -> None:
    record = made.published(office, decided_on="2024-01-31")
    case = made.repair(centre, record, papers=[made.paper(Evidence.What.CORRECTION)])
    with pytest.raises(StateConflict, match=str(Evidence.What.COMMITMENT.label)):
        actions.accept(user=centre.officer, obj=case)


def test_a_class_that_the_regime_does_not_know_is_refused(centre: made.Centre, office: Office) -> None:
    with pytest.raises(ValidationError) as refused:
        made.repair(centre, made.published(office, decided_on="2024-01-31"), dishonesty=Case.Dishonesty.MINOR)
    assert "dishonesty" in refused.value.message_dict


def test_what_hangs_on_the_record_ends_with_it(
    centre: made.Centre, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifted: list[Record] = []
    monkeypatch.setattr(effects, "on_repaired", [lambda record, case: lifted.append(record)])
    record = made.published(office, decided_on="2024-01-31")
    case = consented(centre, office, made.repair(centre, record))
    actions.decide_granted(user=centre.officer, obj=case, grounds="符合")
    assert lifted == [record]


def test_refused_for_its_papers_and_reopened_it_is_not_granted_without_them(
    centre: made.Centre, office: Office
) -> None:
    case = made.repair(centre, made.published(office), papers=[])
    case = actions.refuse(user=centre.officer, obj=case, grounds="未提交材料")
    case = actions.reopen(user=centre.officer, obj=case, reason="申请人称已提交")
    case = actions.route(user=centre.officer, obj=case, question="是否同意")
    case = actions.consent(user=office.reviewer, obj=case, grounds="已履行")
    with pytest.raises(StateConflict):
        actions.decide_granted(user=centre.officer, obj=case, grounds="符合条件")
    for what in (Evidence.What.CORRECTION, Evidence.What.COMMITMENT):
        case = actions.add_paper(
            user=centre.officer, obj=case, file=upload("材料.pdf", PDF), what=what, brought_by="applicant"
        )
    assert actions.decide_granted(user=centre.officer, obj=case, grounds="符合条件").state == Case.State.CLOSED
