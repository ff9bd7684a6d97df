"""The table of the access log: kept in months, added to in the own name, seen and changed by nobody."""

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from apps.audit.context import acting, every_department
from apps.audit.entries import AccessEntry
from tests.audit.reading import entries

pytestmark = [pytest.mark.django_db, pytest.mark.no_context]


def add(reader_id: int | None) -> None:
    """As the writer does: without asking for anything back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_accessentry (at, reader_id, how, channel, request_id, model, objects_shown, subjects,"
            " purpose, matter) VALUES (%s, %s, 'view', 'admin', '', 'records.record', '{}', '{5}', '', '')",
            [timezone.now(), reader_id],
        )


def test_it_is_kept_in_months() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind::text FROM pg_class WHERE oid = 'audit_accessentry'::regclass")
        assert cursor.fetchone() == ("p",)


def test_the_application_adds_in_the_name_of_who_reads() -> None:
    with acting(user_id=7):
        add(7)
        with pytest.raises(ProgrammingError, match="row-level security"):
            add(8)
    assert [entry.reader_id for entry in entries()] == [7]


def test_it_sees_none_of_them() -> None:
    with acting(user_id=7):
        add(7)
        assert not AccessEntry.objects.exists()
    with every_department():
        assert AccessEntry.objects.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_accessentry SET subjects = '{}'",
        "DELETE FROM audit_accessentry",
        "TRUNCATE audit_accessentry",
        "SELECT * FROM history.audit_accessentry_default",
    ],
)
def test_it_cannot_change_empty_or_go_round_it(statement: str) -> None:
    for context in (acting(user_id=7), every_department()):
        refused = pytest.raises(ProgrammingError, match="permission denied")
        with context, refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_the_owner_does_not_empty_it_either(owner_connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match="audit_accessentry"):
        owner_connection.execute("TRUNCATE audit_accessentry")
