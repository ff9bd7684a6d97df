"""From frames to tables: COPY into a temporary table, then one INSERT for each slice, with all triggers at work.

COPY never goes into the real tables, which row security closes to it.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Final, TypeVar

import polars as pl
from django.db import connection, models, transaction

Piece = TypeVar("Piece")
STAGE: Final = "city_rows"
_TYPES: Final[dict[Any, str]] = {
    pl.String: "text",
    pl.Date: "date",
    pl.Int64: "bigint",
    pl.Boolean: "boolean",
}


def stage(frame: pl.DataFrame) -> None:
    """Copy the frame into the temporary table, which takes its columns; what it held before is gone.

    Moments are texts in ISO form.
    """
    columns = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in frame.schema.items())
    text = io.BytesIO()
    frame.write_csv(text, include_header=False)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL client_min_messages = warning")
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{STAGE}")
        cursor.execute(f"CREATE TEMPORARY TABLE {STAGE} ({columns}) ON COMMIT DROP")
        with cursor.copy(f"COPY {STAGE} FROM STDIN (FORMAT csv)") as copying:
            copying.write(text.getbuffer())


def insert(model: type[models.Model], columns: Mapping[str, str], where: str = "true", *, known: str = "") -> int:
    """Insert rows of the staged frame in the order of ``number``, and return how many.

    ``columns``: column of the model -> SQL expression over ``r``; ``known`` names unique columns: a row whose values of
    them are on record is passed over.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    conflict = f"ON CONFLICT ({known}) DO NOTHING" if known else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())}"
            f" FROM {STAGE} r WHERE {where} ORDER BY number {conflict}"
        )
        return cursor.rowcount


def written(pieces: Iterable[Piece], write: Callable[[Piece], int], jobs: int) -> Iterator[int]:
    """What ``write`` answers for each piece, in their order. Each piece is a transaction.

    With several ``jobs`` so many connections write at once, and the next pieces are made meanwhile.
    """
    if jobs == 1:
        for piece in pieces:
            with transaction.atomic():
                yield write(piece)
        return

    def apart(piece: Piece) -> int:
        try:
            with transaction.atomic():
                return write(piece)
        finally:
            connection.close()

    with ThreadPoolExecutor(jobs) as pool:
        running: deque[Future[int]] = deque()
        for piece in pieces:
            running.append(pool.submit(copy_context().run, apart, piece))
            if len(running) > jobs:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


def query(sql: str) -> pl.DataFrame:
    """What a query finds, as texts by column, read by COPY: millions of rows without an object for each."""
    text = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv, HEADER)") as copying:
        for piece in copying:
            text.write(piece)
    text.seek(0)
    return pl.read_csv(text, infer_schema=False)
