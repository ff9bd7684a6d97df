"""Are the rows of an archived month those that were sealed?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from psycopg import Connection, sql

from apps.audit.seals import texts
from apps.audit.seals.findings import Finding, Kind
from apps.audit.seals.tables import SealedTable

from . import files
from .models import ArchivedMonth

_LOADED: Final = sql.Identifier("pg_temp", "archived_rows")

_LAYOUTS: Final = """
    SELECT DISTINCT columns FROM audit_sealchunk
    WHERE table_name = %(table)s AND int8range(first_id, last_id, '[]') && %(ids)s::int8multirange
"""
_FAULTY: Final = """
    SELECT sealed.seal_id, sealed.id, h.{key} IS NULL, h.{object}::text
    FROM (
        SELECT seal_id, row.id, row.hash FROM audit_sealchunk, unnest(ids, hashes) AS row (id, hash)
        WHERE table_name = %(table)s AND columns = %(columns)s AND seal_id BETWEEN %(first)s AND %(last)s
            AND int8range(first_id, last_id, '[]') && %(ids)s::int8multirange AND row.id <@ %(ids)s::int8multirange
    ) AS sealed
    LEFT JOIN {rows} AS h ON h.{key} = sealed.id
    WHERE h.{key} IS NULL OR {hash} IS DISTINCT FROM sealed.hash
    ORDER BY sealed.id
"""
_ADDED: Final = """
    SELECT h.{key}, h.{object}::text FROM {rows} AS h
    WHERE NOT EXISTS (
        SELECT FROM (
            SELECT row.id FROM audit_sealchunk, unnest(ids) AS row (id)
            WHERE table_name = %(table)s AND int8range(first_id, last_id, '[]') && %(ids)s::int8multirange
        ) AS sealed WHERE sealed.id = h.{key}
    ) OR NOT h.{key} <@ %(ids)s::int8multirange
    ORDER BY h.{key}
"""


@contextmanager
def loaded(database: Connection, table: SealedTable, month: ArchivedMonth, folder: Path) -> Iterator[sql.Composable]:
    """The rows of an archived month, in a temporary table, within the caller's transaction.

    Raises ArchiveError, OSError.
    """
    database.execute(
        # Without what later releases demand of new rows.
        sql.SQL("CREATE TEMPORARY TABLE archived_rows AS SELECT * FROM {} WITH NO DATA").format(
            sql.Identifier("public", table.name)
        )
    )
    try:
        files.read(database, _LOADED, folder, table=table.name, month=month.month, sha256=month.sha256)
        database.execute(sql.SQL("ANALYZE {}").format(_LOADED))
        yield _LOADED
    finally:
        if not database.broken and database.info.transaction_status.name != "INERROR":
            database.execute(sql.SQL("DROP TABLE {}").format(_LOADED))


def findings(
    database: Connection,
    table: SealedTable,
    rows: sql.Composable,
    ids: str,
    seals: tuple[int, int] = (0, 2**62),
) -> Iterator[Finding]:
    """What is wrong with the rows of a month that lie in the relation ``rows``, within the caller's transaction.

    ``ids``: of the rows that should be there, an int8multirange; ``seals``: first and last seal to look at.
    """
    texts.fixed_form(database)
    texts.plain_plans(database)
    values: dict[str, Any] = {"table": table.name, "ids": ids, "first": seals[0], "last": seals[1]}
    for (columns,) in database.execute(_LAYOUTS, values).fetchall():
        query = _filled(_FAULTY, table, rows, columns)
        for seal, history_id, removed, key in database.execute(query, values | {"columns": columns}).fetchall():
            kind = Kind.REMOVED if removed else Kind.CHANGED
            yield Finding(kind, table.name, table.label, history_id, key, seal)
    for history_id, key in database.execute(_filled(_ADDED, table, rows), values).fetchall():
        yield Finding(Kind.ADDED, table.name, table.label, history_id, key)


def _filled(query: str, table: SealedTable, rows: sql.Composable, columns: list[str] | None = None) -> sql.Composed:
    return sql.SQL(query).format(
        rows=rows,
        key=sql.Identifier(table.key),
        object=sql.Identifier(table.object_column),
        hash=texts.row_hash(table.name, columns or [], "h"),
    )
