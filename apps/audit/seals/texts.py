"""The texts that are hashed, down to the byte. Whoever changes one breaks every proof ever given out.

Row: the text that PostgreSQL itself gives a row value whose first field is the table and whose others are the sealed
columns, under the settings of ``fixed_form``. Chunk and seal: JSON with sorted keys and no spaces.
"""

import datetime
import json
from collections.abc import Iterable
from typing import Any

from psycopg import sql

CHUNK_ROWS = 4096
NO_PREVIOUS = bytes(32)

# A text must not depend on who asks for it, from where, in which session.
_FORM = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}


def fixed_form(connection: Any) -> None:
    """Set, for the rest of the transaction, how values are written as text. ``connection``: a psycopg connection."""
    calls = ", ".join("set_config(%s, %s, true)" for _ in _FORM)
    connection.execute(f"SELECT {calls}", [word for pair in _FORM.items() for word in pair])


def plain_plans(connection: Any) -> None:
    """For the rest of the transaction: the planner takes an array for ten rows, and a loop over a million for cheap."""
    connection.execute("SELECT set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)")


def row_text(table: str, columns: Iterable[str], alias: str) -> sql.Composable:
    """The text of the row ``alias`` of a table, as an SQL expression."""
    fields = (sql.Identifier(alias, column) for column in columns)
    return sql.SQL("ROW({})::text").format(
        sql.SQL(", ").join([sql.SQL("{}::text").format(sql.Literal(table)), *fields])
    )


def row_hash(table: str, columns: Iterable[str], alias: str) -> sql.Composable:
    """The leaf of the row ``alias``, as an SQL expression of type bytea."""
    text = row_text(table, columns, alias)
    return sql.SQL(r"sha256('\x00'::bytea || convert_to({}, 'UTF8'))").format(text)


def chunk_header(*, table: str, columns: list[str], through: int, first: int, last: int, rows: int, root: bytes) -> str:
    """The text of a chunk's leaf in the tree of its seal."""
    return _json(table=table, columns=columns, through=through, first=first, last=last, rows=rows, root=root.hex())


def seal_line(
    *, number: int, sealed_at: datetime.datetime, rows: int, chunks: int, root: bytes, previous: bytes
) -> str:
    """The published line of a seal. It tells how much was sealed, and nothing about what."""
    return _json(
        number=number,
        sealed_at=sealed_at.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
        rows=rows,
        chunks=chunks,
        root=root.hex(),
        previous=previous.hex(),
    )


def _json(**values: Any) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
