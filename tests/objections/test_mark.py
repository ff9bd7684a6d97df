"""The mark of a record is there exactly as long as an objection is open, by whatever door cases change; a refused
action leaves no trace; the record's state and annotation follow the outcome."""

import uuid
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import Error, IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.departments.actions import NotVisible, StateConflict
from apps.objections import actions, states
from apps.objections.models import Case
from apps.records import actions as record_actions
from apps.records.models import Record
from tests.records.factories import Office

from . import factories as made

pytestmark = pytest.mark.django_db

REFUSALS = (StateConflict, ValidationError, PermissionDenied, NotVisible)
_numbers = count(1)
TABLES = (
    "objections_case", "objections_pause", "objections_passage", "objections_event", "objections_evidence",
    "objections_letter", "objections_counter", "records_record", "subjects_personkey",
)  # fmt: skip
TEXT = {"grounds": "理由", "question": "请核对", "text": "说明", "how": "当面", "ground": "testing"}
ONWARDS = {"accept", "route", "approve", "send-back", "resume", "reopen"}
ONWARDS |= {*states.FINDINGS["objection"], *states.FINDINGS["repair"], *Case.Outcome.values}
"""Actions that lead a case to its end; the others come by chance."""
ACTIONS = {each.name: each for each in actions.ROW_ACTIONS if "file" not in each.inputs}


def rows() -> list[tuple[Any, ...]]:
    """A digest of every table that an action may write."""
    parts = (f"SELECT '{table}', count(*), bit_xor(hashtextextended(t::text, 0)) FROM {table} AS t" for table in TABLES)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return cursor.fetchall()


