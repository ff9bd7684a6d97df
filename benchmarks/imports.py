"""Import of penalties with all validation, subject matching, history and row scope; the peer's imports; raw COPY."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import connection

from apps.records.models import Record
from benchmarks import common, files

PEER_ROWS = {"documented": 500, "bulk": 2_000}
"""Row by row the peer's speed does not depend on how many there are; so many tell it. Tuned it brings as many as we."""
ROUNDS = 3
WARM_UP = 2
"""Rounds before, not counted: a city at work has its subjects in memory."""
_HISTORY = Record.history.model._meta.db_table
_RECORDS = Record._meta.db_table


def main() -> list[common.Line]:
    rows = common.scale().import_rows
    peer_rows = {**PEER_ROWS, "tuned": rows}
    department = ours.department()
    ours.clerk()
    rounds: list[dict[str, float]] = []
    peak = 0.0
    turns = iter(range(1, 1000))
    with tempfile.TemporaryDirectory() as name, common.Talker("benchmarks.naive.calls") as peer:
        folder = Path(name)
        first = _next_turn()

        def written(count: int, kind: str = "csv") -> Path:
            path = folder / f"penalties.{kind}"
            frame = files.penalty_rows(count, department, first + next(turns))
            (files.write_xlsx if kind == "xlsx" else files.write_csv)(path, frame)
            return path

        for _ in range(WARM_UP + ROUNDS):
            speeds: dict[str, float] = {}
            for kind in ("csv", "xlsx"):
                path = written(rows, kind)
                _checkpoint()
                loaded = common.child("-m", "benchmarks.load", str(path))
                speeds[kind] = rows / loaded["seconds"]
                if kind == "csv":
                    peak = max(peak, loaded["peak"])
                    speeds["copy"] = rows / _copy(loaded["batch"])
            for form, count in peer_rows.items():
                path = written(count)
                _checkpoint()
                speeds[form] = count / peer("load", file=str(path), form=form, department=department.slug)
            rounds.append(speeds)
        many = rows * (10 if rows >= 100_000 else 5)
        large = common.child("-m", "benchmarks.load", str(written(many)))
    speed = {each: statistics.median(turn[each] for turn in rounds[WARM_UP:]) for each in rounds[0]}
    detail = {f"peer, {form}": round(speed[form]) for form in peer_rows}
    cold = {"first round": round(rounds[0]["csv"]), "COPY in it": round(rounds[0]["copy"])}
    growth = large["peak"] / peak
    return [
        common.Line(
            f"import of {rows:,} rows, against raw COPY", "rows/s", speed["csv"], speed["tuned"], speed["copy"],
            **common.at_least(speed["csv"] / speed["copy"], 0.5), detail=detail | cold,
        ),
        common.Line(
            f"import of {rows:,} rows, against the tuned peer", "rows/s", speed["csv"], speed["tuned"], speed["copy"],
            **common.at_least(speed["csv"] / speed["tuned"], 5), detail=detail,
        ),
        common.Line(
            f"xlsx of {rows:,} rows, time against csv", "rows/s", speed["xlsx"], None, None,
            **common.at_most(speed["csv"] / speed["xlsx"], 1.5),
        ),
        common.Line(
            f"memory of an import of {many:,} rows", "MB", large["peak"], None, None,
            **common.at_most(large["peak"], 500), detail={f"MB at {rows:,} rows": round(peak)},
        ),
        common.Line(
            f"the same against one of {rows:,} rows", "MB", large["peak"], None, None, **common.at_most(growth, 1.3),
        ),
    ]  # fmt: skip


def _next_turn() -> int:
    """Files of earlier runs are on record: number on."""
    with ours.owner() as owner:
        return int(owner.execute("SELECT count(*) FROM exchange_batch").fetchone()[0]) * 10


def _checkpoint() -> None:
    """Who first changes a page after a checkpoint writes the whole of it to the log: one before each timed work, so
    that nobody pays it for the next."""
    with ours.owner() as owner:
        owner.execute("CHECKPOINT")


def _copy(batch: int) -> float:
    """Seconds of a bare COPY of a batch's records and their history into the same tables, indexes and foreign keys.

    The rows are read, deleted and copied back within a transaction that is rolled back; only the history triggers are
    off, for COPY brings the history itself.
    """
    own = f"id IN (SELECT record_id FROM exchange_batchentry WHERE batch_id = {batch})"
    with ours.owner() as owner, owner.cursor() as cursor:
        cursor.execute("BEGIN")
        pieces = {
            table: (_columns(cursor, table), _read(cursor, table, _columns(cursor, table), own))
            for table in (_RECORDS, _HISTORY)
        }
        cursor.execute(f"CREATE TEMPORARY TABLE gone ON COMMIT DROP AS SELECT id FROM {_RECORDS} WHERE {own}")
        cursor.execute(f"ALTER TABLE {_RECORDS} DISABLE TRIGGER USER")
        cursor.execute(f"DELETE FROM exchange_batchentry WHERE batch_id = {batch}")
        cursor.execute(f"DELETE FROM {_RECORDS} WHERE id IN (SELECT id FROM gone)")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")

        def copy() -> None:
            for table, (columns, rows) in pieces.items():
                with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as sink:
                    sink.write(rows)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

        _checkpoint()
        seconds = common.timed(copy)
        cursor.execute("ROLLBACK")
        return seconds


def _columns(cursor: Any, table: str) -> str:
    """All columns but the history's own key, which its sequence gives."""
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
        f" WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'history_id'"
    )
    return str(cursor.fetchone()[0])


def _read(cursor: Any, table: str, columns: str, own: str) -> bytes:
    with cursor.copy(f"COPY (SELECT {columns} FROM {table} WHERE {own}) TO STDOUT") as source:
        return b"".join(source)


if __name__ == "__main__":
    common.finish(__file__, main())
    connection.close()
