"""Cells of one column as canonical text."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl

_EXACT = 10.0**15
"""Up to here a spreadsheet number keeps every digit."""


def column_texts(values: Sequence[Any]) -> tuple[pl.Series, pl.Series | None, pl.Series | None]:
    """Texts of the cells, and masks of the number and of the date cells (None when there are none)."""
    types = set(map(type, values))
    if types <= {str, type(None)}:
        return pl.Series(values, dtype=pl.String), None, None
    parts = [pl.Series([value if type(value) is str else None for value in values], dtype=pl.String)]
    number_mask = date_mask = None
    if types & {float, int}:
        numbers = pl.Series(
            [value if type(value) in (float, int) else None for value in values], dtype=pl.Float64, strict=False
        )
        parts.append(number_texts(numbers))
        number_mask = numbers.is_not_null()
    if types & {datetime.date, datetime.datetime}:
        moments = [value if isinstance(value, datetime.date) else None for value in values]
        parts.append(
            pl.Series([None if moment is None else _moment_text(moment) for moment in moments], dtype=pl.String)
        )
        date_mask = parts[-1].is_not_null()
    if types - {str, float, int, datetime.date, datetime.datetime, type(None)}:
        parts.append(pl.Series([_other_text(value) for value in values], dtype=pl.String))
    return pl.select(pl.coalesce(parts)).to_series(), number_mask, date_mask


def number_texts(numbers: pl.Series) -> pl.Series:
    """Numbers as people write them: ``1`` for 1.0, at most 15 digits, scientific where digits are already lost."""
    whole = (numbers.floor() == numbers) & (numbers.abs() < _EXACT)
    texts = (
        numbers.zip_with(whole.fill_null(value=False), pl.Series([None], dtype=pl.Float64))
        .cast(pl.Int64)
        .cast(pl.String)
    )
    rest = numbers.filter(numbers.is_not_null() & ~whole).unique()
    if len(rest) == 0:
        return texts
    table = pl.DataFrame({"number": rest, "text": [_number_text(number) for number in rest]})
    joined = pl.DataFrame({"number": numbers}).join(table, on="number", how="left", maintain_order="left")["text"]
    return pl.select(pl.coalesce([texts, joined])).to_series()


def _number_text(number: float) -> str:
    text = f"{number:.15g}"
    if abs(number) >= _EXACT or number != number:
        return text.upper()
    return format(Decimal(text), "f") if "e" in text else text


def _moment_text(moment: datetime.date) -> str:
    if isinstance(moment, datetime.datetime):
        if moment.time() != datetime.time():
            return moment.isoformat(" ", "seconds")
        return moment.date().isoformat()
    return moment.isoformat()


def _other_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.time):
        return value.isoformat("seconds")
    if isinstance(value, datetime.timedelta):
        return str(value)
    return None
