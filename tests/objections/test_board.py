"""The supervisor's board: its numbers, whom it is open to, the same as a file."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.context import acting
from apps.objections import actions
from apps.objections.measures import Span, board
from apps.objections.models import Case, Passage
from tests.records.factories import Office

from . import factories as made
from .pages import client_of, page, text_of

pytestmark = pytest.mark.django_db
D = datetime.date.fromisoformat


@pytest.fixture
def today() -> datetime.date:
    return timezone.localdate()


def passed(case: Case, of: Office, days: int, *, in_time: bool = True, ended_on: str = "2026-03-10") -> None:
    """A stage that the case has passed in the department."""
    Passage.objects.create(
        case=case,
        stage=Case.Stage.SOURCE,
        department=of.department,
        began_on=D(ended_on) - datetime.timedelta(days=days),
        ended_on=D(ended_on),
        working_days=days,
        in_time=in_time,
    )


def test_open_cases_by_stage_and_how_they_stand(centre: made.Centre, office: Office, today: datetime.date) -> None:
    late, due, paused, routed = (made.objection(centre, made.published(office)) for _ in range(4))
    with acting(reason="test"):
        Case.objects.filter(pk=late.pk).update(due=today - datetime.timedelta(days=1))
        Case.objects.filter(pk=due.pk).update(due=today)
    actions.pause(user=centre.officer, obj=paused, ground="expert", grounds="鉴定")
    actions.route(user=centre.officer, obj=actions.accept(user=centre.officer, obj=routed), question="请核对")
    lines = {line.stage: line for line in board(centre.officer, "", None, today).stages}
    at_centre, at_source = lines[Case.Stage.CENTRE], lines[Case.Stage.SOURCE]
    assert (at_centre.open, at_centre.overdue, at_centre.today, at_centre.paused) == (3, 1, 1, 1)
    assert (at_source.open, at_source.overdue) == (1, 0)


def test_the_median_and_the_share_in_time_by_department_the_slowest_first(
    centre: made.Centre, office: Office, today: datetime.date
) -> None:
    slow, case = made.office("taxation"), made.objection(centre, made.published(office))
    for days in (1, 2, 4, 5):
        passed(case, office, days, in_time=days < 4)
    passed(case, slow, 9, in_time=False)
    passed(case, slow, 1, ended_on="2025-03-10")
    lines = board(centre.officer, "", 2026, today).passages
    assert [(line.department, line.passed, line.median, line.share) for line in lines] == [
        (slow.department, 1, 9.0, 0.0),
        (office.department, 4, 3.0, 50.0),
    ]


def test_received_and_ended_by_month_and_how_they_ended(
    centre: made.Centre, office: Office, today: datetime.date
) -> None:
    upheld, refused, _open = (made.objection(centre, made.published(office)) for _ in range(3))
    actions.decide_upheld(
        user=centre.officer, obj=actions.accept(user=centre.officer, obj=upheld), grounds="与决定书一致"
    )
    actions.refuse(user=centre.officer, obj=refused, grounds="非本人")
    made.repair(centre, made.published(office))
    found = board(centre.officer, Case.Kind.OBJECTION, None, today)
    assert len(found.months) == 12
    assert (found.months[-1].received, found.months[-1].ended) == (3, 2)
    assert {(line.outcome, line.cases, line.share) for line in found.outcomes} == {
        (str(Case.Outcome.UPHELD.label), 1, 50.0),
        (str(Case.State.REFUSED.label), 1, 50.0),
    }


@pytest.mark.parametrize(
    ("year", "today", "first", "last"),
    [
        (None, "2026-11-23", "2025-12-01", "2026-11-23"),
        (None, "2026-12-31", "2026-01-01", "2026-12-31"),
        (2025, "2026-11-23", "2025-01-01", "2025-12-31"),
    ],
)
def test_the_time_looked_at(year: int | None, today: str, first: str, last: str) -> None:
    span = Span.of(year, D(today))
    assert (span.first, span.last, len(span.months)) == (D(first), D(last), 12)


def test_it_is_open_to_those_who_handle_cases_alone(centre: made.Centre, office: Office) -> None:
    for name in ("board", "board_file"):
        assert client_of(centre.officer).get(page(name)).status_code == 200
        for person in (office.reviewer, office.clerk, office.viewer):
            assert client_of(person).get(page(name)).status_code == 403


def test_the_page_and_the_files_hold_the_same_numbers(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, made.published(office))
    passed(case, office, 7, ended_on=f"{timezone.localdate()}")
    client = client_of(centre.officer)
    assert f"{office.department.name_en} the source department 1 7.0 100.0" in text_of(client.get(page("board")))
    text = b"".join(client.get(page("board_file"), {"format": "csv"}).streaming_content).decode("utf-8-sig")
    assert f"{office.department.name_en} · the source department,median of working days,7.0" in text
    book = client.get(page("board_file"), {"format": "xlsx"})
    assert b"".join(book.streaming_content).startswith(b"PK")
    assert client.get(page("board_file"), {"format": "exe"}).status_code == 404


def test_it_costs_the_same_number_of_queries_however_many_cases_there_are(centre: made.Centre, office: Office) -> None:
    client = client_of(centre.officer)

    def queries() -> int:
        client.get(page("board"))
        with CaptureQueriesContext(connection) as captured:
            client.get(page("board"), {"kind": "objection", "year": "2026"})
        return len(captured)

    passed(made.objection(centre, made.published(office)), office, 3)
    few = queries()
    other = made.office("taxation")
    for _ in range(4):
        passed(made.objection(centre, made.published(other)), other, 2)
    assert queries() == few
