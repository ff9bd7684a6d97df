"""History lies in monthly partitions that nobody but the owner can reach; the months ahead are made in time."""

import datetime
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, models, transaction
from django.utils import timezone
from psycopg import sql

from apps.audit.context import acting
from apps.audit.history import history_tables
from apps.audit.partitions import PartitionError, make_months_ahead, partition
from apps.departments.models import Department, LiaisonOfficer
from tests.audit.sealing import leaves
from tests.factories import make_department

DAY = datetime.date(2026, 1, 5)
HISTORY = "departments_historicalliaisonofficer"


def month(ahead: int = 0) -> str:
    """The month so many months from now, as the names of partitions have it."""
    now = timezone.now()
    count = now.year * 12 + now.month - 1 + ahead
    return f"{count // 12}_{count % 12 + 1:02}"


def partitions(database: psycopg.Connection, table: str = HISTORY) -> list[str]:
    rows = database.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1", [table]
    )
    return [name for (name,) in rows]


def texts(database: psycopg.Connection, table: str = HISTORY) -> list[str]:
    """The rows of a table, each as one text."""
    return [row for (row,) in database.execute(f"SELECT t::text FROM {table} t ORDER BY history_id")]


@pytest.fixture
def owner(owner_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The owner's session; nothing of what it does stays."""
    with owner_connection.transaction(force_rollback=True):
        yield owner_connection


@pytest.fixture
def department(db: None) -> Department:
    return make_department("market")


def earlier(owner: psycopg.Connection, name: str, when: str) -> None:
    """A history row of another time, as only the owner can write it."""
    owner.execute(
        f"INSERT INTO {HISTORY} (id, name, post, phone, email, since, history_date, history_type, history_channel,"
        " history_request_id, history_database_user) VALUES (7, %s, '', '', '', %s, %s, '~', 'sql', '', 'x')",
        [name, DAY, when],
    )


def test_every_history_table_has_this_month_and_three_more(owner: psycopg.Connection) -> None:
    for table in history_tables():
        found = partitions(owner, table)
        assert {f"history.{table}_default"} | {f"history.{table}_{month(ahead)}" for ahead in range(4)} <= set(found)


def test_a_change_lies_in_its_month(department: Department) -> None:
    LiaisonOfficer.objects.create(department=department, name="王", since=DAY)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {HISTORY}")
        assert cursor.fetchall() == [(f"history.{HISTORY}_{month()}",)]


@pytest.mark.parametrize("statement", ["SELECT FROM {}", "DELETE FROM {}", "INSERT INTO {} SELECT", "TRUNCATE {}"])
@pytest.mark.parametrize("part", [month(), "default"])
@pytest.mark.django_db
def test_the_application_role_does_not_reach_a_partition(statement: str, part: str) -> None:
    with pytest.raises(ProgrammingError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(f"history.{HISTORY}_{part}"))
    assert isinstance(error.value.__cause__, psycopg.errors.InsufficientPrivilege)


@pytest.mark.django_db
def test_the_application_role_does_not_move_the_numbers_of_history() -> None:
    with pytest.raises(ProgrammingError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'history_id'), 1)", [HISTORY])
    assert isinstance(error.value.__cause__, psycopg.errors.InsufficientPrivilege)


@pytest.mark.django_db(transaction=True)
def test_the_months_ahead_are_made_by_the_application(owner_connection: psycopg.Connection) -> None:
    lost = f"history.{HISTORY}_{month(3)}"
    owner_connection.execute(f"DROP TABLE {lost}")
    try:
        call_command("make_months", verbosity=0)
        assert lost in partitions(owner_connection)
        assert make_months_ahead() == 0
    finally:
        owner_connection.execute("SELECT make_months_ahead()")


def test_rows_of_a_month_without_partition_move_when_it_is_made(owner: psycopg.Connection) -> None:
    owner.execute("SET LOCAL TimeZone = 'UTC'")
    earlier(owner, "王", "2019-05-31T23:59:59Z")
    earlier(owner, "李", "2019-06-01T00:00:00Z")
    before = texts(owner)
    assert before == texts(owner, f"history.{HISTORY}_default")
    owner.execute("SET LOCAL TimeZone = 'Asia/Shanghai'")
    assert owner.execute(f"SELECT history.add_month('{HISTORY}', '2019-05-01T00:00Z')").fetchone() == (True,)
    assert owner.execute(f"SELECT history.add_month('{HISTORY}', '2019-05-01T00:00Z')").fetchone() == (False,)
    owner.execute("SET LOCAL TimeZone = 'UTC'")
    assert texts(owner) == before
    assert texts(owner, f"history.{HISTORY}_2019_05") == before[:1]
    assert texts(owner, f"history.{HISTORY}_default") == before[1:]


