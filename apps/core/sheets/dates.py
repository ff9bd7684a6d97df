"""Dates as files hold them."""

from __future__ import annotations

import polars as pl

# Day 1 of the serial count is 1900-01-01, and 1900 counts as a leap year; from March 1900 on this origin fits.
_SERIAL_ORIGIN = pl.date(1899, 12, 30)
_SEPARATED = r"^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?$"
_COMPACT = r"^([0-9]{4})([0-9]{2})([0-9]{2})$"
_FULL_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}


def to_dates(texts: pl.Series) -> pl.Series:
    """Dates (polars Date) of the texts; null where a text is no date of the calendar.

    Taken: ``2024-03-01``, ``2024/3/1``, ``2024.3.1``, ``2024年3月1日``, ``20240301``, each with full-width digits and
    with a midnight time after it, and spreadsheet serial numbers (``45352``: days from 1899-12-30, as the 1900 date
    system counts) between 1927 and 2173.
    """
    plain = texts.cast(pl.String).str.strip_chars()
    odd = plain.str.contains(r"[^\x00-\x7f]")
    if odd.any():
        plain = plain.zip_with(
            ~odd.fill_null(value=False),
            plain.str.replace_many(list(_FULL_WIDTH), list(_FULL_WIDTH.values())).str.replace_all(
                r"\s*([年月日])\s*", "${1}"
            ),
        )
    column = pl.col("text")

    def calendar(pattern: str) -> pl.Expr:
        groups = [column.str.extract(pattern, number) for number in (1, 2, 3)]
        joined = pl.concat_str([groups[0], *(group.str.zfill(2) for group in groups[1:])], separator="-")
        return joined.str.to_date("%Y-%m-%d", strict=False)

    serial = column.str.extract(r"^([1-9][0-9]{4})(?:\.0+)?$", 1).cast(pl.Int32)
    dates = pl.coalesce([calendar(_SEPARATED), calendar(_COMPACT), _SERIAL_ORIGIN + pl.duration(days=serial)])
    return pl.DataFrame({"text": plain}).select(dates.alias(texts.name or "date")).to_series()
