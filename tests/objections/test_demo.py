"""The demo's cases are such as the desk itself would have led there."""

import datetime

import pytest
from django.utils import timezone

from apps.objections import actions, demo, demo_scenes, states
from apps.objections.models import Case, Event
from apps.records.models import Record
from tests.records.factories import Office

from . import factories as made

pytestmark = pytest.mark.django_db


def test_they_stand_in_their_states_with_clocks_marks_and_traces(centre: made.Centre, office: Office) -> None:
    records = [made.published(office, decided_on="2026-03-05") for _each in range(24)]
    desk = demo.Desk(centre.department, [centre.officer, centre.second], timezone.localdate())
    assert demo.make_cases(records, desk, ended=0.4) == len(records)
    cases = list(Case.objects.select_related("record"))
    assert {each.state for each in cases} <= set(demo.WAYS)
    assert len({each.state for each in cases}) > 3
    for case in cases:
        assert case.is_open == bool(case.due)
        assert case.record.under_objection == (case.is_open and case.kind == states.OBJECTION)
        assert Event.objects.filter(case=case).order_by("pk").last().target == case.state
    running = next(each for each in cases if each.is_open and each.kind == states.OBJECTION)
    actions.retract(user=centre.officer, obj=running, reason="不再申请")
    running.record.refresh_from_db()
    assert not running.record.under_objection
    assert not Record.objects.exclude(state=Record.State.PUBLISHED).exists()


def test_every_end_and_a_paused_clock_can_be_looked_at(centre: made.Centre, office: Office) -> None:
    decided = timezone.localdate() - datetime.timedelta(days=500)
    for _each in range(8):
        made.published(office, decided_on=decided.isoformat(), fine_amount="3")
    cast = demo_scenes.Cast(centre.officer, centre.second, office.reviewer, made.applicant())
    assert demo_scenes.play(cast) == Case.objects.count() == 7
    ends = set(Case.objects.values_list("state", "outcome"))
    assert ends == {
        ("closed", "corrected"),
        ("closed", "removed"),
        ("closed", "unresolved"),
        ("closed", "granted"),
        ("proposed", "removed"),
        ("accepted", ""),
        ("retracted", ""),
    }
    assert Case.objects.get(state=states.ACCEPTED).is_paused
    assert set(Record.objects.values_list("state", flat=True)) == {"published", "withdrawn", "repaired"}
    corrected = Case.objects.get(outcome=states.CORRECTED)
    assert corrected.record.data["fine_amount"] == "15000"
    assert Record.objects.get(annotation__gt="").pk == Case.objects.get(outcome=states.UNRESOLVED).record_id