class Doors(RuleBasedStateMachine):
    """Cases of both kinds about three records, changed by actions and by SQL."""

    centre: made.Centre
    office: Office
    records: list[Record]
    reached: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.annotated: set[int] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    def attempt(self, work: Callable[[], Any]) -> Any:
        """What the work gives; None when it was refused, and then nothing is changed."""
        before = rows()
        try:
            return work()
        except REFUSALS:
            assert rows() == before
            return None

    @property
    def people(self) -> list[Any]:
        return [self.centre.officer, self.centre.second, self.office.reviewer, self.office.clerk]

    # Doors

    @initialize()
    def begin(self) -> None:
        for place, kind in enumerate(("objection", "objection", "repair")):
            self.file(place, kind)
        for case in Case.objects.all():
            case = actions.accept(user=self.centre.officer, obj=case)
            if case.kind == states.REPAIR:
                case = actions.route(user=self.centre.officer, obj=case, question="请核对")
                actions.consent(user=self.office.reviewer, obj=case, grounds="已改正")

    @rule(place=st.integers(0, 2), kind=st.sampled_from(states.KINDS))
    def file(self, place: int, kind: str) -> None:
        make = {"objection": made.objection, "repair": made.repair}[kind]
        self.attempt(lambda: make(self.centre, self.records[place]))

    @rule(data=st.data(), steps=st.integers(2, 6))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        """Some steps of one case towards its end, by whoever may."""
        case = self.some(data)
        for _ in range(steps):
            if case is None:
                return
            case.refresh_from_db()
            if case.state in states.PAUSABLE and data.draw(st.booleans()):
                self.prepare_correction(case)
                case.refresh_from_db()
            ways = [each for name, each in ACTIONS.items() if name in ONWARDS and case.state in each.states]
            ways = [each for each in ways if each.kind in ("", case.kind) and (case.is_paused or each.name != "resume")]
            if not ways:
                return
            action = data.draw(st.sampled_from(ways))
            user = next((user for user in self.people if action.allowed(user, case)), self.centre.officer)
            self.take_step(case, action, user)

    @rule(data=st.data(), outcome=st.sampled_from(Case.Outcome.values))
    def decide(self, data: st.DataObject, outcome: str) -> None:
        kind = next(kind for kind, outcomes in states.OUTCOMES.items() if outcome in outcomes)
        ripe = list(Case.objects.filter(kind=kind, state__in=(states.ACCEPTED, states.ANSWERED), paused_on=None))
        if not ripe:
            return
        case = data.draw(st.sampled_from(ripe))
        if outcome == "corrected":
            self.prepare_correction(case)
        self.take_step(case, ACTIONS[outcome], self.centre.officer)
        case.refresh_from_db()
        if case.state == states.PROPOSED:
            self.take_step(case, actions.approve, self.centre.second)

    @rule(data=st.data(), name=st.sampled_from(sorted(ACTIONS)), person=st.integers(0, 3))
    def try_anything(self, data: st.DataObject, name: str, person: int) -> None:
        case = self.some(data)
        if case is not None:
            self.take_step(case, ACTIONS[name], self.people[person])

    def take_step(self, case: Case, action: Any, user: Any) -> None:
        inputs: dict[str, Any] = {each: TEXT[each] for each in action.inputs if each in TEXT}
        if action is actions.hand_over:
            inputs["to"] = self.centre.second
        if action in (actions.notify, actions.note_province):
            inputs["told_on" if action is actions.notify else "since"] = timezone.localdate()
        before = Case.objects.select_related("record").get(pk=case.pk)
        done = self.attempt(lambda: action(user=user, obj=case, reason="理由", **inputs))
        if done is not None:
            self.follow(before, done, action)

    def prepare_correction(self, case: Case) -> None:
        amount = f"{next(_numbers)}.5"
        person = self.office.reviewer if case.state == states.ROUTED else self.centre.officer
        self.attempt(lambda: actions.prepare_correction(user=person, obj=case, values={"fine_amount": amount}))

    @rule(place=st.integers(0, 5))
    def withdraw_the_record(self, place: int) -> None:
        if place >= len(self.records):
            return  # else most of the time there would be none to decide about
        record = self.records[place]
        self.attempt(
            lambda: record_actions.withdraw(
                user=self.office.reviewer, obj=record, reason="撤销", kind="revoked", changed_on=record.decided_on
            )
        )

    @rule(data=st.data(), state=st.sampled_from([each.value for each in Case.State]), reopened=st.booleans())
    def change_by_sql(self, data: st.DataObject, state: str, reopened: bool) -> None:
        ended = "NULL" if state in states.OPEN else "now()"
        outcome = "upheld" if state in states.DECIDED else ""
        self.sql(
            data, "UPDATE objections_case SET state = %s, outcome = %s, reopened = %s, paused_on = NULL,"
            f" routed_to_id = department_id, closed_at = {ended} WHERE id = %s", state, outcome, reopened,
        )  # fmt: skip

    @rule(data=st.data(), kind=st.sampled_from(["objection", "repair", "other"]))
    def change_kind_by_sql(self, data: st.DataObject, kind: str) -> None:
        self.sql(data, "UPDATE objections_case SET kind = %s WHERE id = %s", kind)

    @rule(data=st.data(), place=st.integers(0, 2))
    def move_by_sql(self, data: st.DataObject, place: int) -> None:
        self.sql(data, "UPDATE objections_case SET record_id = %s WHERE id = %s", self.records[place].pk)

    @rule(data=st.data())
    def insert_and_delete_by_sql(self, data: st.DataObject) -> None:
        columns = [f'"{field.column}"' for field in Case._meta.concrete_fields if not field.primary_key]
        given = {'"number"': f"'{next(_numbers)}'", '"code"': f"'{next(_numbers)}'", '"state"': "'received'",
                 '"submission"': f"'{uuid.uuid4()}'", '"outcome"': "''", '"closed_at"': "NULL",
                 '"reopened"': "false"}  # fmt: skip
        chosen = ", ".join(given.get(column, column) for column in columns)
        self.sql(
            data,
            f"INSERT INTO objections_case ({', '.join(columns)}) SELECT {chosen} FROM objections_case WHERE id = %s",
        )
        if data.draw(st.booleans()):
            self.sql(
                data,
                "DELETE FROM objections_case AS c WHERE id >= %s"
                " AND NOT EXISTS (SELECT FROM objections_event WHERE case_id = c.id)",
            )

    @rule(data=st.data(), mark=st.booleans())
    def mark_by_sql(self, data: st.DataObject, mark: bool) -> None:
        record = data.draw(st.sampled_from(self.records))
        self.sql(data, "UPDATE records_record SET under_objection = %s WHERE id = %s", mark, key=record.pk)

    # Help

    def some(self, data: st.DataObject) -> Case | None:
        cases = list(Case.objects.order_by("pk"))
        return data.draw(st.sampled_from(cases)) if cases else None

    def sql(self, data: st.DataObject, statement: str, *values: Any, key: int | None = None) -> None:
        case = self.some(data) if key is None else None
        if key is None and case is None:
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [*values, key or case.pk])  # type: ignore[union-attr]
        except IntegrityError:
            pass
        except Error as error:
            raise AssertionError(f"not refused by a constraint: {error}") from error

    def follow(self, before: Case, after: Case, action: Any) -> None:
        """What the end of a case, or its reopening, does to the record."""
        if action is actions.reopen and before.outcome == "unresolved":
            self.annotated.discard(before.record_id)
        if after.state != states.CLOSED or before.state == states.CLOSED:
            return
        self.reached.add(after.outcome)
        old, record = before.record, Record.objects.get(pk=before.record_id)
        shown = old.state == Record.State.PUBLISHED
        expected = {"removed": "withdrawn", "granted": "repaired"}.get(after.outcome) if shown else None
        assert record.state == (expected or old.state)
        if after.outcome == "unresolved":
            self.annotated.add(record.pk)
        elif after.kind == states.OBJECTION:
            self.annotated.discard(record.pk)

    @invariant()
    def a_record_is_marked_while_an_objection_is_open(self) -> None:
        open_ones = Case.objects.filter(kind="objection", state__in=states.OPEN)
        assert set(Record.objects.filter(under_objection=True).values_list("pk", flat=True)) == set(
            open_ones.values_list("record", flat=True)
        )

    @invariant()
    def a_record_is_annotated_after_an_objection_that_was_left_open(self) -> None:
        assert set(Record.objects.exclude(annotation="").values_list("pk", flat=True)) == self.annotated


