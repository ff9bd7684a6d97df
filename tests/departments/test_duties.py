"""An administrator writes what the pages of the own role change; the database refuses everything else."""

import datetime
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

from apps.audit.context import acting
from apps.audit.row_security import Open, RowSecurity, security_of
from apps.core.models import CalendarDay
from apps.departments import duties
from apps.departments.models import Department, DepartmentGroupObjectPermission, LiaisonOfficer, Membership, User
from apps.departments.scope import acting_as
from apps.departments.terms import ADMINISTRATORS, Role
from tests.factories import make_department, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrators(root: Department) -> dict[str, User]:
    return {role: make_user(role, department=root, role=role) for role in ADMINISTRATORS}


def tracked(security: type) -> list[Any]:
    return [
        each
        for each in apps.get_models()
        if hasattr(each._meta, "simple_history_manager_attribute") and isinstance(security_of(each), security)
    ]


def may(user: User, statement: str) -> bool:
    """Whether the database lets this person begin such a statement; none of them touches a row."""
    try:
        with transaction.atomic(), acting(user_id=user.pk), connection.cursor() as cursor:
            cursor.execute(statement)
    except ProgrammingError as error:
        assert isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege), error
        return False
    return True


def test_every_table_with_a_history_is_locked_in_one_of_two_ways(administrators: dict[str, User]) -> None:
    models = [each for each in apps.get_models() if hasattr(each._meta, "simple_history_manager_attribute")]
    assert set(tracked(Open)) | set(tracked(RowSecurity)) == set(models)
    # Behind row security nothing is open to them, neither rows of departments nor the data of persons.
    for user in administrators.values():
        with acting_as(user) as context:
            assert (context.readable, context.writable, context.clearance) == (frozenset(), frozenset(), "")


@pytest.mark.parametrize("model", tracked(Open), ids=lambda model: model._meta.label_lower)
def test_every_open_table_with_a_history_knows_who_writes_it(model: Any, administrators: dict[str, User]) -> None:
    table, key = model._meta.db_table, model._meta.pk.column
    for role, user in administrators.items():
        verbs = {
            "add": f"INSERT INTO {table} ({key}) SELECT {key} FROM {table} WHERE false",
            "delete": f"DELETE FROM {table} WHERE false",
        }
        if model is not User:
            verbs["change"] = f"UPDATE {table} SET {key} = {key} WHERE false"
        for verb, statement in verbs.items():
            page = user.has_perm(f"{model._meta.app_label}.{verb}_{model._meta.model_name}")
            assert may(user, statement) == page, (role, verb)
            assert not (page and role == Role.AUDIT_ADMINISTRATOR)


def test_others_are_not_concerned(root: Department) -> None:
    market = make_department("market", parent=root)
    clerk = make_user(department=market, role="clerk")
    with acting(user_id=clerk.pk):
        LiaisonOfficer.objects.create(department=market, name="王", since=datetime.date(2026, 1, 5))


def test_an_auditor_changes_nothing_by_any_door(administrators: dict[str, User], root: Department) -> None:
    auditor = administrators[Role.AUDIT_ADMINISTRATOR]
    day = CalendarDay.objects.create(date=datetime.date(2031, 1, 1), is_working=False, source="x")
    changes = [
        lambda: CalendarDay.objects.update(name="x"),
        lambda: day.delete(),
        lambda: day.save(),
        lambda: CalendarDay.objects.bulk_create([CalendarDay(date=datetime.date(2031, 1, 2), is_working=True)]),
        lambda: Membership.objects.all().delete(),
        lambda: DepartmentGroupObjectPermission.objects.all().delete(),
        lambda: User.objects.exclude(pk=auditor.pk).update(name="x"),
        lambda: User.objects.filter(pk=auditor.pk).update(name="x"),
    ]
    for change in changes:
        refused = pytest.raises(ProgrammingError, match="audit-administrator may not")
        with refused, transaction.atomic(), acting(user_id=auditor.pk):
            change()


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
def test_everybody_keeps_the_own_password_and_language(role: str, administrators: dict[str, User]) -> None:
    user = administrators[role]
    with acting(user_id=user.pk):
        user.set_password("a-brand-new-password")
        user.save()
        User.objects.filter(pk=user.pk).update(language="en", last_login=datetime.datetime.now(datetime.UTC))
    assert User.objects.get(pk=user.pk).check_password("a-brand-new-password")


def test_a_table_whose_guard_was_removed_or_switched_off_is_found(
    transactional_db: None, owner_connection: psycopg.Connection
) -> None:
    assert duties.check_duties(["default"]) == []
    owner_connection.execute("DROP TRIGGER check_duty ON core_rule")
    owner_connection.execute("ALTER TABLE core_calendarday DISABLE TRIGGER check_duty")
    try:
        found = duties.check_duties(["default"])
        assert {error.obj._meta.db_table for error in found} == {"core_rule", "core_calendarday"}
    finally:
        owner_connection.execute("ALTER TABLE core_calendarday ENABLE TRIGGER check_duty")
        owner_connection.execute(
            "CREATE TRIGGER check_duty BEFORE INSERT OR UPDATE OR DELETE ON core_rule FOR EACH STATEMENT"
            " WHEN (nullif(current_setting('app.user_id', true), '') IS NOT NULL)"
            " EXECUTE FUNCTION departments_check_duty('core', 'rule')"
        )
    assert duties.check_duties(["default"]) == []
