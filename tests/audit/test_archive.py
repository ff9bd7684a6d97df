"""Old months go to files and come back; it does not look like rewritten history, and nothing hides in it."""

import datetime
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from apps.audit import upkeep
from apps.audit.archive import moving
from apps.audit.archive.files import ArchiveError, place
from apps.audit.differences import differences
from apps.audit.models import ArchivedMonth
from apps.audit.seals.sealing import seal_history
from apps.audit.seals.verification import verify
from apps.core.installation import connected
from apps.core.models import CalendarDay
from credit_city import roles
from tests.audit.sealing import TABLE, found, make_days

pytestmark = pytest.mark.django_db(transaction=True)
MAY = datetime.date(2019, 5, 1)
ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ", ".join(
    field.column
    for field in CalendarDay.history.model._meta.concrete_fields
    if field.column not in {"history_id", "history_date"}
)


@pytest.fixture
def owner(owner_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The owner's session; the months of 2019 that a test made are gone after it."""
    yield owner_connection
    with owner_connection.transaction():
        for (name,) in owner_connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relname LIKE %s", [f"{TABLE}_2019%"]
        ).fetchall():
            owner_connection.execute(f"DROP TABLE {name}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "archive").mkdir()
    return tmp_path / "archive"


def old_days(owner: psycopg.Connection, number: int, day: str = "2019-05-20T12:00Z") -> list[int]:
    """History rows of another time, as only the owner can write them; they are about the days of 2001."""
    first = datetime.datetime.fromisoformat(day).strftime("%Y-%m-01T00:00Z")
    owner.execute(f"SELECT history.add_month('{TABLE}', %s)", [first])
    (newest,) = make_days(1)
    rows = owner.execute(
        f"INSERT INTO {TABLE} ({COLUMNS}, history_date) SELECT {COLUMNS}, %s FROM {TABLE}, generate_series(1, %s)"
        " WHERE history_id = %s RETURNING history_id",
        [day, number, newest],
    )
    return [row for (row,) in rows]


@pytest.fixture
def old(owner: psycopg.Connection) -> list[int]:
    """Five rows of May 2019, sealed together with younger ones, and two of them in a seal of their own."""
    first = old_days(owner, 3)
    make_days(2)
    seal_history()
    second = old_days(owner, 2)
    seal_history()
    return first + second


def month(first: datetime.date = MAY) -> moving.Month:
    (table,) = (each for each in moving.archivable() if each.name == TABLE)
    return moving.Month(table, first, f"{TABLE}_{first:%Y_%m}")


def archive(owner: psycopg.Connection, folder: Path, *, drop: bool = False) -> Path:
    moving.archive(owner, month(), folder, drop=drop)
    return place(folder, TABLE, MAY)


def online(owner: psycopg.Connection) -> list[str]:
    """The rows of the table, as texts."""
    owner.execute("SET TimeZone = 'UTC'")
    return [row for (row,) in owner.execute(f"SELECT h::text FROM {TABLE} h ORDER BY history_id")]


def attached(owner: psycopg.Connection) -> bool:
    return owner.execute(
        "SELECT FROM pg_inherits WHERE inhrelid = to_regclass(%s)", [f"history.{TABLE}_2019_05"]
    ).fetchone() is not None  # fmt: skip


def forge(owner: psycopg.Connection, path: Path, change: Any) -> None:
    """Change the lines of a file, and what the record says of it, as only the owner can."""
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(change(lines))))
    owner.execute("UPDATE audit_archivedmonth SET sha256 = %s", [sha256(path.read_bytes()).hexdigest()])


# Out


@pytest.mark.parametrize("drop", [False, True])
def test_rows_in_the_archive_are_no_removed_rows(
    owner: psycopg.Connection, old: list[int], folder: Path, drop: bool
) -> None:
    everything = verify().rows
    archive(owner, folder, drop=drop)
    assert not CalendarDay.history.filter(pk__in=old).exists()
    report = verify()
    assert report.intact
    assert (report.rows, report.archived) == (everything - 5, 5)
    kept = owner.execute("SELECT to_regclass(%s) IS NOT NULL", [f"history.{TABLE}_2019_05"]).fetchone()
    assert kept == (not drop,)


