"""The inbox: whose cases it shows, in which order, what finds them, what is done to many at once."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.context import acting
from apps.objections import actions
from apps.objections.models import Case
from tests.records.factories import Office

from . import factories as made
from .pages import client_of, listed, page, text_of

pytestmark = pytest.mark.django_db
LIST = "changelist"


def due_on(case: Case, day: datetime.date) -> Case:
    """The case as if it were due on that day."""
    with acting(reason="test"):
        Case.objects.filter(pk=case.pk).update(due=day, stage_due=day, whole_due=day)
    case.refresh_from_db()
    return case


@pytest.fixture
def today() -> datetime.date:
    return timezone.localdate()


def test_an_officer_finds_all_open_cases_the_most_urgent_first(
    centre: made.Centre, office: Office, today: datetime.date
) -> None:
    late = due_on(made.objection(centre, made.published(office)), today - datetime.timedelta(days=9))
    early = due_on(made.objection(centre, made.published(office)), today + datetime.timedelta(days=30))
    ended = made.objection(centre, made.published(office))
    actions.retract(user=centre.officer, obj=ended, reason="申请人撤回")
    assert listed(client_of(centre.officer).get(page(LIST))) == [late.number, early.number]


def test_a_reviewer_finds_what_was_routed_to_the_own_department_and_no_more(
    centre: made.Centre, office: Office
) -> None:
    other = made.office("taxation")
    routed, elsewhere = (
        actions.route(
            user=centre.officer,
            obj=actions.accept(user=centre.officer, obj=made.objection(centre, made.published(of))),
            question="请核对",
        )
        for of in (office, other)
    )
    inside = made.objection(centre, made.published(office))
    response = client_of(office.reviewer).get(page(LIST), {"desk": "all"})
    assert listed(response) == [routed.number]
    assert elsewhere.number not in text_of(response)
    assert inside.number not in text_of(response)


@pytest.mark.parametrize("role", ["clerk", "viewer"])
def test_clerks_and_viewers_have_no_inbox(centre: made.Centre, office: Office, role: str) -> None:
    made.objection(centre, made.published(office))
    assert client_of(getattr(office, role)).get(page(LIST)).status_code == 403


def test_time_left_is_told_in_working_days_and_stands_still_while_paused(
    centre: made.Centre, office: Office, today: datetime.date
) -> None:
    case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office)))
    due_on(case, today - datetime.timedelta(days=30))
    assert "days late" in text_of(client_of(centre.officer).get(page(LIST)))
    other = made.objection(centre, made.published(office))
    actions.pause(user=centre.officer, obj=other, ground="testing", grounds="等待检测报告")
    left = text_of(client_of(centre.officer).get(page(LIST), {"clock": "paused"}))
    assert "paused, 3 working days left" in left


@pytest.mark.parametrize(
    ("clock", "days"), [("overdue", -20), ("today", 0), ("soon", 1)], ids=["overdue", "today", "soon"]
)
def test_the_clock_filter(centre: made.Centre, office: Office, today: datetime.date, clock: str, days: int) -> None:
    wanted = due_on(made.objection(centre, made.published(office)), today + datetime.timedelta(days=days))
    due_on(made.objection(centre, made.published(office)), today + datetime.timedelta(days=60))
    found = listed(client_of(centre.officer).get(page(LIST), {"clock": clock}))
    assert found == [wanted.number]


def test_mine_and_nobodys(centre: made.Centre, office: Office) -> None:
    mine = actions.take(user=centre.officer, obj=made.objection(centre, made.published(office)))
    nobodys = made.objection(centre, made.published(office))
    client = client_of(centre.officer)
    assert listed(client.get(page(LIST), {"desk": "mine"})) == [mine.number]
    assert listed(client.get(page(LIST), {"desk": "nobody"})) == [nobodys.number]


def test_a_case_is_found_by_number_code_record_and_name_even_when_it_has_ended(
    centre: made.Centre, office: Office
) -> None:
    case = made.objection(centre, made.published(office))
    made.objection(centre, made.published(office))
    actions.retract(user=centre.officer, obj=case, reason="申请人撤回")
    client = client_of(centre.officer)
    serial = str(int(case.number[7:13]))
    for term in (case.number, case.code, case.code.replace("-", "").lower(), serial, case.record.document_number):
        assert listed(client.get(page(LIST), {"q": term})) == [case.number], term
    assert case.number in listed(client.get(page(LIST), {"q": case.record.subject.name}))
    assert listed(client.get(page(LIST), {"q": "查无此号"})) == []


def test_several_are_taken_and_accepted_at_once_and_what_was_refused_is_told(
    centre: made.Centre, office: Office
) -> None:
    cases = [made.objection(centre, made.published(office)) for _ in range(2)]
    lacking = made.objection(centre, made.published(office), relation=Case.Relation.AGENT)
    keys = [case.pk for case in [*cases, lacking]]
    client = client_of(centre.officer)
    client.post(page(LIST), {"action": "take", "_selected_action": keys})
    assert set(Case.objects.values_list("handler", flat=True)) == {centre.officer.pk}
    answer = client.post(page(LIST), {"action": "accept", "_selected_action": keys}, follow=True)
    assert Case.objects.filter(state=Case.State.ACCEPTED).count() == 2
    assert "2 done, 1 refused" in text_of(answer)
    assert "written authority of the agent, or proof of guardianship" in text_of(answer)


def test_several_are_handed_over(centre: made.Centre, office: Office) -> None:
    cases = [made.objection(centre, made.published(office)) for _ in range(2)]
    data = {"action": "hand-over", "_selected_action": [case.pk for case in cases], "do-confirmed": "1"}
    client_of(centre.officer).post(page(LIST), {**data, "do-to": centre.second.pk})
    assert set(Case.objects.values_list("handler", flat=True)) == {centre.second.pk}


def test_the_export_holds_the_list_and_no_progress_code(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, made.published(office))
    response = client_of(centre.officer).post(page("export"), {"format": "1"})
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert case.number in text
    assert case.record.document_number in text
    assert case.code not in text


def test_the_inbox_costs_the_same_number_of_queries_however_many_cases_there_are(
    centre: made.Centre, office: Office
) -> None:
    client = client_of(centre.officer)

    def queries() -> int:
        client.get(page(LIST))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page(LIST)).status_code == 200
        return len(captured)

    made.objection(centre, made.published(office))
    few = queries()
    for _ in range(4):
        made.repair(centre, made.published(office))
        made.objection(centre, made.published(office))
    assert queries() == few
