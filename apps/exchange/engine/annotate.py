"""The clerk's own file, given back: wrong cells marked and explained, a column of reasons at the right.

A workbook keeps its layout, formats and merged cells (openpyxl); a csv or an old xls becomes a new workbook of the same
layout. ``only_rejected`` leaves the lines of wrong rows alone, to be corrected and sent again; it is also what a very
large file gets.
"""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import openpyxl
import polars as pl
import xlsxwriter
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from apps.catalogue.columns import header_score, match_columns, normalise_header
from apps.catalogue.shapes import ItemSpec
from apps.core.formulae import escape_formula
from apps.core.sheets import Sheet, SheetReader, Source, column_position, open_sheet

from .normalise import fold, record_begins
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


def annotate(source: Source, spec: ItemSpec, marks: Iterable[Mark], *, only_rejected: bool = False) -> bytes:
    """The annotated workbook (xlsx) for a file that could be read. Raises SheetError for one that could not."""
    by_row: dict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        by_row[mark.row].append(mark)
    with open_sheet(source, lambda cells: header_score(cells, spec)) as reader:
        if only_rejected or reader.lines > WHOLE_SHEET_ROWS:
            return _new_workbook(reader, _rejected(reader, spec, by_row), by_row, only_rejected=True)
        sheet = reader.whole()
        if sheet.format != "xlsx" or _unpacked(source) > OWN_WORKBOOK_BYTES:
            return _new_workbook(reader, sheet.rows, by_row, only_rejected=False)
    return _own_workbook(source, sheet, by_row)


def _file(source: Source) -> str | Path | BinaryIO:
    """The source as libraries take it that know no plain bytes."""
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if not isinstance(source, str | Path):
        source.seek(0)
    return source


def _reasons(marks: list[Mark]) -> str:
    return "\n".join(f"【{mark.column}】{mark.text}" if mark.column else mark.text for mark in marks)


def _unpacked(source: Source) -> int:
    """Bytes that the workbook's parts take unpacked; the reader takes no more of a part than its directory says."""
    with zipfile.ZipFile(_file(source)) as archive:
        return sum(info.file_size for info in archive.infolist())


def _own_workbook(source: Source, sheet: Sheet, by_row: Mapping[int, list[Mark]]) -> bytes:
    book = openpyxl.load_workbook(_file(source))
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
    reader: SheetReader, lines: pl.DataFrame, by_row: Mapping[int, list[Mark]], *, only_rejected: bool
) -> bytes:
    out = io.BytesIO()
    letters = [
        letter
        for letter, header in reader.headers.items()
        if normalise_header(header) != normalise_header(REASONS_HEADER)
    ]
    letters += [letter for letter in lines.columns if letter != "row" and letter not in reader.headers]
    letters.sort(key=column_position)
    reason_at = max(map(column_position, letters), default=-1) + 1
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet(reader.name[:31] or "Sheet1")
        text = book.add_format({"num_format": "@", "valign": "top"})
        bold = book.add_format({"num_format": "@", "bold": True})
        wrong = book.add_format({"num_format": "@", "valign": "top", "bg_color": "#" + _FILL[2:]})
        wrapped = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        for line, titles in enumerate(reader.above):
            for place, title in enumerate(titles, start=reader.first_column):
                if title not in ("", None):
                    page.write_string(line, place, str(escape_formula(str(title))), text)
        for letter in letters:
            page.write_string(reader.header_row - 1, column_position(letter), reader.headers.get(letter, ""), bold)
        page.write_string(reader.header_row - 1, reason_at, REASONS_HEADER, bold)
        page.set_column(reason_at, reason_at, _REASON_WIDTH)
        target = reader.header_row - 1
        comments = 0
        gaps = [letter for letter in letters if letter not in lines.columns]
        cells_of = lines.with_columns(pl.lit(None, dtype=pl.String).alias(letter) for letter in gaps)
        for row, *cells in cells_of.select("row", *letters).iter_rows():
            target = target + 1 if only_rejected else row - 1
            marks = by_row.get(row, [])
            texts: dict[int, list[str]] = defaultdict(list)
            for mark in marks:
                if mark.position is not None:
                    texts[mark.position].append(mark.text)
            for letter, cell in zip(letters, cells, strict=True):
                place = column_position(letter)
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


def _rejected(reader: SheetReader, spec: ItemSpec, rejected: Mapping[int, Any]) -> pl.DataFrame:
    """The lines of rejected records, values of merged cells written out."""
    match = match_columns(list(reader.headers.values()), spec)
    columns = {
        letter: spec.by_code[column.field]
        for letter, column in zip(reader.headers, match.columns, strict=True)
        if column is not None
    }
    kept = [pl.DataFrame(schema={"row": pl.UInt32})]
    for sheet in reader.pieces(record_begins(columns, reader.first_column)):
        frame = sheet.spread()
        # A record reaches down to where the next one begins.
        starts = fold(sheet, columns).select(pl.col("row").alias("start")).sort("start")
        owner = frame.select("row").join_asof(starts, left_on="row", right_on="start", strategy="backward")["start"]
        head = (owner == frame["row"]).fill_null(value=False)
        frame = frame.with_columns(
            frame[letter].zip_with(head, sheet.rows[letter]).alias(letter)
            for letter in frame.columns
            if letter != "row"
        )
        kept.append(frame.filter(owner.is_in(list(rejected)).fill_null(value=False)))
    return pl.concat(kept, how="diagonal")