class TestPlainTable:
    """A database of an older release, or a model that is new, has one plain table."""

    @pytest.fixture
    def plain(self, owner: psycopg.Connection) -> list[str]:
        """The history as one table again, as Django made it; its rows as texts."""
        owner.execute(f"CREATE TABLE plain (LIKE {HISTORY} INCLUDING CONSTRAINTS)")
        owner.execute(f"DROP TABLE {HISTORY}")
        owner.execute(f"ALTER TABLE plain RENAME TO {HISTORY}")
        owner.execute(
            f"ALTER TABLE {HISTORY} ADD PRIMARY KEY (history_id),"
            " ALTER history_id ADD GENERATED BY DEFAULT AS IDENTITY (START 40)"
        )
        owner.execute(f"CREATE INDEX officer_key ON {HISTORY} (id)")
        owner.execute("SET LOCAL TimeZone = 'UTC'")
        for name, when in (("王", "2024-02-29T12:00:00.123456Z"), ("李", "2024-03-01T00:00:00Z"), ("张", "now")):
            earlier(owner, name, when)
        return texts(owner)

    def test_its_rows_go_to_their_months_unchanged(self, owner: psycopg.Connection, plain: list[str]) -> None:
        sealed_as = leaves(owner, HISTORY)
        assert partition(owner, LiaisonOfficer.history.model)
        assert texts(owner) == plain and len(plain) == 3
        assert leaves(owner, HISTORY) == sealed_as
        months = [texts(owner, f"history.{HISTORY}_{name}") for name in ("2024_02", "2024_03", month(), "default")]
        assert months == [[row] for row in plain] + [[]]

    def test_it_goes_on_counting_and_keeps_its_indexes_and_triggers(
        self, owner: psycopg.Connection, plain: list[str]
    ) -> None:
        owner.execute(f"CREATE TRIGGER stays BEFORE DELETE ON {HISTORY} FOR EACH ROW EXECUTE FUNCTION refuse_new_key()")
        partition(owner, LiaisonOfficer.history.model)
        earlier(owner, "赵", "now")
        assert owner.execute(f"SELECT max(history_id) FROM {HISTORY}").fetchone() == (43,)
        assert owner.execute(f"SELECT pg_get_serial_sequence('{HISTORY}', 'history_id')").fetchone() == (
            f"public.{HISTORY}_history_id_seq",
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege), owner.transaction():
            owner.execute(f"DELETE FROM {HISTORY}")
        definitions = owner.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s ORDER BY 1", [HISTORY])
        assert [text.partition(" USING ")[2] for (text,) in definitions] == [
            "btree (id)",
            "btree (history_id, history_date)",
        ]

    def test_it_opens_to_nobody_by_itself(self, owner: psycopg.Connection, plain: list[str]) -> None:
        owner.execute(f"ALTER TABLE {HISTORY} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        partition(owner, LiaisonOfficer.history.model)
        assert owner.execute(
            "SELECT relrowsecurity, relforcerowsecurity, (SELECT count(*) FROM aclexplode(relacl) a"
            " WHERE a.grantee <> relowner) FROM pg_class WHERE oid = %s::regclass",
            [HISTORY],
        ).fetchone() == (True, True, 0)

    def test_doing_it_again_does_nothing(self, owner: psycopg.Connection, plain: list[str]) -> None:
        assert partition(owner, LiaisonOfficer.history.model)
        assert not partition(owner, LiaisonOfficer.history.model)

    def test_a_unique_index_is_named(self, owner: psycopg.Connection, plain: list[str]) -> None:
        owner.execute(f"CREATE UNIQUE INDEX one_name ON {HISTORY} (name)")
        with pytest.raises(PartitionError, match="one_name"):
            partition(owner, LiaisonOfficer.history.model)
        assert texts(owner) == plain


def test_no_table_has_a_name_too_long_for_its_partitions(owner: psycopg.Connection) -> None:
    class Endless(models.Model):
        partitioned_by = "at"

        class Meta:
            app_label = "audit"
            managed = False
            db_table = "x" * 56

    try:
        with pytest.raises(PartitionError, match="too long"):
            partition(owner, Endless)
    finally:
        Endless._meta.apps.all_models["audit"].pop("endless")


def test_a_later_migration_changes_all_partitions(owner_settings: dict[str, Any], db: None) -> None:
    session = connection.copy()
    session.settings_dict = {**connection.settings_dict, **owner_settings}
    history_model = LiaisonOfficer.history.model
    field = models.CharField(max_length=10, default="办")
    field.set_attributes_from_name("office")
    try:
        # As `migrate` does it: as the owner, and for no department.
        with acting(everywhere=False):
            session.set_autocommit(False)
        with session.schema_editor(atomic=False) as editor:
            editor.add_field(history_model, field)
        with session.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_attribute WHERE attname = 'office' AND attrelid IN"
                " (SELECT inhrelid FROM pg_inherits WHERE inhparent = %s::regclass)",
                [HISTORY],
            )
            (changed,) = cursor.fetchone()
            cursor.execute(sql.SQL("SELECT count(*) FROM pg_inherits WHERE inhparent = {}::regclass").format(HISTORY))
            assert cursor.fetchone() == (changed,)
    finally:
        session.rollback()
        session.close()
