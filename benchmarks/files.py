"""Files of penalties of any size, about companies on record."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import xlsxwriter

from apps.departments.models import Department
from apps.subjects.models import Subject
from tests.exchange.generate import HEADERS, NAME, NUMBER, USCC, penalties

_DISTINCT = 5_000
"""So many rows are drawn; larger files repeat them about other companies, under other numbers."""


def penalty_rows(count: int, department: Department, turn: int) -> pl.DataFrame:
    """``count`` right rows that are not on record; another ``turn`` gives other document numbers."""
    known = (
        Subject.objects.filter(uscc__startswith="91", merged_into=None)
        .order_by("pk")
        .values_list("name", "uscc")[: min(count, 50_000)]
    )
    companies = pl.DataFrame(list(known), schema=[NAME, USCC], orient="row")
    drawn = pl.DataFrame(
        penalties(
            min(count, _DISTINCT), companies.rows(), authority=(department.name, department.uscc or ""), seed=turn
        ).rows
    )
    places = pl.int_range(count, dtype=pl.UInt32, eager=True)
    rows = drawn[places % len(drawn)]
    own = companies[places % len(companies)]
    numbers = pl.Series(NUMBER, [f"测{turn}〔2025〕"]).new_from_index(0, count) + (places + 1).cast(pl.String) + "号"
    return rows.with_columns(own[NAME], own[USCC], numbers).select(HEADERS)


def write_csv(path: Path, rows: pl.DataFrame) -> None:
    rows.write_csv(path, include_bom=True, null_value="")


def write_xlsx(path: Path, rows: pl.DataFrame) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, rows.columns)
        for number, row in enumerate(rows.iter_rows(), 1):
            for column, value in enumerate(row):
                if value:
                    sheet.write_string(number, column, value)