@pytest.mark.parametrize("processes", [1, 2])
def test_the_files_are_compared_with_the_seals(
    owner: psycopg.Connection, old: list[int], folder: Path, processes: int
) -> None:
    everything = verify().rows
    archive(owner, folder, drop=True)
    report = verify(archive=folder, processes=processes)
    assert report.intact
    assert (report.rows, report.archived) == (everything, 0)


def test_what_was_done_is_on_record_and_sealed(owner: psycopg.Connection, old: list[int], folder: Path) -> None:
    path = archive(owner, folder)
    entry = ArchivedMonth.objects.get()
    assert (entry.table_name, entry.month, entry.act, entry.rows) == (TABLE, MAY, "archived", 5)
    assert entry.sha256 == sha256(path.read_bytes()).hexdigest()
    assert entry.by == owner.info.user
    seal_history()
    owner.execute("UPDATE audit_archivedmonth SET rows = 6")
    assert found() == [("changed", entry.pk)]


def test_the_application_records_no_archiving() -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO audit_archivedmonth SELECT * FROM audit_archivedmonth")


def test_what_was_removed_before_stays_removed(owner: psycopg.Connection, old: list[int], folder: Path) -> None:
    owner.execute(f"DELETE FROM {TABLE} WHERE history_id = %s", [old[1]])
    archive(owner, folder)
    assert found() == found(archive=folder) == [("removed", old[1])]


def test_what_is_removed_of_younger_months_is_found(owner: psycopg.Connection, old: list[int], folder: Path) -> None:
    (young,) = owner.execute(f"SELECT max(history_id) FROM {TABLE} WHERE history_date > '2020-01-01'").fetchone() or ()
    archive(owner, folder)
    owner.execute(f"DELETE FROM {TABLE} WHERE history_id = %s", [young])
    assert found() == [("removed", young)]


def test_a_month_that_is_not_as_sealed_stays(owner: psycopg.Connection, old: list[int], folder: Path) -> None:
    owner.execute(f"UPDATE {TABLE} SET name = '改' WHERE history_id = %s", [old[0]])
    with pytest.raises(ArchiveError, match=str(old[0])):
        archive(owner, folder)
    assert attached(owner) and not list(folder.iterdir()) and not ArchivedMonth.objects.exists()


def test_a_month_that_is_not_sealed_yet_stays(owner: psycopg.Connection, old: list[int], folder: Path) -> None:
    old_days(owner, 1)
    with pytest.raises(ArchiveError, match="seal_history"):
        archive(owner, folder)
    assert attached(owner) and not list(folder.iterdir())


def test_who_reads_is_not_pushed_aside(
    owner: psycopg.Connection, owner_settings: dict[str, Any], old: list[int], folder: Path
) -> None:
    with roles.connect(owner_settings) as reader, reader.transaction():
        reader.execute(f"SELECT count(*) FROM {TABLE}")
        with pytest.raises(ArchiveError):
            archive(owner, folder)
    assert attached(owner) and not list(folder.iterdir())


# What is wrong in the archive


def test_a_file_that_is_missing_or_changed_is_named(owner: psycopg.Connection, old: list[int], folder: Path) -> None:
    path = archive(owner, folder)
    path.write_bytes(path.read_bytes() + b"?")
    (finding,) = verify(archive=folder).findings
    assert finding.kind == "archive" and str(path) in finding.reason
    path.unlink()
    (finding,) = verify(archive=folder).findings
    assert finding.kind == "archive" and str(path) in finding.reason


def test_rows_in_a_forged_file_are_named(owner: psycopg.Connection, old: list[int], folder: Path) -> None:
    path = archive(owner, folder)

    def change(lines: list[bytes]) -> list[bytes]:
        changed = lines[0].replace("元旦".encode(), "改".encode())
        added = lines[2].replace(str(old[2]).encode(), b"987654321", 1)
        return [changed, *lines[2:], added]

    forge(owner, path, change)
    assert sorted(found(archive=folder)) == sorted([("changed", old[0]), ("removed", old[1]), ("added", 987654321)])


# Back


