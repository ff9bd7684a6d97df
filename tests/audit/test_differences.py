"""A database in which somebody switched history off, or that does not fit the models, is found by a check."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core import checks
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from apps.audit.differences import differences
from apps.audit.installation import install
from apps.departments.models import LiaisonOfficer

TABLE = "departments_liaisonofficer"
HISTORY = "departments_historicalliaisonofficer"
MONTH = f"{timezone.now():%Y_%m}"


@pytest.fixture
def owner(owner_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The owner's session; nothing of what it does stays."""
    with owner_connection.transaction(force_rollback=True):
        owner_connection.execute("SET LOCAL lock_timeout = '10s'")
        yield owner_connection


def trigger(name: str) -> str:
    """The name of a declared trigger in the database."""
    (found,) = [each for each in LiaisonOfficer._meta.triggers if each.name == name]  # type: ignore[attr-defined]
    return str(found.get_pgid(LiaisonOfficer))


def found(database: psycopg.Connection) -> list[str]:
    return differences(database, connection.settings_dict["USER"])


def body(name: str, text: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name} AS $$ BEGIN {text} END $$ LANGUAGE plpgsql"


UPDATE = trigger("history_update")
FAULTS = {
    "a declared trigger dropped": (
        f"DROP TRIGGER {UPDATE} ON {TABLE}",
        [f"{TABLE}: the trigger {UPDATE} is missing"],
    ),
    "its function dropped": (
        f"DROP FUNCTION {UPDATE}() CASCADE",
        [f"{TABLE}: the trigger {UPDATE} is missing"],
    ),
    "a declared trigger off": (
        f"ALTER TABLE {TABLE} DISABLE TRIGGER {UPDATE}",
        [f"{TABLE}: the trigger {UPDATE} is switched off"],
    ),
    "its function emptied": (
        body(f"{UPDATE}() RETURNS trigger", "RETURN NULL;") + " SECURITY DEFINER",
        [f"{TABLE}: the trigger {UPDATE} is not the declared one"],
    ),
    "its rights taken": (
        f"ALTER FUNCTION {UPDATE}() SECURITY INVOKER",
        [f"{TABLE}: the trigger {UPDATE} is not the declared one"],
    ),
    "a condition that never holds": (
        "DROP TRIGGER pgtrigger_reason_withdraw_f065a ON records_record;"
        " CREATE TRIGGER pgtrigger_reason_withdraw_f065a AFTER UPDATE ON records_record FOR EACH ROW"
        " WHEN (false) EXECUTE FUNCTION pgtrigger_reason_withdraw_f065a()",
        ["records_record: the trigger pgtrigger_reason_withdraw_f065a is not the declared one"],
    ),
    "a guard dropped": (
        f"DROP TRIGGER refuse_truncate ON {TABLE}",
        [f"{TABLE}: the trigger refuse_truncate is missing"],
    ),
    "the guard of a history table off": (
        f"ALTER TABLE ONLY {HISTORY} DISABLE TRIGGER refuse_truncate",
        [f"{HISTORY}: the trigger refuse_truncate is switched off"],
    ),
    "the guard of a partition off": (
        f"ALTER TABLE history.{HISTORY}_{MONTH} DISABLE TRIGGER refuse_truncate",
        [
            f"{HISTORY}: the trigger refuse_truncate of the partition {HISTORY}_{MONTH} is missing or switched off",
        ],
    ),
    "the function of the guards emptied": (
        body("refuse_new_key() RETURNS trigger SET search_path = pg_catalog, pg_temp", "RETURN NULL;"),
        ["The function public.refuse_new_key is not the declared one"],
    ),
    "a partition opened": (
        f"GRANT SELECT ON history.{HISTORY}_default TO PUBLIC",
        [f"{HISTORY}: others than the owner may reach the partition {HISTORY}_default"],
    ),
    "this month gone": (
        f"DROP TABLE history.{HISTORY}_{MONTH}",
        [f"{HISTORY}: the partition of {MONTH.replace('_', '-')} is missing"],
    ),
    "history writable": (
        "DO $$ BEGIN EXECUTE format('GRANT DELETE ON {} TO %I', '{}'); END $$",
        [HISTORY + ": the role {} may write history"],
    ),
}


def test_a_sound_database_has_none(db: None) -> None:
    connection.ensure_connection()
    assert found(connection.connection) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named(owner: psycopg.Connection, fault: str) -> None:
    statement, expected = FAULTS[fault]
    app = connection.settings_dict["USER"]
    owner.execute(statement.replace("{}", HISTORY, 1).replace("{}", app) if "{}" in statement else statement)
    assert found(owner) == [line.replace("{}", app) for line in expected]


@pytest.mark.parametrize(
    "fault",
    ["a guard dropped", "the guard of a partition off", "the function of the guards emptied", "this month gone"],
)
def test_the_next_installation_mends_it(owner: psycopg.Connection, fault: str) -> None:
    owner.execute(FAULTS[fault][0])
    install(owner)
    assert found(owner) == []


def forget_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the database had been made for a model with one field more."""
    history: Any = LiaisonOfficer.history.model
    monkeypatch.setattr(history, "tracked_fields", [each for each in history.tracked_fields if each.name != "post"])


def test_a_field_without_its_triggers_is_found(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forget_a_field(monkeypatch)
    connection.ensure_connection()
    names = {trigger(f"history_{operation}") for operation in ("insert", "update", "delete")}
    assert found(connection.connection) == sorted(
        f"{TABLE}: the trigger {name} is not the declared one" for name in names
    )
    with pytest.raises(SystemExit):
        call_command("makemigrations", check=True, dry_run=True)
    assert "history_update" in capsys.readouterr().out


def test_the_system_check_asks_the_database(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def errors() -> list[str]:
        return [str(each.id) for each in checks.run_checks(databases=["default"]) if each.id == "audit.E003"]

    assert errors() == []
    forget_a_field(monkeypatch)
    assert errors() == ["audit.E003"] * 3
