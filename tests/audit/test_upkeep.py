"""Tables that grow are vacuumed, analysed and sampled as declared; a check tells where they are not."""

import datetime
from collections.abc import Iterator

import psycopg
import pytest
from django.core import checks
from django.db import connection

from apps.audit import tasks, upkeep
from apps.audit.installation import install
from apps.audit.models import AccessEntry
from apps.records.models import Record

RECORDS = Record._meta.db_table
MONTHS = AccessEntry._meta.db_table


@pytest.fixture
def owner(owner_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The owner's session; nothing of what it does stays."""
    with owner_connection.transaction(force_rollback=True):
        owner_connection.execute("SET LOCAL lock_timeout = '10s'")
        yield owner_connection


FAULTS = {
    "a table left to the defaults": (
        f"ALTER TABLE {RECORDS} RESET (autovacuum_analyze_scale_factor)",
        f"public.{RECORDS}: autovacuum_analyze_scale_factor is not set, declared: 0.01",
    ),
    "a table that is not vacuumed": (
        f"ALTER TABLE {RECORDS} SET (autovacuum_enabled = false)",
        f"public.{RECORDS}: autovacuum_enabled is false, declared: not set",
    ),
    "a month with settings of its own": (
        f"ALTER TABLE history.{MONTHS}_default SET (autovacuum_freeze_min_age = 7)",
        f"history.{MONTHS}_default: autovacuum_freeze_min_age is 7, declared: 0",
    ),
    "the queue of a library": (
        "ALTER TABLE procrastinate_jobs RESET (autovacuum_vacuum_scale_factor)",
        "public.procrastinate_jobs: autovacuum_vacuum_scale_factor is not set, declared: 0.02",
    ),
    "a column sampled as any other": (
        f"ALTER TABLE {RECORDS} ALTER subject_id SET STATISTICS -1",
        f"{RECORDS}: the statistics target of subject_id is -1, declared: 500",
    ),
    "a column sampled for nothing": (
        f"ALTER TABLE {RECORDS} ALTER document_name SET STATISTICS 9",
        f"{RECORDS}: the statistics target of document_name is 9, declared: -1",
    ),
    "columns not sampled together": (
        f"DROP STATISTICS {RECORDS}_together",
        f"{RECORDS}: the statistics {RECORDS}_together are not those of department_id, item_id, state",
    ),
    "other columns sampled together": (
        f"DROP STATISTICS {RECORDS}_together;"
        f" CREATE STATISTICS {RECORDS}_together (mcv) ON department_id, state FROM {RECORDS}",
        f"{RECORDS}: the statistics {RECORDS}_together are not those of department_id, item_id, state",
    ),
}


def test_a_new_database_is_as_declared(db: None) -> None:
    connection.ensure_connection()
    assert list(upkeep.differences(connection.connection)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_otherwise_is_named_and_mended_by_the_next_installation(owner: psycopg.Connection, fault: str) -> None:
    statement, told = FAULTS[fault]
    owner.execute(statement)
    assert list(upkeep.differences(owner)) == [told]
    install(owner)
    assert list(upkeep.differences(owner)) == []


def test_a_new_month_is_tended_as_the_others(owner: psycopg.Connection) -> None:
    owner.execute(f"SELECT history.add_month('{MONTHS}', '2019-05-01T00:00Z')")
    (options,) = owner.execute(
        f"SELECT reloptions FROM pg_class WHERE oid = 'history.{MONTHS}_2019_05'::regclass"
    ).fetchone() or ([],)
    assert "autovacuum_freeze_min_age=0" in options
    assert list(upkeep.differences(owner)) == []


@pytest.mark.django_db(transaction=True)
def test_the_system_check_warns(owner_connection: psycopg.Connection) -> None:
    def warnings() -> list[str]:
        return [each.msg for each in checks.run_checks(databases=["default"]) if each.id == "audit.W001"]

    assert warnings() == []
    statement, told = FAULTS["a table left to the defaults"]
    try:
        owner_connection.execute(statement)
        assert warnings() == [told]
    finally:
        upkeep.install(owner_connection)


@pytest.mark.django_db(transaction=True)
def test_a_new_month_brings_statistics_of_the_whole(owner_connection: psycopg.Connection) -> None:
    def analysed() -> datetime.datetime | None:
        (moment,) = owner_connection.execute(
            "SELECT last_analyze FROM pg_stat_all_tables WHERE relid = %s::regclass", [MONTHS]
        ).fetchone() or (None,)
        return moment

    before = analysed()
    tasks.make_months(timestamp=0)
    assert analysed() == before
    (last,) = owner_connection.execute(
        "SELECT max(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = %s::regclass"
        " AND inhrelid::regclass::text !~ 'default'",
        [MONTHS],
    ).fetchone() or ("",)
    owner_connection.execute(f"DROP TABLE {last}")
    tasks.make_months(timestamp=0)
    assert analysed() != before