@pytest.mark.parametrize("drop", [False, True])
def test_a_month_comes_back_as_it_was(owner: psycopg.Connection, old: list[int], folder: Path, drop: bool) -> None:
    before = online(owner)
    archive(owner, folder, drop=drop)
    assert len(online(owner)) == len(before) - 5
    moving.attach(owner, month().table, MAY, folder)
    assert online(owner) == before
    report = verify(archive=folder)
    assert (report.intact, report.archived) == (True, 0)
    assert differences(owner, connection.settings_dict["USER"]) == []
    assert list(upkeep.differences(owner)) == []
    acts = ArchivedMonth.objects.order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["archived", "attached"]


def test_a_forged_month_does_not_come_back(owner: psycopg.Connection, old: list[int], folder: Path) -> None:
    path = archive(owner, folder, drop=True)
    forge(owner, path, lambda lines: lines[1:])
    with pytest.raises(ArchiveError, match=str(old[0])):
        moving.attach(owner, month().table, MAY, folder)
    assert not attached(owner)


def test_a_month_that_is_not_away_does_not_come_back(owner: psycopg.Connection, folder: Path) -> None:
    with pytest.raises(ArchiveError, match="2019-05"):
        moving.attach(owner, month().table, MAY, folder)


# Proofs


def test_a_proof_reaches_into_the_archive(
    owner: psycopg.Connection, old: list[int], folder: Path, tmp_path: Path, capsys: Any
) -> None:
    (key,) = owner.execute(f"SELECT date FROM {TABLE} WHERE history_id = %s", [old[0]]).fetchone() or ("",)
    archive(owner, folder, drop=True)
    call_command("prove_history", "core.calendarday", str(key), output=tmp_path / "short.json")
    assert "2019-05" in capsys.readouterr().err
    call_command("prove_history", "core.calendarday", str(key), output=tmp_path / "whole.json", archive=folder)
    assert "2019-05" not in capsys.readouterr().err

    def proved(name: str) -> set[int]:
        checked = subprocess.run(
            [sys.executable, ROOT / "tools" / "check_proof.py", tmp_path / name], capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
        return {row["history_id"] for row in json.loads((tmp_path / name).read_text())["rows"]}

    assert proved("whole.json") - proved("short.json") == set(old[:3])


# The command


def run(owner_settings: dict[str, Any], *arguments: str) -> str:
    out = StringIO()
    with connected(owner_settings | {"ROLES": connection.settings_dict["ROLES"]}):
        call_command("archive_months", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_moves_out_and_back(
    owner: psycopg.Connection, owner_settings: dict[str, Any], old: list[int], folder: Path
) -> None:
    before = online(owner)
    told = run(owner_settings, str(folder), "--dry-run")
    assert f"{TABLE} 2019-05" in told and attached(owner)
    assert str(place(folder, TABLE, MAY)) in run(owner_settings, str(folder), "--drop")
    assert not attached(owner)
    assert "2019-05" not in run(owner_settings, str(folder), "--drop")
    assert "2019-05" in run(owner_settings, str(folder), "--attach", "2019-05")
    assert online(owner) == before


def test_what_must_stay_in_the_database_is_not_archived(owner_settings: dict[str, Any], folder: Path) -> None:
    with pytest.raises(CommandError, match="--before"):
        run(owner_settings, str(folder), "--before", f"{datetime.date.today():%Y-%m}")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--table", "records_record"], "records_record"),
        (["--attach", "2019-05"], "archive"),
        (["--before", "2019"], "2019"),
    ],
)
def test_what_cannot_be_meant_is_told(
    owner_settings: dict[str, Any], folder: Path, arguments: list[str], told: str
) -> None:
    with pytest.raises(CommandError, match=told):
        run(owner_settings, str(folder), *arguments)


def test_verify_history_says_what_it_did_not_look_at(owner: psycopg.Connection, old: list[int], folder: Path) -> None:
    archive(owner, folder)
    out = StringIO()
    call_command("verify_history", stdout=out)
    assert "--archive" in out.getvalue()
    out = StringIO()
    call_command("verify_history", archive=folder, json=True, stdout=out)
    assert json.loads(out.getvalue())["archived"] == 0
