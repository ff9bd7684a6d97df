"""What is due when: by kind and stage, with pauses, over New Year, after reopening; and the rule that a case keeps."""

import datetime
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from apps.core.models import CalendarDay, CalendarYear, Rule
from apps.departments.actions import StateConflict
from apps.objections import actions, tasks
from apps.objections.models import Case, Passage
from tests.records.factories import Office

from . import factories as made

pytestmark = pytest.mark.django_db

Today = Callable[[str], None]


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> Today:
    """``today("2026-11-24")``: from now on it is ten in the morning of that day in Shanghai. First it is Monday,
    2026-11-23."""

    def be(day: str) -> None:
        now = datetime.datetime.fromisoformat(f"{day}T02:00:00+00:00")
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)

    be("2026-11-23")
    return be


def days(case: Case) -> tuple[str, str, str]:
    """Stage, its last day, and the last day of the whole; provisional ones marked."""
    case.refresh_from_db()
    mark = "?" if case.provisional else ""
    assert case.due is None or case.due == min(case.stage_due, case.whole_due)  # type: ignore[type-var]
    return case.stage, f"{case.stage_due}{mark}", f"{case.whole_due}{mark}"


def accepted(centre: made.Centre, office: Office, kind: str = "objection") -> Case:
    make = {"objection": made.objection, "repair": made.repair}[kind]
    return actions.accept(user=centre.officer, obj=make(centre, made.published(office)))


def asked(centre: made.Centre, office: Office, kind: str = "objection") -> Case:
    return actions.route(user=centre.officer, obj=accepted(centre, office, kind), question="请核对")


def test_an_objection_that_the_centre_decides_by_itself(centre: made.Centre, office: Office) -> None:
    assert days(accepted(centre, office)) == ("centre", "2026-11-26", "2026-11-26")


def test_an_objection_that_the_department_checks(centre: made.Centre, office: Office, today: Today) -> None:
    case = accepted(centre, office)
    today("2026-11-24")
    case = actions.route(user=centre.officer, obj=case, question="请核对")
    assert days(case) == ("source", "2026-11-27", "2026-12-02")
    assert str(case.due) == "2026-11-27"
    today("2026-11-27")
    case = actions.find_right(user=office.reviewer, obj=case, grounds="一致")
    assert days(case) == ("centre", "2026-12-02", "2026-12-02")
    today("2026-11-30")
    case = actions.route(user=centre.officer, obj=case, question="再核")
    assert days(case) == ("source", "2026-12-03", "2026-12-02")
    assert str(case.due) == "2026-12-02", "the whole ends first"
    today("2026-12-01")
    case = actions.recall(user=centre.officer, obj=case, reason="已查明")
    assert days(case) == ("centre", "2026-12-02", "2026-12-02")


def test_a_repair(centre: made.Centre, office: Office, today: Today) -> None:
    case = accepted(centre, office, "repair")
    assert days(case) == ("centre", "2026-12-07", "2026-12-07")
    case = actions.route(user=centre.officer, obj=case, question="请核对")
    assert days(case) == ("source", "2026-11-26", "2026-12-07")
    today("2026-11-26")
    case = actions.consent(user=office.reviewer, obj=case, grounds="已改正")
    assert days(case) == ("effect", "2026-11-27", "2026-12-07"), "one working day to carry it out"
    today("2026-11-27")
    case = actions.decide_granted(user=centre.officer, obj=case, grounds="已改正")
    assert list(case.passages.values_list("stage", "department", "working_days", "in_time")) == [
        ("centre", centre.department.pk, 0, True),
        ("source", office.department.pk, 3, True),
        ("effect", centre.department.pk, 1, True),
    ]


def test_without_the_consent_the_whole_runs_on(centre: made.Centre, office: Office) -> None:
    case = actions.dissent(user=office.reviewer, obj=asked(centre, office, "repair"), grounds="未改正")
    assert days(case) == ("centre", "2026-12-07", "2026-12-07")


def test_the_days_of_a_pause_do_not_count(centre: made.Centre, office: Office, today: Today) -> None:
    case = accepted(centre, office)
    today("2026-11-24")
    case = actions.pause(user=centre.officer, obj=case, ground="testing", grounds="送检")
    case.refresh_from_db()
    assert case.due is None
    with pytest.raises(StateConflict, match="2026-11-24"):
        actions.route(user=centre.officer, obj=case, question="请核对")
    today("2026-12-08")
    case = actions.resume(user=centre.officer, obj=case, reason="检毕")
    assert days(case) == ("centre", "2026-12-10", "2026-12-10")
    with pytest.raises(StateConflict):
        actions.resume(user=centre.officer, obj=case, reason="再次")


