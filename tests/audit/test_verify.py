"""Whoever changes what was sealed is found out: the row, the seal or the published list is named."""

import dataclasses
import datetime
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from apps.audit import tasks
from apps.audit.models import Seal, SealChunk, Verification
from apps.audit.seals import sealing
from apps.audit.seals.publication import publish
from apps.audit.seals.sealing import seal_history
from apps.audit.seals.tables import sealed_tables
from apps.audit.seals.verification import verify
from apps.core.models import CalendarDay
from tests.audit.sealing import TABLE, found, leaves, make_days

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rows() -> list[int]:
    """Four rows in the first seal, two in the second."""
    first = make_days(4)
    seal_history()
    second = make_days(2)
    seal_history()
    return first + second


@pytest.fixture
def sealed_list(settings: Any) -> Path:
    return settings.SEALS_FILE


def copy_row(owner: psycopg.Connection, row: int, as_row: int) -> None:
    """Write a history row by hand: a copy of ``row`` with another id."""
    columns = [
        field.column for field in CalendarDay.history.model._meta.concrete_fields if field.column != "history_id"
    ]
    names = ", ".join(columns)
    owner.execute(
        f"INSERT INTO {TABLE} (history_id, {names}) SELECT %s, {names} FROM {TABLE} WHERE history_id = %s",
        [as_row, row],
    )


# Nothing wrong


def test_what_was_sealed_is_compared_and_what_is_younger_counted(rows: list[int]) -> None:
    make_days(3)
    report = verify()
    assert report.intact
    assert (report.first_seal, report.last_seal, report.rows, report.unsealed) == (1, 2, 6, 3)


def test_a_database_without_seals_is_intact() -> None:
    make_days()
    report = verify()
    assert (report.intact, report.last_seal, report.rows, report.unsealed) == (True, 0, 0, 1)


def test_the_texts_do_not_depend_on_the_session(rows: list[int], owner_connection: psycopg.Connection) -> None:
    with owner_connection.transaction():
        for setting, value in (
            ("TimeZone", "America/New_York"),
            ("DateStyle", "German"),
            ("IntervalStyle", "sql_standard"),
            ("bytea_output", "escape"),
            ("extra_float_digits", "-10"),
        ):
            owner_connection.execute(f"SET LOCAL {setting} = '{value}'")
        sealed = SealChunk.objects.order_by("seal_id").values_list("hashes", flat=True)
        assert leaves(owner_connection) == [bytes(each) for hashes in sealed for each in hashes]


def test_a_column_of_a_later_release_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, owner_connection: psycopg.Connection
) -> None:
    older = [
        dataclasses.replace(table, columns=[column for column in table.columns if column != "source"])
        for table in sealed_tables()
    ]
    (row,) = make_days()
    with monkeypatch.context() as release:
        release.setattr(sealing, "sealed_tables", lambda: older)
        seal_history()
    (younger,) = make_days()
    seal_history()
    owner_connection.execute(f"UPDATE {TABLE} SET source = '后来' WHERE history_id = %s", [row])
    assert found() == []
    owner_connection.execute(f"UPDATE {TABLE} SET source = '后来' WHERE history_id = %s", [younger])
    assert found() == [("changed", younger)]


# Rows


@pytest.mark.parametrize("processes", [1, 2])
def test_a_changed_row_is_named(rows: list[int], owner_connection: psycopg.Connection, processes: int) -> None:
    owner_connection.execute(f"UPDATE {TABLE} SET name = '元旧' WHERE history_id = %s", [rows[1]])
    (finding,) = verify(processes=processes).findings
    day = CalendarDay.history.get(pk=rows[1]).date
    first = Seal.objects.get(number=1)
    assert finding.as_json() == {
        "kind": "changed",
        "table": TABLE,
        "model": "core.calendarday",
        "history_id": rows[1],
        "object": str(day),
        "seal": 1,
        "sealed_at": first.sealed_at.isoformat(),
    }


def test_no_column_can_be_changed(rows: list[int], owner_connection: psycopg.Connection) -> None:
    other = {
        "date": "date + 7",
        "updated": "updated + interval '1 microsecond'",
        "history_date": "history_date + interval '1 microsecond'",
        "is_working": "NOT is_working",
        "history_user_id": "4711",
    }
    columns = {field.column for field in CalendarDay.history.model._meta.concrete_fields} - {"history_id"}
    for row, column in zip(make_days(len(columns)), columns, strict=True):
        seal_history()
        changed = other.get(column, "'?'")
        owner_connection.execute(f"UPDATE {TABLE} SET {column} = {changed} WHERE history_id = %s", [row])
        assert found()[-1] == ("changed", row), column


