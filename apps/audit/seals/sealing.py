"""Sealing: every row of every sealed table that no seal covers yet goes into a new one.

Commit order is not the order of ids: a row with a low id may appear long after one with a higher id was sealed. Each
table therefore has a watermark below which nothing can appear any more. Ids above it are compared one by one with those
sealed already, so a late row is neither lost nor taken for a smuggled one.

The watermark moves to the highest visible id once everybody who was writing to the table when that id was read is done:
whoever takes an id holds a lock on the table from before until the end of the transaction, and ``pg_locks`` shows it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

import psycopg
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from apps.audit.context import every_department

from . import merkle, texts
from .models import Seal, SealChunk
from .tables import SealedTable, sealed_tables

MOST_ROWS: Final = 1_000_000
"""Of one table in one seal: what a first run on a large database holds in memory is bounded."""
SETTLE_SECONDS: Final = 2.0
_LOCK: Final = 0x5EA1


class AlreadySealing(Exception):
    """Another process is sealing at this moment."""


def seal_history(*, settle_seconds: float = SETTLE_SECONDS) -> list[Seal]:
    """Seal all rows not sealed yet; returns the new seals, oldest first, none when there was nothing new.

    Waits up to ``settle_seconds`` for writers under way, so that watermarks can move. Raises AlreadySealing.
    """
    made = []
    with every_department():
        while seal := _seal(settle_seconds):
            made.append(seal)
            if seal.rows < MOST_ROWS:
                break
    return made


@transaction.atomic
def _seal(settle_seconds: float) -> Seal | None:
    raw = connection.connection
    if raw.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK]).fetchone() != (True,):
        raise AlreadySealing
    texts.fixed_form(raw)
    texts.plain_plans(raw)
    last = Seal.objects.order_by("-number").first()
    number = last.number + 1 if last else 1
    roots: list[bytes] = []
    leaves: list[bytes] = []
    rows = 0
    for table, watermark, newest, settled in _to_seal(raw, settle_seconds):
        for header in _chunks(raw, table, watermark, newest if settled else watermark, number, len(roots)):
            root = header["root"]
            roots.append(root)
            leaves.append(merkle.leaf(texts.chunk_header(**header).encode()))
            rows += header["rows"]
    if not roots:
        return None
    return Seal.objects.create(
        number=number,
        sealed_at=timezone.now(),
        rows=rows,
        root=merkle.root(leaves),
        previous=last.digest if last else texts.NO_PREVIOUS,
        chunk_roots=roots,
    )


def _to_seal(raw: Any, settle_seconds: float) -> Iterator[tuple[SealedTable, int, int, bool]]:
    """The tables with ids above their watermark: table, watermark, highest id, whether all up to it is decided."""
    found = []
    for table in sealed_tables():
        newest = raw.execute(
            sql.SQL("SELECT coalesce(max({key}), 0) FROM {table}").format(
                key=sql.Identifier(table.key), table=sql.Identifier(table.name)
            )
        ).fetchone()[0]
        watermark = watermark_of(table.name)
        if newest > watermark:
            found.append((table, watermark, newest))
    # The writers are read after the highest ids: whoever took an id up to there is done or among them.
    busy = _still_writing(raw, [table.name for table, _, _ in found], settle_seconds)
    for table, watermark, newest in found:
        yield table, watermark, newest, table.name not in busy


def watermark_of(table: str, *, up_to_seal: int | None = None) -> int:
    """The id up to which all rows of a table are decided, by its newest chunk (up to and including a seal)."""
    chunks = SealChunk.objects.filter(table_name=table)
    if up_to_seal is not None:
        chunks = chunks.filter(seal__lte=up_to_seal)
    return chunks.order_by("-seal_id", "-position").values_list("through", flat=True).first() or 0


_WRITERS: Final = """
    WITH RECURSIVE place (root, oid) AS (
        SELECT name, to_regclass(quote_ident(name))::oid FROM unnest(%s::text[]) AS name
        UNION ALL
        SELECT place.root, inhrelid FROM place JOIN pg_inherits ON inhparent = place.oid
    )
    SELECT place.root, held.virtualtransaction FROM pg_locks AS held JOIN place ON place.oid = held.relation
    WHERE held.locktype = 'relation' AND held.granted AND held.mode = 'RowExclusiveLock'
        AND held.pid <> pg_backend_pid()
        AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def _still_writing(raw: Any, tables: list[str], seconds: float) -> set[str]:
    """The tables of which somebody who is writing now has not ended within so many seconds."""
    writers = set(raw.execute(_WRITERS, [tables]).fetchall()) if tables else set()
    deadline = time.monotonic() + seconds
    while writers and time.monotonic() < deadline:
        time.sleep(0.02)
        writers &= set(raw.execute(_WRITERS, [tables]).fetchall())
    return {table for table, _transaction in writers}


