"""The database takes no state to which no action leads, whatever door the change comes through."""

import uuid
from itertools import count
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.departments.actions import StateConflict
from apps.objections import actions, drawing, states
from apps.objections.models import Case, Event
from tests.records.factories import Office

from . import factories as made

pytestmark = pytest.mark.django_db

# Written by hand: what the law and the work of the centre allow. The code must say the same.
BOTH = {
    "received-accepted", "received-refused", "received-retracted",
    "accepted-routed", "accepted-retracted",
    "routed-accepted", "routed-answered", "routed-retracted",
    "answered-routed", "answered-closed", "answered-retracted",
    "closed-accepted", "refused-accepted",
}  # fmt: skip
OBJECTION_ALONE = {
    "accepted-closed", "accepted-proposed", "answered-proposed",
    "proposed-closed", "proposed-accepted", "proposed-answered", "proposed-retracted",
}  # fmt: skip
LAWFUL = {"objection": BOTH | OBJECTION_ALONE, "repair": BOTH}
ONCE = {"closed-accepted", "refused-accepted"}
WAYS = {
    "received": [],
    "accepted": ["accepted"],
    "routed": ["accepted", "routed"],
    "answered": ["accepted", "routed", "answered"],
    "proposed": ["accepted", "proposed"],
    "closed": ["accepted", "routed", "answered", "closed"],
    "refused": ["refused"],
    "retracted": ["retracted"],
}
ALL = sorted(WAYS)
_numbers = count(900_000)


@pytest.fixture
def case(request: pytest.FixtureRequest, centre: made.Centre, office: Office) -> Case:
    """A case just taken in, of the kind that the test asks for."""
    kind = getattr(request, "param", "objection")
    return {"objection": made.objection, "repair": made.repair}[kind](centre, made.published(office))


def update(case: Case, **values: Any) -> None:
    """As somebody would with psql."""
    columns = ", ".join(f"{name} = %s" for name in values)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE objections_case SET {columns} WHERE id = %s", [*values.values(), case.pk])


def beside(case: Case, source: str, target: str) -> dict[str, Any]:
    """What the table demands besides the state, so that nothing but the state can be wrong."""
    decided = target in {"proposed", "closed"}
    return {
        "state": target,
        "routed_to_id": case.record.department_id,
        "outcome": {"objection": "upheld", "repair": "denied"}[case.kind] if decided else "",
        "closed_at": timezone.now() if target in {"closed", "refused", "retracted"} else None,
        "reopened": f"{source}-{target}" in ONCE,
    }


def put(case: Case, state: str) -> None:
    """Bring a case that was just taken in to ``state``, on a lawful way."""
    source = "received"
    for target in WAYS[state]:
        update(case, **beside(case, source, target))
        source = target


def refused_by(error: IntegrityError) -> str:
    return error.__cause__.diag.constraint_name  # type: ignore[union-attr]


@pytest.mark.parametrize("case", ["objection", "repair"], indirect=True)
def test_only_declared_changes_of_state_pass(case: Case) -> None:
    passed = set()
    for source in ALL:
        if case.kind == "repair" and source == "proposed":
            continue  # no way leads there
        for target in ALL:
            if source == target:
                continue
            with transaction.atomic():
                put(case, source)
                try:
                    update(case, **beside(case, source, target))
                    passed.add(f"{source}-{target}")
                except IntegrityError as error:
                    assert refused_by(error) == "lawful_states", (source, target)
                transaction.set_rollback(True)
    assert passed == LAWFUL[case.kind]
    assert passed == {"-".join(move) for move in states.moves(case.kind)}


