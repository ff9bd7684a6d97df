"""The table of the access log: kept in months, changed and emptied by nobody."""

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from apps.audit.context import acting, every_department

pytestmark = pytest.mark.django_db


def test_it_is_kept_in_months() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind::text FROM pg_class WHERE oid = 'audit_accessentry'::regclass")
        assert cursor.fetchone() == ("p",)


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
