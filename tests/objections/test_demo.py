"""The demo's cases are such as the desk itself would have led there."""

import pytest
from django.utils import timezone

from apps.objections import actions, demo, states
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