def test_an_action_leads_along_every_declared_change(centre: made.Centre, office: Office) -> None:
    officer, second, reviewer = centre.officer, centre.second, office.reviewer
    record = made.published(office)
    put_back = {"user": officer, "reason": "理由"}

    def routed(kind: str = "objection") -> Case:
        case = {"objection": made.objection, "repair": made.repair}[kind](centre, made.published(office))
        return actions.route(user=officer, obj=actions.accept(user=officer, obj=case), question="请核对")

    def retracted(case: Case) -> Case:
        return actions.retract(obj=case, **put_back)

    case = actions.refuse(user=officer, obj=made.objection(centre, record), grounds="非本人")
    case = actions.reopen(obj=case, **put_back)
    case = actions.decide_removed(user=officer, obj=case, grounds="撤销")
    case = actions.send_back(user=second, obj=case, reason="再查")
    case = actions.decide_removed(user=officer, obj=case, grounds="撤销")
    actions.approve(user=second, obj=case)
    actions.reopen(
        obj=actions.decide_upheld(user=officer, obj=actions.recall(obj=routed(), **put_back), grounds="一致"),
        **put_back,
    )
    case = actions.find_right(user=reviewer, obj=routed(), grounds="一致")
    case = actions.route(user=officer, obj=case, question="再核")
    case = actions.find_right(user=reviewer, obj=case, grounds="一致")
    case = actions.decide_removed(user=officer, obj=case, grounds="撤销")
    case = actions.send_back(user=second, obj=case, reason="再查")
    actions.decide_upheld(user=officer, obj=case, grounds="一致")
    accepted = actions.accept(user=officer, obj=made.objection(centre, made.published(office)))
    retracted(accepted)
    retracted(routed())
    retracted(made.objection(centre, made.published(office)))
    retracted(actions.find_right(user=reviewer, obj=routed(), grounds="一致"))
    accepted = actions.accept(user=officer, obj=made.objection(centre, made.published(office)))
    retracted(actions.decide_removed(user=officer, obj=accepted, grounds="撤销"))

    retracted(made.repair(centre, made.published(office)))
    case = actions.refuse(user=officer, obj=made.repair(centre, made.published(office)), grounds="材料不全")
    retracted(actions.reopen(obj=case, **put_back))
    actions.recall(obj=routed("repair"), **put_back)
    retracted(routed("repair"))
    case = actions.route(
        user=officer, obj=actions.dissent(user=reviewer, obj=routed("repair"), grounds="未改正"), question="再核"
    )
    case = actions.dissent(user=reviewer, obj=case, grounds="未改正")
    actions.reopen(obj=actions.decide_denied(user=officer, obj=case, grounds="未改正"), **put_back)
    retracted(actions.consent(user=reviewer, obj=routed("repair"), grounds="已改正"))

    for kind, lawful in LAWFUL.items():
        made_by_actions = Event.objects.filter(case__kind=kind).exclude(source="").exclude(target="")
        assert {"-".join(move) for move in made_by_actions.values_list("source", "target")} == lawful


@pytest.mark.parametrize("case", ["objection", "repair"], indirect=True)
def test_nothing_begins_but_as_received(case: Case) -> None:
    update(case, **beside(case, "received", "retracted"))
    columns = [field.column for field in Case._meta.concrete_fields if not field.primary_key]

    def copy(**values: Any) -> None:
        number = next(_numbers)
        given = {
            **beside(case, "", "received"),
            "number": str(number),
            "code": str(number),
            "submission": uuid.uuid4(),
            **values,
        }
        chosen = ", ".join("%s" if column in given else f'"{column}"' for column in columns)
        names = ", ".join(f'"{column}"' for column in columns)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO objections_case ({names}) SELECT {chosen} FROM objections_case WHERE id = %s",
                [*(given[column] for column in columns if column in given), case.pk],
            )

    wrong: list[dict[str, Any]] = [beside(case, "", state) for state in ALL if state != "received"]
    for values in [*wrong, {"reopened": True}, {"kind": "other"}, {"state": "other"}]:
        with pytest.raises(IntegrityError) as error:
            copy(**values)
        assert refused_by(error.value) == "lawful_states", values
    copy()
    assert Case.objects.count() == 2


def test_a_case_is_reopened_once(case: Case) -> None:
    again = beside(case, "closed", "accepted")
    put(case, "closed")
    with pytest.raises(IntegrityError):
        update(case, **again | {"reopened": False})
    update(case, **again)
    for values in ({"reopened": False}, {"kind": "repair"}):
        with pytest.raises(IntegrityError):
            update(case, **values)
    update(case, **beside(case, "accepted", "closed") | {"reopened": True})
    with pytest.raises(IntegrityError) as error:
        update(case, **again)
    assert refused_by(error.value) == "lawful_states"


def test_a_case_that_was_not_reopened_is_not_marked_so(case: Case) -> None:
    with pytest.raises(IntegrityError):
        update(case, reopened=True)


