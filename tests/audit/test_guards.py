"""What a history trigger cannot see is refused, for the owner of the tables too."""

from collections.abc import Iterator

import psycopg
import pytest
from django.apps import apps

from apps.audit.declarations import declaring
from apps.audit.history import history_tables, is_tracked
from apps.departments.models import LiaisonOfficer
from tests.factories import make_department

KEPT = {
    *(model for model in apps.get_models() if is_tracked(model)),
    *declaring("partitioned_by"),
    *declaring("add_only"),
}


@pytest.fixture
def owner(owner_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    with owner_connection.transaction(force_rollback=True):
        owner_connection.execute("SET LOCAL lock_timeout = '10s'")
        yield owner_connection


@pytest.mark.parametrize("table", sorted(model._meta.db_table for model in KEPT))
def test_no_table_is_emptied_without_trace(owner: psycopg.Connection, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="TRUNCATE"), owner.transaction():
        owner.execute(f"TRUNCATE {table} CASCADE")


def test_no_partition_is_emptied(owner: psycopg.Connection) -> None:
    parts = owner.execute("SELECT oid::regclass::text FROM pg_class WHERE relispartition AND relkind = 'r'").fetchall()
    assert len(parts) >= 5 * len(history_tables())
    for (part,) in parts:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="TRUNCATE"), owner.transaction():
            owner.execute(f"TRUNCATE {part}")


@pytest.mark.django_db(transaction=True)
def test_a_row_keeps_its_key(owner_connection: psycopg.Connection) -> None:
    """Under another key a row would look like one that has no past."""
    one = LiaisonOfficer.objects.create(department=make_department("market"), name="王", since="2026-01-05")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="primary key"):
        owner_connection.execute("UPDATE departments_liaisonofficer SET id = id + 1000, name = '李'")
    owner_connection.execute("UPDATE departments_liaisonofficer SET id = id, name = '张'")
    assert [row.name for row in one.history.order_by("history_id")] == ["王", "张"]
