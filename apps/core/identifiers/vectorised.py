"""The checks of this package over whole columns (Polars), for files of many rows.

Each function takes a string Series and gives one of the same length; null counts as empty. Property tests hold them
equal to the scalar forms. A column is read once as an array of bytes per row, and each position looks its value up.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from . import checks, cleaning, older, persons, uscc

_ANCHORED_SCIENTIFIC: Final = f"^{cleaning.SCIENTIFIC_PATTERN}$"
_CODE: Final = pl.col("code")


def clean_codes(series: pl.Series) -> pl.Series:
    """`clean_code(...).text` of each value."""
    plain = (series.cast(pl.String).fill_null("")).rename("code")
    dirty = plain.str.contains("[^0-9A-Z]")
    if not dirty.any():
        return plain.rename(series.name)
    damaged = plain.filter(dirty).to_frame()
    mapped = damaged.select(
        _CODE.str.replace_many(list(cleaning.REPLACEMENTS), list(cleaning.REPLACEMENTS.values()))
    ).with_columns(scientific=_CODE.str.contains(_ANCHORED_SCIENTIFIC))
    stripped = (
        _CODE.str.replace(f"^{cleaning.DECIMAL_PATTERN}$", "${1}")
        .str.replace(f"^{cleaning.BARE_COPY_MARK_PATTERN}$", "${1}")
        .str.replace(f"(?:{cleaning.COPY_MARK_PATTERN})+$", "")
        .str.replace_all("-", "", literal=True)
    )
    repaired = mapped.select(pl.when("scientific").then(_CODE).otherwise(stripped)).to_series()
    return plain.scatter(dirty.arg_true(), repaired).rename(series.name)


def scientific(series: pl.Series) -> pl.Series:
    """Whether each already cleaned value is a number in scientific notation, its digits lost."""
    return series.fill_null("").str.contains(_ANCHORED_SCIENTIFIC)


def uscc_status(series: pl.Series) -> pl.Series:
    """`uscc.status` of each already cleaned code: error codes, "" where valid."""
    frame = _frame(series)
    first = _CODE.str.slice(0, 2)
    expression = (
        pl.when(_CODE == uscc.PLACEHOLDER)
        .then(pl.lit(checks.PLACEHOLDER))
        .when(_CODE == "0" * uscc.LENGTH)
        .then(pl.lit(checks.ZEROS))
        .when(~_CODE.str.contains(f"^[{uscc.ALPHABET}]{{2}}[0-9]{{6}}[{uscc.ALPHABET}]{{10}}$"))
        .then(pl.lit(checks.CHARSET))
        .when(~first.is_in(list(uscc.AUTHORITY_KINDS)))
        .then(pl.lit(checks.AUTHORITY_KIND))
    )
    total = _weighted_sum(frame, uscc.LENGTH, (*uscc.WEIGHTS, 1), uscc.VALUES)
    expression_with_sum = expression.when(total % 31 != 0).then(pl.lit(checks.CHECKSUM)).otherwise(pl.lit(checks.VALID))
    return _answer(frame, series.name, uscc.LENGTH, expression_with_sum)


def ric_status(series: pl.Series, today: datetime.date | None = None) -> pl.Series:
    """`persons.resident_status` of each already cleaned resident identity number."""
    frame = _frame(series)
    day = today or datetime.date.today()
    born = _CODE.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    values = {str(digit): digit for digit in range(10)} | {"X": 10}
    total = _weighted_sum(frame, persons.RESIDENT_LENGTH, (*persons.RESIDENT_WEIGHTS, 1), values)
    expression = (
        pl.when(~_CODE.str.contains("^[0-9]{17}[0-9X]$"))
        .then(pl.lit(checks.CHARSET))
        .when(born.is_null() | (born < persons.EARLIEST_BIRTH))
        .then(pl.lit(checks.BIRTH_DATE))
        .when(born > day)
        .then(pl.lit(checks.BIRTH_FUTURE))
        .when(total % 11 != 1)
        .then(pl.lit(checks.CHECKSUM))
        .otherwise(pl.lit(checks.VALID))
    )
    return _answer(frame, series.name, persons.RESIDENT_LENGTH, expression, scientific_before_length=True)


def organisation_status(series: pl.Series) -> pl.Series:
    """`older.organisation_status` of each already cleaned organisation code."""
    frame = _frame(series)
    total = _weighted_sum(frame, 8, older.ORGANISATION_WEIGHTS, older.ORGANISATION_VALUES)
    expected = (total % 11).cast(pl.String).replace_strict({str(n): c for n, c in enumerate("0X987654321")}, default="")
    expression = (
        pl.when(~_CODE.str.contains("^[0-9A-Z]{9}$"))
        .then(pl.lit(checks.CHARSET))
        .when(_CODE == "0" * older.ORGANISATION_LENGTH)
        .then(pl.lit(checks.ZEROS))
        .when(_CODE.str.slice(8, 1) != expected)
        .then(pl.lit(checks.CHECKSUM))
        .otherwise(pl.lit(checks.VALID))
    )
    return _answer(frame, series.name, older.ORGANISATION_LENGTH, expression, scientific_before_length=True)


def registration_status(series: pl.Series) -> pl.Series:
    """`older.registration_status` of each already cleaned business registration number."""
    return _by_distinct_value(series, older.registration_status)


def tax_status(series: pl.Series) -> pl.Series:
    """`older.tax_status` of each already cleaned tax registration number."""
    return _by_distinct_value(series, older.tax_status)
