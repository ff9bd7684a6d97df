"""Who is told of a case: reviewers, officers, the second person, receivers outside; and of days that come near."""

import datetime

import pytest
from django.utils import timezone

from apps.audit.context import every_department
from apps.departments.models import User
from apps.notices.models import Delivery, Notice, Webhook
from apps.objections import actions, tasks, telling
from apps.objections.models import Case
from tests.records.factories import Office

from . import factories as made

pytestmark = pytest.mark.django_db


def told(person: User) -> list[str]:
    with every_department():
        return list(Notice.objects.filter(recipient=person).order_by("pk").values_list("kind", flat=True))


def test_the_reviewers_of_the_department_hear_of_a_case_to_check(centre: made.Centre, office: Office) -> None:
    case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office)))
    actions.route(user=centre.officer, obj=case, question="请核对")
    assert told(office.reviewer) == ["case-routed"]
    assert told(office.clerk) == told(office.viewer) == []


def test_the_department_hears_that_a_question_was_taken_back(centre: made.Centre, office: Office) -> None:
    case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office)))
    case = actions.route(user=centre.officer, obj=case, question="请核对")
    actions.recall(user=centre.officer, obj=case, reason="问题已自行查明")
    assert told(office.reviewer) == ["case-routed", "case-recalled"]
    with every_department():
        assert not Notice.objects.get(kind="case-recalled").link_name  # the case is theirs no more


def test_the_officer_hears_of_the_answer_and_the_others_of_a_proposal(centre: made.Centre, office: Office) -> None:
    case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office)))
    case = actions.route(user=centre.officer, obj=case, question="请核对")
    case = actions.find_right(user=office.reviewer, obj=case, grounds="一致")
    assert told(centre.officer) == ["case-answered"]
    actions.decide_removed(user=centre.officer, obj=case, grounds="决定已撤销")
    assert told(centre.second) == ["case-proposed"]


def test_who_is_given_a_case_hears_of_it(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, made.published(office))
    actions.hand_over(user=centre.officer, obj=case, to=centre.second)
    assert told(centre.second) == ["case-given"]


def test_reminders_come_before_the_day_and_once_when_it_is_over(centre: made.Centre, office: Office) -> None:
    case = actions.take(user=centre.officer, obj=made.objection(centre, made.published(office)))
    assert case.due is not None
    early = case.due - datetime.timedelta(days=10)
    assert telling.remind(early) == 0
    assert telling.remind(case.due) == 1
    assert telling.remind(case.due) == 0
    assert telling.remind(case.due + datetime.timedelta(days=1)) == 1
    assert telling.remind(case.due + datetime.timedelta(days=2)) == 0
    assert told(centre.officer) == ["case-due", "case-overdue"]


def test_a_case_whose_clock_stands_still_reminds_nobody(centre: made.Centre, office: Office) -> None:
    case = actions.take(user=centre.officer, obj=made.objection(centre, made.published(office)))
    due = case.due
    assert due is not None
    actions.pause(user=centre.officer, obj=case, ground="expert", grounds="司法鉴定")
    assert telling.remind(due + datetime.timedelta(days=30)) == 0


def test_receivers_outside_get_numbers_and_states_and_nothing_of_a_person(centre: made.Centre, office: Office) -> None:
    names = [event.name for event in telling.EVENTS]
    Webhook.objects.create(
        name="市大数据局", address="https://hooks.example.org/cases", events=names, secret=b"x", wrapped_key=b"x"
    )
    case = made.objection(centre, made.published(office))
    sent = Delivery.objects.get()
    assert sent.event == "case.filed"
    assert sent.payload == {
        "number": case.number,
        "kind": Case.Kind.OBJECTION,
        "state": Case.State.RECEIVED,
        "outcome": "",
        "due": case.due and case.due.isoformat(),
    }
    assert timezone.localdate() <= datetime.date.fromisoformat(sent.payload["due"])


def test_the_timeline_of_a_case_tells_who_was_told(centre: made.Centre, office: Office) -> None:
    User.objects.filter(pk=office.reviewer.pk).update(email="reviewer@example.org")
    case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office)))
    case = actions.route(user=centre.officer, obj=case, question="请核对")
    event = case.events.get(what="told")
    assert event.text == f"有案件待核查：{office.reviewer.name}（另发邮件）"
    assert not event.for_applicant
    assert case.due is not None
    telling.remind(case.due)
    assert [each.text.partition("：")[0] for each in case.events.filter(what="told")] == [
        "有案件待核查",
        "案件即将到期",
    ]


def test_papers_that_were_not_brought_are_told_once(centre: made.Centre, office: Office) -> None:
    case = actions.take(user=centre.officer, obj=made.objection(centre, made.published(office)))
    until = timezone.localdate() + datetime.timedelta(days=5)
    actions.pause(user=centre.officer, obj=case, ground="supplement", grounds="营业执照", bring_by=until)
    assert telling.remind(until) == 0
    assert [telling.remind(until + datetime.timedelta(days=day)) for day in (1, 2)] == [1, 0]
    assert told(centre.officer) == ["case-papers-late"]


@pytest.mark.parametrize(
    ("day", "reminded"),
    [("2026-09-19", False), ("2026-09-20", True), ("2026-09-21", True), ("2026-09-25", False)],
    ids=["Saturday", "worked Sunday", "Monday", "Mid-Autumn"],
)
def test_reminders_come_on_working_days(
    centre: made.Centre, office: Office, monkeypatch: pytest.MonkeyPatch, day: str, reminded: bool
) -> None:
    now = datetime.datetime.fromisoformat("2026-09-14T02:00:00+00:00")
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    actions.take(user=centre.officer, obj=made.objection(centre, made.published(office, decided_on="2026-03-02")))
    now = datetime.datetime.fromisoformat(f"{day}T00:30:00+00:00")
    tasks.remind(timestamp=0)
    assert bool(told(centre.officer)) is reminded