@pytest.mark.parametrize("which", [0, 3, 5])
def test_a_removed_row_is_named(rows: list[int], owner_connection: psycopg.Connection, which: int) -> None:
    owner_connection.execute(f"DELETE FROM {TABLE} WHERE history_id = %s", [rows[which]])
    assert found() == [("removed", rows[which])]


def test_the_newest_rows_do_not_go_unnoticed(rows: list[int], owner_connection: psycopg.Connection) -> None:
    owner_connection.execute(f"DELETE FROM {TABLE} WHERE history_id >= %s", [rows[3]])
    assert found() == [("removed", row) for row in rows[3:]]


def test_an_emptied_table_is_noticed(rows: list[int], owner_connection: psycopg.Connection) -> None:
    owner_connection.execute(f"DELETE FROM {TABLE}")
    assert found() == [("removed", row) for row in rows]


def test_an_added_row_is_named(rows: list[int], owner_connection: psycopg.Connection) -> None:
    owner_connection.execute(f"DELETE FROM {TABLE} WHERE history_id = %s", [rows[2]])
    copy_row(owner_connection, rows[0], rows[0] - 1)
    copy_row(owner_connection, rows[1], rows[2])
    assert found() == [("added", rows[0] - 1), ("changed", rows[2])]


def test_swapped_rows_are_noticed(rows: list[int], owner_connection: psycopg.Connection) -> None:
    one, two = rows[0], rows[4]
    for old, new in ((one, -1), (two, one), (-1, two)):
        owner_connection.execute(f"UPDATE {TABLE} SET history_id = %s WHERE history_id = %s", [new, old])
    assert found() == [("changed", one), ("changed", two)]


def test_only_what_was_sealed_since_a_day_is_compared(rows: list[int], owner_connection: psycopg.Connection) -> None:
    owner_connection.execute("UPDATE audit_seal SET sealed_at = sealed_at - interval '9 days' WHERE number = 1")
    owner_connection.execute(f"DELETE FROM {TABLE} WHERE history_id IN (%s, %s)", [rows[0], rows[4]])
    assert ("removed", rows[0]) in found()
    since = datetime.date.today() - datetime.timedelta(days=2)
    assert [each for each in found(since=since) if each[0] == "removed"] == [("removed", rows[4])]
    report = verify(since=since)
    assert (report.first_seal, report.rows) == (2, 2)


# Seals


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit_seal SET root = sha256(root) WHERE number = 1", [("root", 1), ("link", 2)]),
        ("UPDATE audit_seal SET root = sha256(root) WHERE number = 2", [("root", 2)]),
        ("UPDATE audit_seal SET previous = sha256(previous) WHERE number = 1", [("link", 1), ("link", 2)]),
        ("UPDATE audit_seal SET sealed_at = sealed_at - interval '1 day' WHERE number = 1", [("link", 2)]),
        ("UPDATE audit_seal SET rows = rows + 1 WHERE number = 2", [("root", 2)]),
        ("UPDATE audit_seal SET chunk_roots = '{}' WHERE number = 2", [("root", 2)]),
        ("UPDATE audit_sealchunk SET through = through - 1 WHERE seal_id = 1", [("root", 1)]),
        ("UPDATE audit_sealchunk SET position = 7 WHERE seal_id = 1", [("root", 1)]),
    ],
)
def test_an_altered_seal_is_named(
    rows: list[int], owner_connection: psycopg.Connection, statement: str, expected: list[tuple[str, int]]
) -> None:
    owner_connection.execute(statement)
    assert found() == expected


def test_a_seal_cannot_be_fitted_to_a_changed_row(rows: list[int], owner_connection: psycopg.Connection) -> None:
    """Somebody who changes a row and its hash in the chunk is left with a root that fits no more."""
    owner_connection.execute(f"UPDATE {TABLE} SET name = '元旧' WHERE history_id = %s", [rows[0]])
    with owner_connection.transaction():
        new = leaves(owner_connection)[0]
    owner_connection.execute("UPDATE audit_sealchunk SET hashes[1] = %s WHERE seal_id = 1", [new])
    assert found() == [("root", 1)]


def test_ids_in_a_chunk_cannot_cover_for_others(rows: list[int], owner_connection: psycopg.Connection) -> None:
    owner_connection.execute("UPDATE audit_sealchunk SET ids[2] = %s WHERE seal_id = 1", [rows[0] - 1])
    assert ("removed", rows[0] - 1) in found()
    assert ("added", rows[1]) in found()


