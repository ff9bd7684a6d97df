"""The clerk's own file, given back: wrong cells marked and explained, a column of reasons at the right.

A workbook keeps its layout, formats and merged cells (openpyxl); a csv or an old xls becomes a new workbook of the same
layout. ``only_rejected`` leaves the lines of wrong rows alone, to be corrected and sent again; it is also what a very
large file gets.
"""

from __future__ import annotations

import csv
import io
import itertools
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import openpyxl
import polars as pl
import python_calamine as calamine
import xlsxwriter
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from apps.catalogue.columns import header_score, match_columns, normalise_header
from apps.catalogue.shapes import ItemSpec
from apps.core.formulae import escape_formula
from apps.core.sheets import Sheet, column_letter, read_sheet

from .normalise import fold
from .read import REASONS_HEADER

WHOLE_SHEET_ROWS: Final = 50_000
"""Larger files are answered with their rejected rows alone: a workbook of that size takes minutes and gigabytes."""
OWN_WORKBOOK_BYTES: Final = 256 * 1024 * 1024
"""A workbook that unpacks to more is not opened with its formats: that takes many times as much memory."""
MOST_COMMENTS: Final = 5_000
AUTHOR: Final = "Credit City"
_FILL: Final = "FFFFC7CE"
_REASON_WIDTH: Final = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """One error as the file shows it: row of the sheet, place of the column (None: the row as a whole), its words."""

    row: int
    position: int | None
    column: str
    text: str


def annotate(data: bytes, spec: ItemSpec, marks: Iterable[Mark], *, only_rejected: bool = False) -> bytes:
    """The annotated workbook (xlsx) for a file that could be read. Raises SheetError for one that could not."""
    by_row: dict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        by_row[mark.row].append(mark)
    sheet = read_sheet(data, lambda cells: header_score(cells, spec))
    if only_rejected or len(sheet.rows) > WHOLE_SHEET_ROWS:
        return _new_workbook(data, sheet, spec, by_row, only_rejected=True)
    if sheet.format == "xlsx" and _unpacked(data) <= OWN_WORKBOOK_BYTES:
        return _own_workbook(data, sheet, by_row)
    return _new_workbook(data, sheet, spec, by_row, only_rejected=False)