def test_a_pause_over_new_year_is_provisional_until_the_year_is_announced(
    centre: made.Centre, office: Office, today: Today
) -> None:
    today("2026-12-28")
    case = actions.route(user=centre.officer, obj=accepted(centre, office), question="请核对")
    case = actions.pause(user=centre.officer, obj=case, ground="expert", grounds="专家评审")
    today("2027-01-04")
    case = actions.resume(user=centre.officer, obj=case, reason="评审完")
    assert days(case) == ("source", "2027-01-07?", "2027-01-13?")
    tasks.recompute(timestamp=0)
    assert days(case) == ("source", "2027-01-07?", "2027-01-13?"), "nothing was announced"
    version = case.version
    # As if it were announced: Tuesday 5 January free, Saturday 9 worked.
    CalendarYear.objects.update_or_create(year=2027, defaults={"announced": True})
    for day, working in (("2027-01-01", False), ("2027-01-05", False), ("2027-01-09", True)):
        CalendarDay.objects.update_or_create(
            date=datetime.date.fromisoformat(day), defaults={"is_working": working, "source": "国办发明电"}
        )
    tasks.recompute(timestamp=0)
    assert days(case) == ("source", "2027-01-08", "2027-01-13")
    assert case.version == version, "nobody changed the case: who has it open may go on"


def test_a_day_that_is_changed_after_the_year_was_announced_counts_from_the_next_morning(
    centre: made.Centre, office: Office
) -> None:
    case = accepted(centre, office)
    assert days(case) == ("centre", "2026-11-26", "2026-11-26")
    CalendarDay.objects.update_or_create(
        date=datetime.date(2026, 11, 25), defaults={"is_working": False, "source": "国办发明电"}
    )
    tasks.recompute(timestamp=0)
    assert days(case) == ("centre", "2026-11-26", "2026-11-26"), "its days were certain"
    tasks.recompute_all(timestamp=0)
    assert days(case) == ("centre", "2026-11-27", "2026-11-27")
    assert case.events.get(what="recount").text == "2026-11-26 → 2026-11-27"
    tasks.recompute_all(timestamp=0)
    assert case.events.filter(what="recount").count() == 1


def test_a_paused_case_waits_with_its_recount(centre: made.Centre, office: Office, today: Today) -> None:
    today("2026-12-30")
    case = actions.pause(user=centre.officer, obj=accepted(centre, office), ground="expert", grounds="专家评审")
    before = days(case)
    CalendarYear.objects.update_or_create(year=2027, defaults={"announced": True})
    tasks.recompute(timestamp=0)
    assert days(case) == before
    today("2027-01-04")
    case = actions.resume(user=centre.officer, obj=case, reason="评审完")
    assert days(case) == ("centre", "2027-01-07", "2027-01-07")


def test_a_reopened_case_begins_anew(centre: made.Centre, office: Office, today: Today) -> None:
    case = actions.find_right(user=office.reviewer, obj=asked(centre, office), grounds="一致")
    case = actions.decide_upheld(user=centre.officer, obj=case, grounds="一致")
    today("2026-12-14")
    case = actions.reopen(user=centre.officer, obj=case, reason="新证据")
    assert days(case) == ("centre", "2026-12-17", "2026-12-17"), "the department is not asked again yet"
    assert (case.stage_began_on, case.opened_on) == (datetime.date(2026, 12, 14), datetime.date(2026, 11, 23))
    case = actions.route(user=centre.officer, obj=case, question="再核")
    assert days(case) == ("source", "2026-12-17", "2026-12-23")


def test_a_case_keeps_the_rule_under_which_it_came_in(centre: made.Centre, office: Office, today: Today) -> None:
    before = made.objection(centre, made.published(office))
    Rule.objects.filter(key="objection.self", effective_to=None).update(effective_to=datetime.date(2026, 11, 24))
    old = Rule.objects.get(key="objection.self")
    new = Rule.objects.create(
        key=old.key, value=5, unit=old.unit, effective_from=datetime.date(2026, 11, 24), source="试行办法"
    )
    today("2026-11-24")
    after = accepted(centre, office)
    before = actions.accept(user=centre.officer, obj=before)
    assert (before.whole_rule, days(before)) == (old, ("centre", "2026-11-26", "2026-11-26"))
    assert (after.whole_rule, days(after)) == (new, ("centre", "2026-12-01", "2026-12-01"))
    before = actions.decide_upheld(user=centre.officer, obj=before, grounds="一致")
    before = actions.reopen(user=centre.officer, obj=before, reason="新证据")
    assert (before.whole_rule, days(before)) == (old, ("centre", "2026-11-27", "2026-11-27"))
    late = made.objection(centre, made.published(office), opened_on=datetime.date(2026, 11, 23))
    assert (late.whole_rule, late.due) == (old, datetime.date(2026, 11, 26))


def test_no_rule_and_no_day_to_come(centre: made.Centre, office: Office) -> None:
    for day in (datetime.date(2019, 1, 1), datetime.date(2026, 11, 24)):
        with pytest.raises(ValidationError) as error:
            made.objection(centre, made.published(office), opened_on=day)
        assert set(error.value.message_dict) == {"opened_on"}
    assert not Case.objects.exists()


def test_a_pause_counts_where_a_paused_case_ends(centre: made.Centre, office: Office, today: Today) -> None:
    case = actions.pause(user=centre.officer, obj=accepted(centre, office), ground="testing", grounds="送检")
    today("2026-12-10")
    case = actions.retract(user=centre.officer, obj=case, reason="不再主张")
    case.refresh_from_db()
    assert (case.due, case.paused_on, case.stage) == (None, None, "")
    assert case.pauses.get().ended_on == datetime.date(2026, 12, 10)
    passage = Passage.objects.get()
    assert (passage.working_days, passage.in_time, str(passage.due)) == (0, True, "2026-12-15")