def test_a_missing_seal_is_named(rows: list[int], owner_connection: psycopg.Connection) -> None:
    owner_connection.execute("DELETE FROM audit_sealchunk WHERE seal_id = 1")
    assert ("root", 1) in found()
    owner_connection.execute("DELETE FROM audit_seal WHERE number = 1")
    assert found()[0] == ("seal-missing", 1)


def test_columns_that_are_gone_are_named(rows: list[int], owner_connection: psycopg.Connection) -> None:
    owner_connection.execute(
        "UPDATE audit_sealchunk SET columns = array_append(columns, 'dropped')"
        " WHERE seal_id = 1 AND table_name = %s", [TABLE]
    )  # fmt: skip
    (table,) = [finding for finding in verify().findings if finding.kind == "table"]
    assert (table.table, table.detail) == (TABLE, "dropped")


# The published list


def test_rows_removed_together_with_their_seals_are_told_by_the_list(
    rows: list[int], owner_connection: psycopg.Connection, sealed_list: Path
) -> None:
    publish()
    with owner_connection.transaction():
        owner_connection.execute(f"DELETE FROM {TABLE} WHERE history_id = ANY(%s)", [rows[4:]])
        owner_connection.execute("DELETE FROM audit_sealchunk WHERE seal_id = 2")
        owner_connection.execute("DELETE FROM audit_seal WHERE number = 2")
    assert found() == []
    assert found(published=sealed_list) == [("seal-missing", 2)]
    # Sealing anew does not cover it up.
    make_days()
    seal_history()
    assert found(published=sealed_list) == [("published", 2)]


def test_a_history_sealed_anew_from_its_beginning_differs_from_the_list(
    rows: list[int], owner_connection: psycopg.Connection, sealed_list: Path
) -> None:
    publish()
    owner_connection.execute("DELETE FROM audit_sealchunk")
    owner_connection.execute("DELETE FROM audit_seal")
    owner_connection.execute(f"UPDATE {TABLE} SET name = '元旧' WHERE history_id = %s", [rows[0]])
    seal_history()
    assert found() == []
    assert found(published=sealed_list) == [("published", 1), ("seal-missing", 2)]


def test_damage_to_the_list_is_named_by_its_line(rows: list[int], sealed_list: Path) -> None:
    make_days()
    seal_history()
    publish()
    first, second, third = sealed_list.read_text().splitlines(keepends=True)
    for text, expected in (
        (first + second, []),  # an older copy
        (first + second + third[:20], []),  # being written
        (first + third, [("list", 2)]),
        (second + third, [("list", 1)]),
        (first + "???\n" + third, [("list", 2)]),
        (first + second.replace('"rows":2', '"rows":3') + third, [("published", 2)]),
        (first + second + second + third, [("list", 3)]),
    ):
        sealed_list.write_text(text)
        assert found(published=sealed_list) == expected


# The command and the job


def test_the_command_ends_with_a_code_and_names_the_row(
    rows: list[int], owner_connection: psycopg.Connection, capsys: Any, sealed_list: Path
) -> None:
    call_command("verify_history", processes=1)
    assert "与封存时一致" in capsys.readouterr().out
    owner_connection.execute(f"DELETE FROM {TABLE} WHERE history_id = %s", [rows[5]])
    with pytest.raises(SystemExit) as ended:
        call_command("verify_history", processes=1)
    assert ended.value.code == 1
    told = capsys.readouterr().out
    assert TABLE in told and str(rows[5]) in told and "封存 2" in told
    with pytest.raises(SystemExit):
        call_command("verify_history", processes=1, json=True)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["intact"], answer["last_seal"], answer["rows"]) == (False, 2, 6)
    assert answer["findings"][0]["kind"] == "removed"


def test_what_could_not_be_verified_is_no_finding(rows: list[int], tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nowhere") as error:
        call_command("verify_history", published=tmp_path / "nowhere", processes=1)
    assert error.value.returncode == 2
    with pytest.raises(CommandError, match="2026-01-31"):
        call_command("verify_history", "--since", "gestern")


def test_the_job_keeps_what_it_found(rows: list[int], owner_connection: psycopg.Connection, sealed_list: Path) -> None:
    tasks.seal_history(0)
    tasks.verify_history(0)
    owner_connection.execute(f"DELETE FROM {TABLE} WHERE history_id = %s", [rows[0]])
    sealed_list.write_text("")
    with pytest.raises(tasks.NotAsSealed):
        tasks.verify_history(0)
    latest, earlier = Verification.objects.all()
    assert (earlier.found, earlier.rows, earlier.last_seal) == (0, 6, 2)
    assert (latest.found, latest.findings[0]["history_id"]) == (1, rows[0])
    assert SealChunk.objects.count() == 2