@pytest.mark.parametrize(
    ("case", "state", "values", "constraint"),
    [
        ("objection", "accepted", {"outcome": "upheld"}, "case_outcome_when_decided"),
        ("objection", "closed", {"outcome": ""}, "case_decided_has_outcome"),
        ("objection", "closed", {"outcome": "denied"}, "case_outcome_of_its_kind"),
        ("repair", "closed", {"outcome": "upheld"}, "case_outcome_of_its_kind"),
        ("objection", "answered", {"finding": "consent"}, "case_finding_of_its_kind"),
        ("repair", "answered", {"finding": "wrong"}, "case_finding_of_its_kind"),
        ("repair", "closed", {"outcome": "granted", "finding": "dissent"}, "case_granted_with_consent"),
        ("repair", "closed", {"outcome": "granted", "finding": ""}, "case_granted_with_consent"),
        ("objection", "routed", {"routed_to_id": None}, "case_routed_somewhere"),
        ("objection", "answered", {"routed_to_id": None}, "case_routed_somewhere"),
        ("objection", "proposed", {"paused_on": "2026-11-20"}, "case_paused_while_running"),
        ("objection", "closed", {"paused_on": "2026-11-20"}, "case_paused_while_running"),
        ("objection", "accepted", {"closed_at": "2026-11-20"}, "case_ended_when"),
        ("objection", "retracted", {"closed_at": None}, "case_ended_when"),
    ],
    indirect=["case"],
)
def test_what_belongs_together_is_kept_together(
    case: Case, state: str, values: dict[str, Any], constraint: str
) -> None:
    put(case, state)
    with pytest.raises(IntegrityError) as error:
        update(case, **values)
    assert refused_by(error.value) == constraint


@pytest.mark.parametrize(("case", "outcome"), [("objection", "removed"), ("repair", "granted")], indirect=["case"])
def test_a_record_leaves_use_by_two_persons(case: Case, outcome: str, centre: made.Centre) -> None:
    put(case, "closed")
    first, second = centre.officer.pk, centre.second.pk
    end = {"outcome": outcome, "finding": "consent" if case.kind == "repair" else "right"}
    for alone in ((None, None), (first, None), (None, first), (first, first)):
        with pytest.raises(IntegrityError) as error:
            update(case, **end, proposed_by_id=alone[0], decided_by_id=alone[1])
        assert refused_by(error.value) == "case_two_persons"
    update(case, **end, proposed_by_id=first, decided_by_id=second)


def test_one_open_case_of_a_kind_for_a_record(case: Case, centre: made.Centre, office: Office) -> None:
    other = made.objection(centre, made.published(office))
    with pytest.raises(IntegrityError) as error:
        update(other, record_id=case.record_id)
    assert refused_by(error.value) == "case_one_open_for_a_record"


def test_reopening_beside_an_open_case_is_told(case: Case, centre: made.Centre) -> None:
    case = actions.refuse(user=centre.officer, obj=case, grounds="非本人")
    made.objection(centre, case.record)
    with pytest.raises(StateConflict):
        actions.reopen(user=centre.officer, obj=case, reason="补充")


def test_a_repair_reopened_without_its_papers_is_not_granted(centre: made.Centre, office: Office) -> None:
    case = made.repair(centre, made.published(office), papers=[])
    case = actions.refuse(user=centre.officer, obj=case, grounds="材料不全")
    case = actions.reopen(user=centre.officer, obj=case, reason="补充")
    case = actions.route(user=centre.officer, obj=case, question="请核对")
    case = actions.consent(user=office.reviewer, obj=case, grounds="已改正")
    with pytest.raises(StateConflict):
        actions.decide_granted(user=centre.officer, obj=case, grounds="已改正")
    for paper in (made.paper("correction"), made.paper("commitment")):
        actions.add_paper(user=centre.officer, obj=case, file=paper.upload, what=paper.what)
    assert actions.decide_granted(user=centre.officer, obj=case, grounds="已改正").state == "closed"


def test_a_correction_that_another_record_forbids_is_told(case: Case, centre: made.Centre, office: Office) -> None:
    number = made.published(office, subject=case.record.subject).document_number
    case = actions.accept(user=centre.officer, obj=case)
    with pytest.raises(ValidationError) as error:
        actions.prepare_correction(user=centre.officer, obj=case, values={"document_number": number})
    assert number in str(error.value)


def test_the_drawing_in_the_docs_is_that_of_the_code() -> None:
    assert drawing.PLACE.read_text(encoding="utf-8") == drawing.drawing(), "run manage.py draw_states"