def _unpacked(data: bytes) -> int:
    """Bytes that the workbook's parts take unpacked; the reader takes no more of a part than its directory says."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return sum(info.file_size for info in archive.infolist())


def _reasons(marks: list[Mark]) -> str:
    return "\n".join(f"【{mark.column}】{mark.text}" if mark.column else mark.text for mark in marks)


def _own_workbook(data: bytes, sheet: Sheet, by_row: Mapping[int, list[Mark]]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book[sheet.name]
    fill = PatternFill("solid", fgColor=_FILL)
    column = _reason_column(page, sheet)
    _forget_old_marks(page, column, sheet.header_row)
    head = page.cell(sheet.header_row, column, REASONS_HEADER)
    head.font = Font(bold=True)
    page.column_dimensions[get_column_letter(column)].width = _REASON_WIDTH
    areas = list(page.merged_cells.ranges)
    comments = 0
    for row, marks in by_row.items():
        reason = page.cell(row, column)
        if not isinstance(reason, MergedCell):
            reason.value = _reasons(marks)
            # Never a formula, whatever the cell that is quoted began with.
            reason.data_type = "s"
            reason.alignment = Alignment(wrap_text=True, vertical="top")
        texts: dict[tuple[int, int], list[str]] = defaultdict(list)
        for mark in marks:
            if mark.position is not None:
                texts[_anchor(areas, row, mark.position + 1)].append(mark.text)
        for place, explained in texts.items():
            cell = page.cell(*place)
            cell.fill = fill
            if comments < MOST_COMMENTS:
                cell.comment = Comment("\n".join(explained), AUTHOR, width=320, height=120)
                comments += 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _anchor(areas: list[Any], row: int, column: int) -> tuple[int, int]:
    """The cell that carries the value of this one: itself, or the first of its merged range."""
    for area in areas:
        if area.min_row <= row <= area.max_row and area.min_col <= column <= area.max_col:
            return area.min_row, area.min_col
    return row, column


def _reason_column(page: Any, sheet: Sheet) -> int:
    """The column of reasons that an earlier round left, else the first free one (from 1)."""
    wanted = normalise_header(REASONS_HEADER)
    for place in range(1, page.max_column + 1):
        if normalise_header(page.cell(sheet.header_row, place).value) == wanted:
            return place
    return page.max_column + 1


def _forget_old_marks(page: Any, column: int, header_row: int) -> None:
    blank = PatternFill(fill_type=None)
    for line in page.iter_rows(min_row=header_row + 1):
        for cell in line:
            if isinstance(cell, MergedCell):
                continue
            if cell.comment is not None and cell.comment.author == AUTHOR:
                cell.comment = None
            if cell.has_style and cell.fill.fill_type == "solid" and cell.fill.fgColor.rgb == _FILL:
                cell.fill = blank
            if cell.column == column:
                cell.value = None


def _new_workbook(
    data: bytes, sheet: Sheet, spec: ItemSpec, by_row: Mapping[int, list[Mark]], *, only_rejected: bool
) -> bytes:
    out = io.BytesIO()
    letters = [
        letter
        for letter, header in sheet.headers.items()
        if normalise_header(header) != normalise_header(REASONS_HEADER)
    ]
    letters += [letter for letter in sheet.unnamed if letter not in letters]
    positions = {column_letter(place): place for place in range(300)}
    letters.sort(key=positions.__getitem__)
    reason_at = max((positions[letter] for letter in letters), default=-1) + 1
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet(sheet.name[:31] or "Sheet1")
        text = book.add_format({"num_format": "@", "valign": "top"})
        bold = book.add_format({"num_format": "@", "bold": True})
        wrong = book.add_format({"num_format": "@", "valign": "top", "bg_color": "#" + _FILL[2:]})
        wrapped = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        for line, titles in enumerate(_title_rows(data, sheet)):
            for place, title in titles:
                page.write_string(line, place, str(escape_formula(title)), text)
        for letter in letters:
            page.write_string(sheet.header_row - 1, positions[letter], sheet.headers.get(letter, ""), bold)
        page.write_string(sheet.header_row - 1, reason_at, REASONS_HEADER, bold)
        page.set_column(reason_at, reason_at, _REASON_WIDTH)
        target = sheet.header_row - 1
        comments = 0
        for row, cells in _lines(sheet, spec, letters, by_row if only_rejected else None):
            target = target + 1 if only_rejected else row - 1
            marks = by_row.get(row, [])
            texts: dict[int, list[str]] = defaultdict(list)
            for mark in marks:
                if mark.position is not None:
                    texts[mark.position].append(mark.text)
            for letter, cell in zip(letters, cells, strict=True):
                place = positions[letter]
                if cell is not None:
                    page.write_string(target, place, cell, wrong if place in texts else text)
                elif place in texts:
                    page.write_blank(target, place, None, wrong)
            for place, explained in texts.items():
                if comments < MOST_COMMENTS:
                    page.write_comment(target, place, "\n".join(explained), {"author": AUTHOR, "x_scale": 2})
                    comments += 1
            if marks:
                page.write_string(target, reason_at, _reasons(marks), wrapped)
    return out.getvalue()


def _lines(
    sheet: Sheet, spec: ItemSpec, letters: list[str], rejected: Mapping[int, Any] | None
) -> Iterable[tuple[int, tuple[str | None, ...]]]:
    """The sheet's lines; with ``rejected`` only those of rejected records, values of merged cells written out."""
    frame = sheet.rows if rejected is None else sheet.spread()
    if rejected is not None:
        match = match_columns(list(sheet.headers.values()), spec)
        columns = {
            letter: spec.by_code[column.field]
            for letter, column in zip(sheet.headers, match.columns, strict=True)
            if column is not None
        }
        # A record reaches down to where the next one begins.
        starts = fold(sheet, columns).select(pl.col("row").alias("start")).sort("start")
        owner = frame.select("row").join_asof(starts, left_on="row", right_on="start", strategy="backward")["start"]
        keep = owner.is_in(list(rejected)).fill_null(value=False)
        head = (owner == frame["row"]).fill_null(value=False)
        below = sheet.rows
        frame = frame.with_columns(
            frame[letter].zip_with(head, below[letter]).alias(letter) for letter in frame.columns if letter != "row"
        ).filter(keep)
    gaps = [letter for letter in letters if letter not in frame.columns]
    frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(letter) for letter in gaps)
    for line in frame.select("row", *letters).iter_rows():
        yield line[0], line[1:]


def _title_rows(data: bytes, sheet: Sheet) -> list[list[tuple[int, str]]]:
    """The rows above the header, as (place, text) of their cells."""
    if sheet.format == "csv":
        text = data[: 1 << 20].decode(sheet.encoding, errors="replace")
        records = csv.reader(io.StringIO(text, newline=""), delimiter=sheet.separator or ",")
        rows: Iterable[Any] = itertools.islice(records, sheet.header_row - 1)
        first = 0
    else:
        with calamine.load_workbook(io.BytesIO(data)) as book:
            page = book.get_sheet_by_name(sheet.name)
            first = (page.start or (0, 0))[1]
            rows = list(itertools.islice(page.iter_rows(), sheet.header_row - 1))
    return [
        [(first + place, str(cell)) for place, cell in enumerate(cells) if cell not in ("", None)] for cells in rows
    ]
