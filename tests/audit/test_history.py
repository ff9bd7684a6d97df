"""Whatever door a change comes through, the database writes who, when, why; and nobody can unwrite it."""

import datetime
from typing import Any

import pgtrigger
import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from apps.audit.context import acting, current
from apps.departments.models import Department, LiaisonOfficer
from tests.factories import make_department, make_user

DAY = datetime.date(2026, 1, 5)


def rows(**filters: Any) -> list[tuple[str, str, int | None, str | None, str]]:
    """The history of liaison officers, oldest first: mark, name, who, why, door."""
    return list(
        LiaisonOfficer.history.filter(**filters)
        .order_by("history_id")
        .values_list("history_type", "name", "history_user_id", "history_change_reason", "history_channel")
    )


@pytest.fixture
def department(db: None) -> Department:
    return make_department("market")


def officer(department: Department, name: str = "王") -> LiaisonOfficer:
    return LiaisonOfficer.objects.create(department=department, name=name, since=DAY)


def test_every_way_of_changing_leaves_a_row(department: Department) -> None:
    user = make_user()
    with acting(user_id=user.pk, reason="年度核对", channel="admin", request_id="r-1"):
        one = officer(department)
        one.name = "王一"
        one.save()
        LiaisonOfficer.objects.bulk_create(
            [LiaisonOfficer(department=department, name=name, since=DAY) for name in ("李", "张")]
        )
        many = list(LiaisonOfficer.objects.exclude(pk=one.pk).order_by("pk"))
        for each in many:
            each.name += "改"
        LiaisonOfficer.objects.bulk_update(many, ["name"])
        LiaisonOfficer.objects.filter(pk=one.pk).update(name="王二")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE departments_liaisonofficer SET name = %s WHERE id = %s", ["王三", one.pk])
            cursor.execute(
                "INSERT INTO departments_liaisonofficer (department_id, name, post, phone, email, since)"
                " VALUES (%s, '赵', '', '', '', %s)",
                [department.pk, DAY],
            )
        LiaisonOfficer.objects.all().delete()
    found = rows()
    assert [(mark, name) for mark, name, *_ in found[:9]] == [
        ("+", "王"),
        ("~", "王一"),
        ("+", "李"),
        ("+", "张"),
        ("~", "李改"),
        ("~", "张改"),
        ("~", "王二"),
        ("~", "王三"),
        ("+", "赵"),
    ]
    assert sorted((mark, name) for mark, name, *_ in found[9:]) == sorted(
        [("-", "王三"), ("-", "李改"), ("-", "张改"), ("-", "赵")]
    )
    assert {(who, why, door) for *_, who, why, door in found} == {(user.pk, "年度核对", "admin")}
    assert set(LiaisonOfficer.history.values_list("history_request_id", flat=True)) == {"r-1"}


def test_a_change_that_changes_nothing_writes_nothing(department: Department) -> None:
    one = officer(department)
    one.save()
    LiaisonOfficer.objects.update(name="王")
    assert [mark for mark, *_ in rows()] == ["+"]


def test_fields_kept_out_of_history_write_nothing(department: Department) -> None:
    user = make_user()
    user.set_password("another-long-password")
    user.save()
    history: Any = type(user).history
    assert history.filter(id=user.pk).count() == 1
    assert "password" not in {field.name for field in history.model._meta.get_fields()}


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO departments_historicalliaisonofficer SELECT * FROM departments_historicalliaisonofficer",
        "UPDATE departments_historicalliaisonofficer SET name = 'forged'",
        "DELETE FROM departments_historicalliaisonofficer",
        "TRUNCATE departments_historicalliaisonofficer",
        "ALTER TABLE departments_liaisonofficer DISABLE TRIGGER ALL",
        "SET LOCAL session_replication_role = 'replica'",
    ],
)
def test_the_application_role_can_not_rewrite_history(department: Department, statement: str) -> None:
    officer(department)
    with pytest.raises(ProgrammingError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert isinstance(error.value.__cause__, psycopg.errors.InsufficientPrivilege)
    assert [mark for mark, *_ in rows()] == ["+"]


def test_the_switch_of_the_trigger_library_does_not_switch_history_off(department: Department) -> None:
    names = [trigger.get_pgid(LiaisonOfficer) for trigger in LiaisonOfficer._meta.triggers]  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL pgtrigger.ignore = '{{{','.join(names)}}}'")
        cursor.execute(
            "INSERT INTO departments_liaisonofficer (department_id, name, post, phone, email, since)"
            " VALUES (%s, '王', '', '', '', %s)",
            [department.pk, DAY],
        )
    with pgtrigger.ignore():
        officer(department, "李")
    assert [(mark, name) for mark, name, *_ in rows()] == [("+", "王"), ("+", "李")]


def test_the_inner_context_ends_with_its_block(department: Department) -> None:
    with acting(reason="outer", channel="command"):
        with acting(reason="inner"):
            officer(department, "王")
        officer(department, "李")
    officer(department, "张")
    assert [(name, why, door) for _, name, _, why, door in rows()] == [
        ("王", "inner", "command"),
        ("李", "outer", "command"),
        ("张", None, "system"),
    ]


def test_an_error_inside_does_not_leave_the_context_behind(department: Department) -> None:
    with pytest.raises(ZeroDivisionError), acting(reason="inner"):
        raise ZeroDivisionError
    assert current().reason == ""
    officer(department)
    assert rows()[0][3] is None


@pytest.mark.django_db(transaction=True)
def test_the_context_does_not_leak_into_the_next_transaction() -> None:
    department = make_department("market")
    with acting(user_id=4711, reason="first", channel="admin"), transaction.atomic():
        officer(department, "王")
    with pytest.raises(ZeroDivisionError), acting(user_id=4712, reason="second"), transaction.atomic():
        officer(department, "gone")
        raise ZeroDivisionError
    officer(department, "李")  # autocommit: a transaction of its own
    with transaction.atomic():
        officer(department, "张")
    assert [(name, who, why) for _, name, who, why, _ in rows()] == [
        ("王", 4711, "first"),
        ("李", None, None),
        ("张", None, None),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_database_session_is_named(owner_connection: psycopg.Connection) -> None:
    one = officer(make_department("market"))
    owner_connection.execute("UPDATE departments_liaisonofficer SET name = '暗改' WHERE id = %s", [one.pk])
    last = LiaisonOfficer.history.latest("history_id")
    assert (last.name, last.history_channel, last.history_user_id) == ("暗改", "sql", None)
    assert last.history_database_user == owner_connection.info.user