_NEW_CHUNKS: Final = """
    INSERT INTO audit_sealchunk (seal_id, position, table_name, columns, through, first_id, last_id, ids, hashes)
    SELECT %(number)s::bigint, %(position)s + piece, {name}, %(columns)s::text[],
        CASE WHEN %(decided)s > %(watermark)s THEN least(%(decided)s, max(id)) ELSE %(watermark)s END,
        min(id), max(id), array_agg(id ORDER BY id), array_agg(hash ORDER BY id)
    FROM (
        SELECT id, hash, ((row_number() OVER (ORDER BY id)) - 1) / {chunk_rows} AS piece FROM (
            SELECT h.{key} AS id, {hash} AS hash FROM {table} AS h
            WHERE h.{key} > %(watermark)s AND NOT EXISTS (
                SELECT FROM (
                    SELECT unnest(ids) AS id FROM audit_sealchunk
                    WHERE table_name = {name} AND last_id > %(watermark)s
                ) AS sealed WHERE sealed.id = h.{key}
            )
            ORDER BY h.{key} LIMIT {most}
        ) AS open
    ) AS numbered
    GROUP BY piece
    RETURNING position, through, first_id, last_id, hashes
"""
_EMPTY_CHUNK: Final = """
    INSERT INTO audit_sealchunk (seal_id, position, table_name, columns, through, first_id, last_id, ids, hashes)
    VALUES (%(number)s, %(position)s, {name}, %(columns)s, %(decided)s, %(decided)s, %(decided)s, '{{}}', '{{}}')
    RETURNING position, through, first_id, last_id, hashes
"""


def _chunks(
    raw: Any, table: SealedTable, watermark: int, decided: int, number: int, position: int
) -> Iterator[dict[str, Any]]:
    """Seal the open rows of a table and move its watermark to ``decided``; yields the content of each header."""
    names = {
        "name": sql.Literal(table.name),
        "table": sql.Identifier(table.name),
        "key": sql.Identifier(table.key),
        "hash": texts.row_hash(table.name, table.columns, "h"),
        "chunk_rows": sql.Literal(texts.CHUNK_ROWS),
        "most": sql.Literal(MOST_ROWS),
    }
    values = {
        "number": number,
        "position": position,
        "columns": table.columns,
        "watermark": watermark,
        "decided": decided,
    }
    rows, reached = 0, watermark
    with psycopg.Cursor(raw) as cursor:
        made = cursor.execute(sql.SQL(_NEW_CHUNKS).format(**names), values, binary=True).fetchall()
        for _position, through, first, last, hashes in sorted(made):
            rows, reached = rows + len(hashes), through
            yield _header(table, through, first, last, hashes)
        if reached < decided and rows < MOST_ROWS:
            # Everything up to there was sealed while its writers were still at work.
            values["position"] = position + len(made)
            cursor.execute(sql.SQL(_EMPTY_CHUNK).format(**names), values)
            yield _header(table, decided, decided, decided, [])


def _header(table: SealedTable, through: int, first: int, last: int, hashes: list[bytes]) -> dict[str, Any]:
    return {
        "table": table.name,
        "columns": table.columns,
        "through": through,
        "first": first,
        "last": last,
        "rows": len(hashes),
        "root": merkle.root(hashes),
    }
