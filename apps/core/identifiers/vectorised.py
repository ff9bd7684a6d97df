"""The checks of this package over whole columns (Polars), for files of many rows.

Each function takes a string Series and gives one of the same length; null counts as empty. Property tests hold them
equal to the scalar forms. Values of the right shape are read as one array of bytes per row, and the byte of each
position looks up its weighted value; everything else is told by patterns.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import polars as pl

from . import checks, cleaning, older, persons, uscc

_SCIENTIFIC: Final = f"^{cleaning.SCIENTIFIC_PATTERN}$"
_RESIDENT_VALUES: Final = {str(digit): digit for digit in range(10)} | {"X": 10}
_ALPHANUMERIC: Final = "0-9A-Z"


def clean_codes(series: pl.Series) -> pl.Series:
    """`clean_code(...).text` of each value."""
    codes = _texts(series)
    damaged = codes.str.contains(f"[^{_ALPHANUMERIC}]")
    if not damaged.any():
        return codes.rename(series.name)
    mapped = codes.filter(damaged).str.replace_many(list(cleaning.REPLACEMENTS), list(cleaning.REPLACEMENTS.values()))
    stripped = (
        mapped.str.replace(f"^{cleaning.DECIMAL_PATTERN}$", "${1}")
        .str.replace(f"^(?:{cleaning.BARE_COPY_MARK_PATTERN})$", "${1}")
        .str.replace(f"(?:{cleaning.COPY_MARK_PATTERN})+$", "")
        .str.replace_all("-", "", literal=True)
    )
    repaired = mapped.zip_with(mapped.str.contains(_SCIENTIFIC), stripped)
    return codes.scatter(damaged.arg_true(), repaired).rename(series.name)


def scientific(series: pl.Series) -> pl.Series:
    """Whether each already cleaned value is a number in scientific notation, its digits lost."""
    return _texts(series).str.contains(_SCIENTIFIC).rename(series.name)


def uscc_status(series: pl.Series) -> pl.Series:
    """`uscc.status` of each already cleaned code: error codes, "" where valid."""

    def judge(codes: pl.Series) -> pl.Series:
        total = _weighted_sum(codes, uscc.LENGTH, (*uscc.WEIGHTS, 1), uscc.VALUES)
        return _first_true(
            codes,
            (checks.PLACEHOLDER, codes == uscc.PLACEHOLDER),
            (checks.ZEROS, codes == "0" * uscc.LENGTH),
            (checks.AUTHORITY_KIND, ~codes.str.slice(0, 2).is_in(list(uscc.AUTHORITY_KINDS))),
            (checks.CHECKSUM, total % 31 != 0),
        )

    shape = f"^[{uscc.ALPHABET}]{{2}}[0-9]{{6}}[{uscc.ALPHABET}]{{10}}$"
    return _judged(series, shape, uscc.LENGTH, judge, point_is_charset=True)


def ric_status(series: pl.Series, today: datetime.date | None = None) -> pl.Series:
    """`persons.resident_status` of each already cleaned resident identity number."""
    day = today or datetime.date.today()

    def judge(numbers: pl.Series) -> pl.Series:
        # Year 0 exists for Polars and not for Python; both lie before the earliest birth.
        born = numbers.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
        total = _weighted_sum(numbers, persons.RESIDENT_LENGTH, (*persons.RESIDENT_WEIGHTS, 1), _RESIDENT_VALUES)
        return _first_true(
            numbers,
            (checks.BIRTH_DATE, born.is_null() | (born < persons.EARLIEST_BIRTH).fill_null(value=True)),
            (checks.BIRTH_FUTURE, (born > day).fill_null(value=False)),
            (checks.CHECKSUM, total % 11 != 1),
        )

    return _judged(series, "^[0-9]{17}[0-9X]$", persons.RESIDENT_LENGTH, judge, point_is_charset=True)


def organisation_status(series: pl.Series) -> pl.Series:
    """`older.organisation_status` of each already cleaned organisation code."""

    def judge(codes: pl.Series) -> pl.Series:
        weights = (*older.ORGANISATION_WEIGHTS, 0)
        total = _weighted_sum(codes, older.ORGANISATION_LENGTH, weights, older.ORGANISATION_VALUES)
        expected = pl.Series(list(older.ORGANISATION_CHECKS)).gather(total % 11)
        return _first_true(
            codes,
            (checks.ZEROS, codes == "0" * older.ORGANISATION_LENGTH),
            (checks.CHECKSUM, codes.str.slice(8, 1) != expected),
        )

    return _judged(series, f"^[{_ALPHANUMERIC}]{{9}}$", older.ORGANISATION_LENGTH, judge)


def registration_status(series: pl.Series) -> pl.Series:
    """`older.registration_status` of each already cleaned business registration number."""

    def judge(numbers: pl.Series) -> pl.Series:
        check = pl.Series([5], dtype=pl.Int32).new_from_index(0, len(numbers))
        for digit in _bytes(numbers, older.REGISTRATION_LENGTH):
            # ISO 7064 MOD 11,10: a zero counts as ten before it is doubled.
            check = (check.replace(0, 10) * 2 % 11 + (digit.cast(pl.Int32) - ord("0"))) % 10
        return _first_true(
            numbers,
            (checks.ZEROS, numbers == "0" * older.REGISTRATION_LENGTH),
            (checks.CHECKSUM, check != 1),
        )

    return _judged(series, "^[0-9]{15}$", older.REGISTRATION_LENGTH, judge)


def tax_status(series: pl.Series) -> pl.Series:
    """`older.tax_status` of each already cleaned tax registration number."""
    codes = _texts(series)
    unified = codes.str.len_chars() == uscc.LENGTH
    organisation = organisation_status(codes.str.slice(6))
    shape = "(?s)^[0-9]{6}.{9}$"
    plain = _judged(codes, shape, older.TAX_LENGTH, lambda _: organisation.filter(codes.str.contains(shape)))
    return uscc_status(codes).zip_with(unified, plain).rename(series.name)


def uscc_check_characters(bodies: pl.Series) -> pl.Series:
    """`uscc.check_character` of each body of 17 characters of the alphabet."""
    total = _weighted_sum(bodies, uscc.LENGTH - 1, uscc.WEIGHTS, uscc.VALUES)
    return pl.Series(list(uscc.ALPHABET)).gather((31 - total % 31) % 31)


def organisation_check_characters(bodies: pl.Series) -> pl.Series:
    """`older.organisation_check_character` of each body of 8 characters."""
    total = _weighted_sum(bodies, older.ORGANISATION_LENGTH - 1, older.ORGANISATION_WEIGHTS, older.ORGANISATION_VALUES)
    return pl.Series(list(older.ORGANISATION_CHECKS)).gather(total % 11)


def registration_check_digits(bodies: pl.Series) -> pl.Series:
    """Last digit of the business registration number that begins with each body of 14 digits (GS 15-2006)."""
    check = pl.Series([10], dtype=pl.Int32).new_from_index(0, len(bodies))
    for digit in _bytes(bodies, older.REGISTRATION_LENGTH - 1):
        check = ((check + (digit.cast(pl.Int32) - ord("0"))) % 10).replace(0, 10) * 2 % 11
    return ((11 - check) % 10).cast(pl.String)


def _texts(series: pl.Series) -> pl.Series:
    return series.cast(pl.String).fill_null("")


def _judged(
    series: pl.Series,
    shape: str,
    length: int,
    judge: Callable[[pl.Series], pl.Series],
    *,
    point_is_charset: bool = False,
) -> pl.Series:
    """Errors that the shape alone tells, and `judge` over the values that have the shape.

    `point_is_charset`: a point or plus that is no scientific notation counts before the length, as the scalar form
    of the scheme has it.
    """
    codes = _texts(series)
    conditions = [(checks.EMPTY, codes == ""), (checks.SCIENTIFIC, codes.str.contains(_SCIENTIFIC))]
    if point_is_charset:
        conditions.append((checks.CHARSET, codes.str.contains("[+.]")))
    conditions.append((checks.LENGTH, codes.str.len_chars() != length))
    shaped = codes.str.contains(shape)
    result = _first_true(codes, *conditions, otherwise=checks.CHARSET)
    if shaped.any():
        result = result.scatter(shaped.arg_true(), judge(codes.filter(shaped)))
    return result.rename(series.name)


def _first_true(codes: pl.Series, *conditions: tuple[str, pl.Series], otherwise: str = checks.VALID) -> pl.Series:
    """Error of the first condition that holds, per row."""
    frame = pl.DataFrame({str(number): mask for number, (_, mask) in enumerate(conditions)})
    expression: pl.Expr = pl.lit(otherwise)
    for number, (error, _) in reversed(list(enumerate(conditions))):
        expression = pl.when(pl.col(str(number))).then(pl.lit(error)).otherwise(expression)
    return frame.select(expression.alias("error")).to_series()


def _bytes(codes: pl.Series, length: int) -> list[pl.Series]:
    """The bytes at each position. Every value must have exactly `length` ASCII characters."""
    rows = codes.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, length))
    return [rows.arr.get(position) for position in range(length)]


def _weighted_sum(codes: pl.Series, length: int, weights: Sequence[int], values: Mapping[str, int]) -> pl.Series:
    """Sum over the positions of the character's value times the weight of its position."""
    total = pl.Series([0], dtype=pl.Int32).new_from_index(0, len(codes))
    for column, weight in zip(_bytes(codes, length), weights, strict=True):
        table = pl.Series([values.get(chr(byte), 0) * weight for byte in range(128)], dtype=pl.Int32)
        total = total + table.gather(column)
    return total
