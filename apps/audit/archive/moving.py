"""Moving months out and back, as the owner: compared with their seals on either way, on record, one at a time."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from django.utils.translation import gettext as _
from psycopg import Connection, sql

from apps.audit import guards, upkeep
from apps.audit.declarations import declaring
from apps.audit.functions import SCHEMA
from apps.audit.seals.findings import Finding, sentence
from apps.audit.seals.tables import SealedTable, sealed_tables

from . import comparing, files
from .files import ArchiveError
from .models import ArchivedMonth

_MOST_NAMED: Final = 20
_MONTHS: Final = """
    SELECT p.relname, substring(pg_get_expr(p.relpartbound, p.oid) FROM 'FROM \\(''([^'']+)')::date
    FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(%s) AND pg_get_expr(p.relpartbound, p.oid) <> 'DEFAULT' ORDER BY 2
"""
_IDS: Final = """
    SELECT lower(part), upper(part) - 1
    FROM unnest((SELECT range_agg(int8range({key}, {key}, '[]')) FROM {rows})) AS part
"""


@dataclass(frozen=True)
class Month:
    """A month of a table that is in the database: ``partition`` is its name in the schema ``history``."""

    table: SealedTable
    first: datetime.date
    partition: str

    @property
    def relation(self) -> sql.Identifier:
        return sql.Identifier(SCHEMA, self.partition)

    def __str__(self) -> str:
        return f"{self.table.name} {self.first:%Y-%m}"


def online_since(table: SealedTable, today: datetime.date) -> datetime.date:
    """First day of the oldest month that stays in the database, by what its model declares (``online_months``)."""
    count = today.year * 12 + today.month - 1 - table.model.online_months  # type: ignore[attr-defined]
    return datetime.date(count // 12, count % 12 + 1, 1)


def archivable() -> list[SealedTable]:
    """The tables whose months may be archived: kept in months, and sealed."""
    kept = set(declaring("partitioned_by"))
    return [table for table in sealed_tables() if table.model in kept]


def months_before(database: Connection, table: SealedTable, before: datetime.date) -> Iterator[Month]:
    """The months of a table in the database that end before a day, oldest first."""
    with database.transaction():
        database.execute("SET LOCAL TimeZone = 'UTC'")
        database.execute("SET LOCAL DateStyle = 'ISO, YMD'")
        found = database.execute(_MONTHS, [f'public."{table.name}"']).fetchall()
    yield from (Month(table, first, partition) for partition, first in found if first < before)


def rows_in(database: Connection, month: Month) -> int:
    """How many rows a month has."""
    (rows,) = database.execute(sql.SQL("SELECT count(*) FROM {}").format(month.relation)).fetchone() or (0,)
    return int(rows)


def archive(database: Connection, month: Month, folder: Path, *, drop: bool) -> files.Contents:
    """Move a month to a file; the partition stays in the schema ``history`` as a table by itself unless ``drop``.

    ``database``: a connection as owner in autocommit mode. What stands in the file is compared with the seals before
    the partition is touched. Raises ArchiveError and OSError; nothing is changed then, and no file is left.
    """
    table = month.table
    written = False
    try:
        with database.transaction():
            database.execute("SET LOCAL lock_timeout = '5s'")
            database.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(month.relation))
            ids = database.execute(sql.SQL(_IDS).format(key=sql.Identifier(table.key), rows=month.relation)).fetchall()
            contents = files.write(
                database, month.relation, _stored_columns(database, month), folder,
                table=table.name, month=month.first, key=table.key,
            )  # fmt: skip
            written = True
            entry = _entry(month, ArchivedMonth.Act.ARCHIVED, contents.rows, ids, contents.sha256)
            if contents.rows != rows_in(database, month):
                raise ArchiveError(
                    _("%(month)s: the file does not hold all rows; nothing was changed.") % {"month": month}
                )
            with comparing.loaded(database, table, entry, folder) as rows:
                _refuse(month, list(comparing.findings(database, table, rows, entry.ids)))
            database.execute(sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(_parent(table), month.relation))
            if drop:
                database.execute(sql.SQL("DROP TABLE {}").format(month.relation))
            _keep(database, entry)
    except BaseException as error:
        if written:
            files.remove(folder, table.name, month.first)
        if isinstance(error, psycopg.errors.LockNotAvailable):
            raise ArchiveError(_in_use(month)) from error
        raise
    return contents


def attach(database: Connection, table: SealedTable, first: datetime.date, folder: Path) -> int:
    """Bring a month back from its file; returns how many rows it has. ``first``: its first day.

    ``database``: a connection as owner in autocommit mode. Raises ArchiveError and OSError; nothing is changed then.
    """
    month = Month(table, first, f"{table.name}_{first:%Y_%m}")
    try:
        with database.transaction():
            database.execute("SET LOCAL lock_timeout = '5s'")
            database.execute("SET LOCAL TimeZone = 'UTC'")
            entry = _latest(database, month)
            if entry is None:
                raise ArchiveError(_("%(month)s is not in the archive.") % {"month": month})
            database.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(month.relation))
            database.execute(
                sql.SQL(
                    "CREATE TABLE {} (LIKE {} INCLUDING CONSTRAINTS INCLUDING DEFAULTS INCLUDING GENERATED"
                    " INCLUDING STORAGE INCLUDING COMPRESSION)"
                ).format(month.relation, _parent(table))
            )
            files.read(database, month.relation, folder, table=table.name, month=first, sha256=entry.sha256)
            _refuse(month, list(comparing.findings(database, table, month.relation, entry.ids)))
            database.execute(
                sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
                    _parent(table),
                    month.relation,
                    sql.Literal(f"{first} 00:00+00"),
                    sql.Literal(f"{_next(first)} 00:00+00"),
                )
            )
            ids = list(zip(entry.first_ids, entry.last_ids, strict=True))
            _keep(database, _entry(month, ArchivedMonth.Act.ATTACHED, entry.rows, ids, entry.sha256))
            guards.install(database)
            upkeep.install(database)
    except psycopg.errors.LockNotAvailable as error:
        raise ArchiveError(_in_use(month)) from error
    except psycopg.errors.NotNullViolation as error:
        text = _("%(month)s: the column %(column)s came later and has no default; give it a db_default first.")
        raise ArchiveError(text % {"month": month, "column": error.diag.column_name}) from error
    return entry.rows


def _refuse(month: Month, found: list[Finding]) -> None:
    if found:
        text = _(
            "%(month)s is not as it was sealed, or not sealed yet (%(count)s rows); nothing was changed. Run "
            "`manage.py seal_history` and `manage.py verify_history` first."
        )
        lines = [sentence(finding.as_json()) for finding in found[:_MOST_NAMED]]
        raise ArchiveError("\n".join([text % {"month": month, "count": len(found)}, *lines]))


def _stored_columns(database: Connection, month: Month) -> list[str]:
    """The columns of a partition, but for those that PostgreSQL computes."""
    rows = database.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        [f'{SCHEMA}."{month.partition}"'],
    )
    return [name for (name,) in rows]


def _entry(month: Month, act: str, rows: int, ids: list[tuple[int, int]], sha256: str) -> ArchivedMonth:
    return ArchivedMonth(
        table_name=month.table.name,
        month=month.first,
        act=act,
        rows=rows,
        first_ids=[first for first, _last in ids],
        last_ids=[last for _first, last in ids],
        sha256=sha256,
    )


def _keep(database: Connection, entry: ArchivedMonth) -> None:
    database.execute(
        "INSERT INTO audit_archivedmonth (table_name, month, act, at, by, rows, first_ids, last_ids, sha256)"
        " VALUES (%s, %s, %s, now(), session_user, %s, %s, %s, %s)",
        [entry.table_name, entry.month, entry.act, entry.rows, entry.first_ids, entry.last_ids, entry.sha256],
    )


def _latest(database: Connection, month: Month) -> ArchivedMonth | None:
    """The last entry of a month that is in the archive."""
    row = database.execute(
        "SELECT act, rows, first_ids, last_ids, sha256 FROM audit_archivedmonth"
        " WHERE table_name = %s AND month = %s ORDER BY id DESC LIMIT 1",
        [month.table.name, month.first],
    ).fetchone()
    if row is None or row[0] != ArchivedMonth.Act.ARCHIVED:
        return None
    act, rows, first_ids, last_ids, sha256 = row
    return _entry(month, act, rows, list(zip(first_ids, last_ids, strict=True)), sha256)


def _in_use(month: Month) -> str:
    return _("%(month)s is in use: nothing was changed, try again in a quiet hour.") % {"month": month}


def _parent(table: SealedTable) -> sql.Identifier:
    return sql.Identifier("public", table.name)


def _next(first: datetime.date) -> datetime.date:
    return (first + datetime.timedelta(days=31)).replace(day=1)
