"""Rows by the hundred thousand as frames of text: no object for a row, no Python for a cell."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import polars as pl
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet

from .ahead import read_ahead

REMEMBERED: Final = 5000


def copied(queryset: QuerySet, columns: Mapping[str, Any], rows: int) -> Generator[pl.DataFrame, None, None]:
    """The rows of a queryset, so many at a time, as the database copies them out: by name, the text of each expression,
    null for none. Until the last one was taken no other query may be sent; close it to stop before.
    """
    try:
        sql, params = queryset.values_list(*columns.values()).query.sql_with_params()
    except EmptyResultSet:
        return
    schema = dict.fromkeys(columns, pl.String)
    # Who stops before the end breaks off the statement: that must not cost the transaction.
    with transaction.atomic(), connection.cursor() as cursor:
        statement = cursor.cursor.mogrify(sql, params)
        copy = cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)")
        # Nobody reads on any more when the statement is broken off.
        with copy as lines, closing(read_ahead(_pieces(lines, rows))) as pieces:
            for piece in pieces:
                yield pl.read_csv(piece, has_header=False, schema=schema)


def _pieces(lines: Iterable[Any], rows: int) -> Iterator[bytes]:
    remaining = iter(lines)
    while piece := b"".join(islice(remaining, rows)):
        yield piece


def remembering(written: Callable[[str], str]) -> Callable[[str], str]:
    """The same, asked anew only for what it was not asked for lately."""
    return lru_cache(REMEMBERED)(written)


def mapped(column: pl.Series, written: Callable[[str], str] | None) -> pl.Series:
    """The column with each of its values as ``written`` gives it; as it is without one. Null stays null."""
    if written is None:
        return column
    texts = [None if value is None else written(value) for value in column.to_list()]
    return pl.Series(column.name, texts, dtype=pl.String)


def text_frame(rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """Rows of plain values as a frame."""
    return pl.DataFrame([[None if cell is None else str(cell) for cell in row] for row in rows], orient="row")