def test_the_mark_by_all_doors(centre: made.Centre, office: Office) -> None:
    Doors.centre, Doors.office = centre, office
    Doors.records, Doors.reached = [made.published(office) for _ in range(3)], set()
    run_state_machine_as_test(
        Doors,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Doors.reached == set(Case.Outcome.values), "the walk ends cases in every way"


def test_a_record_is_not_marked_by_hand(office: Office) -> None:
    record = made.published(office)
    for values in ({"under_objection": True}, {"annotation": "", "under_objection": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Record.objects.filter(pk=record.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Record(**{**_fields(record), "document_number": "别的", "under_objection": True}).save(force_insert=True)


def _fields(record: Record) -> dict[str, Any]:
    return {each.attname: getattr(record, each.attname) for each in record._meta.concrete_fields if each.name != "id"}


def test_an_unresolved_objection_stays_written_until_it_is_examined_again(centre: made.Centre, office: Office) -> None:
    record = made.published(office)
    case = actions.accept(user=centre.officer, obj=made.objection(centre, record))
    case = actions.decide_unresolved(user=centre.officer, obj=case, grounds="双方各执一词")
    repair = actions.accept(user=centre.officer, obj=made.repair(centre, record))
    repair = actions.route(user=centre.officer, obj=repair, question="请核对")
    repair = actions.dissent(user=office.reviewer, obj=repair, grounds="未改正")
    actions.decide_denied(user=centre.officer, obj=repair, grounds="未改正")
    record.refresh_from_db()
    assert record.annotation
    case = actions.reopen(user=centre.officer, obj=case, reason="新证据")
    record.refresh_from_db()
    assert (record.annotation, record.under_objection) == ("", True)
    actions.retract(user=centre.officer, obj=case, reason="不再主张")
    record.refresh_from_db()
    assert record.marks == []


def test_a_case_that_was_filed_is_never_removed(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, made.published(office))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        # What belongs to it stands in the way, at the end of the transaction at the latest.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DELETE FROM objections_case WHERE id = %s", [case.pk])
