"""Rows by the hundred thousand as frames of text: no object for a row, no Python for a cell."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import polars as pl
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet


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
        with cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)") as copy:
            lines = iter(copy)
            while piece := b"".join(islice(lines, rows)):
                yield pl.read_csv(piece, has_header=False, schema=schema)


def mapped(column: pl.Series, written: Callable[[str], str] | None) -> pl.Series:
    """The column with each of its values as ``written`` gives it, which is asked once for a value; as it is without
    one. Null stays null."""
    known = column.unique().drop_nulls()
    if written is None or known.is_empty():
        return column
    return column.replace_strict(known, pl.Series([written(value) for value in known], dtype=pl.String))


def text_frame(rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """Rows of plain values as a frame."""
    return pl.DataFrame([[None if cell is None else str(cell) for cell in row] for row in rows], orient="row")
