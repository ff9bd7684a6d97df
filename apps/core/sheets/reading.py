"""From a file to a Sheet."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import python_calamine as calamine
from django.utils.translation import gettext_lazy as _

from . import guard
from .cells import column_texts
from .guard import Limits, SheetError
from .sheet import ROW, Merged, Sheet, column_letter

Score = Callable[[Sequence[str]], float]

SEPARATORS = (",", "\t", ";", "|")
_HEAD = 50
"""So many rows at the top are looked at for the header."""
_CHUNK = 20_000
"""So many rows at a time are turned from Python objects into columns, to bound the memory."""


def read_sheet(source: str | Path | bytes, score: Score, *, limits: Limits | None = None, sheet: str = "") -> Sheet:
    """Read the table in a file (a path, or its bytes).

    ``score`` judges the cells of one row (blanks around them cut, "" for a blank cell): how well they do as the
    header; 0 or less for "no header". Of the first 50 rows the best is taken, of equals the first; the same judgement
    chooses the separator of a csv and, of several visible worksheets, the one to read. ``sheet`` names a worksheet
    instead.

    Raises SheetError with a text for the user: empty, too large, neither workbook nor text table, encoding, password,
    no header. A single bad row is never a SheetError.
    """
    limits = limits or Limits()
    if isinstance(source, bytes):
        data = source
    else:
        path = Path(source)
        guard.check_size(path.stat().st_size, limits)
        data = path.read_bytes()
    if (kind := guard.file_format(data, limits)) == "csv":
        return _read_text(data, score, limits)
    return _read_workbook(data, kind, score, limits, sheet)


def _read_text(data: bytes, score: Score, limits: Limits) -> Sheet:
    text, encoding = _decode(data)
    head = text[: 1 << 16]
    best: tuple[float, int, str] = (0.0, 0, "")
    for separator in SEPARATORS:
        rows = list(itertools.islice(_records(head, separator), _HEAD))
        found, _place = _best_header(rows, score)
        # Of separators under which the header is equally good the one that makes more columns is right.
        best = max(best, (found, max(map(len, rows), default=0), separator), key=lambda entry: entry[:2])
    separator = best[2]
    if not separator:
        raise _no_header()
    return _assemble(
        _records(text, separator), score, limits, first_column=0, format="csv", encoding=encoding, separator=separator
    )


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith(b"\xef\xbb\xbf"):
        encodings: tuple[str, ...] = ("utf-8-sig",)
    else:
        encodings = ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError as error:
            place = error.start
    line = data.count(b"\n", 0, place) + 1
    raise SheetError(
        "encoding",
        _("The text is neither UTF-8 nor GB18030: line %(line)s cannot be read. Save it as csv in UTF-8."),
        line=line,
    )


def _records(text: str, separator: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error as error:
        raise SheetError(
            "quotes",
            _("The text table cannot be read: %(error)s. Look for a quotation mark without its partner."),
            error=str(error),
        ) from error


def _read_workbook(data: bytes, kind: str, score: Score, limits: Limits, wanted: str) -> Sheet:
    try:
        with calamine.load_workbook(io.BytesIO(data)) as workbook:
            names = [
                entry.name
                for entry in workbook.sheets_metadata
                if entry.visible == calamine.SheetVisibleEnum.Visible and entry.typ == calamine.SheetTypeEnum.WorkSheet
            ]
            if wanted and wanted not in names:
                raise SheetError("sheet", _("The workbook has no sheet “%(sheet)s”."), sheet=wanted)
            chosen, sheet = _choose_sheet(workbook, [wanted] if wanted else names, score, limits)
            first_column = sheet.start[1] if sheet.start else 0
            merged = tuple(
                Merged(top + 1, bottom + 1, left, right)
                for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
            )
            return _assemble(
                sheet.iter_rows(),
                score,
                limits,
                first_column=first_column,
                format=kind,
                name=chosen,
                merged=merged,
                other_sheets=tuple(name for name in names if name != chosen),
            )
    except calamine.PasswordError as error:
        raise guard.password() from error
    except calamine.CalamineError as error:
        raise guard.damaged() from error


def _choose_sheet(
    workbook: calamine.CalamineWorkbook, names: list[str], score: Score, limits: Limits
) -> tuple[str, calamine.CalamineSheet]:
    best: tuple[float, str, calamine.CalamineSheet | None] = (0.0, "", None)
    for name in names:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.total_height > limits.rows + _HEAD:
            raise SheetError("rows", guard.TOO_MANY_ROWS, limit=limits.rows)
        if sheet.total_width > limits.columns:
            raise SheetError("columns", guard.TOO_MANY_COLUMNS, limit=limits.columns)
        found, _place = _best_header(itertools.islice(sheet.iter_rows(), _HEAD), score)
        if found > best[0]:
            best = (found, name, sheet)
    if best[2] is None:
        raise _no_header()
    return best[1], best[2]


def _no_header() -> SheetError:
    text = _("No row of the first %(rows)s holds the column headers. Compare it with the template.")
    return SheetError("header", text, rows=_HEAD)


def _best_header(rows: Iterable[Sequence[Any]], score: Score) -> tuple[float, int]:
    """Score and place (from 0) of the best header among the rows; place -1 when none does."""
    best, place = 0.0, -1
    for number, row in enumerate(rows):
        cells = [_header_text(cell) for cell in row]
        if any(cells) and (found := score(cells)) > best:
            best, place = found, number
    return best, place


def _header_text(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else "" if cell is None else str(cell)


def _assemble(
    records: Iterable[Sequence[Any]],
    score: Score,
    limits: Limits,
    *,
    first_column: int,
    merged: tuple[Merged, ...] = (),
    **about: Any,
) -> Sheet:
    rows = iter(records)
    head = list(itertools.islice(rows, _HEAD))
    _found, place = _best_header(head, score)
    if place < 0:
        raise _no_header()
    headers = {
        column_letter(first_column + position): text
        for position, cell in enumerate(head[place])
        if (text := _header_text(cell))
    }
    table = _Table(limits, first_column, first_row=place + 2)
    body = itertools.chain(head[place + 1 :], rows)
    while chunk := list(itertools.islice(body, _CHUNK)):
        table.add(chunk)
    frame = table.frame(headers)
    letters = [letter for letter in frame.columns if letter != ROW]
    frame = frame.with_columns(
        pl.when(pl.col(letter).str.contains(r"\S")).then(pl.col(letter)).alias(letter) for letter in letters
    )
    filled = frame.select(pl.any_horizontal(pl.col(letter).is_not_null() for letter in letters)).to_series()
    empty = {letter for letter in letters if letter not in headers and frame[letter].null_count() == len(frame)}
    return Sheet(
        header_row=place + 1,
        headers=headers,
        rows=frame.filter(filled).drop(empty),
        numeric={letter: mask.filter(filled) for letter, mask in table.masks(table.numeric) if letter not in empty},
        dated={letter: mask.filter(filled) for letter, mask in table.masks(table.dated) if letter not in empty},
        merged=tuple(entry for entry in merged if entry.last_row > place + 1),
        **about,
    )


class _Table:
    """Rows become columns, a chunk at a time."""

    def __init__(self, limits: Limits, first_column: int, first_row: int) -> None:
        self.limits, self.first_column, self.first_row = limits, first_column, first_row
        self.frames: list[pl.DataFrame] = []
        self.height = 0
        # Letter -> number of the chunk -> mask; most columns have none.
        self.numeric: dict[str, dict[int, pl.Series]] = {}
        self.dated: dict[str, dict[int, pl.Series]] = {}

    def add(self, chunk: list[Sequence[Any]]) -> None:
        start = self.first_row + self.height
        self.height += len(chunk)
        if self.height > self.limits.rows:
            raise SheetError("rows", guard.TOO_MANY_ROWS, limit=self.limits.rows)
        if self.first_column + max(map(len, chunk)) > self.limits.columns:
            raise SheetError("columns", guard.TOO_MANY_COLUMNS, limit=self.limits.columns)
        columns = {ROW: pl.int_range(start, start + len(chunk), dtype=pl.UInt32, eager=True)}
        # zip_longest brings rows of different length, as a csv may have, to one width.
        for position, values in enumerate(itertools.zip_longest(*chunk)):
            letter = column_letter(self.first_column + position)
            columns[letter], is_number, is_date = column_texts(values)
            if is_number is not None:
                self.numeric.setdefault(letter, {})[len(self.frames)] = is_number
            if is_date is not None:
                self.dated.setdefault(letter, {})[len(self.frames)] = is_date
        self.frames.append(pl.DataFrame(columns))

    def frame(self, headers: dict[str, str]) -> pl.DataFrame:
        """All rows, with every column that has a header."""
        named = pl.DataFrame(schema={ROW: pl.UInt32} | dict.fromkeys(headers, pl.String))
        return pl.concat([named, *self.frames], how="diagonal")

    def masks(self, kept: dict[str, dict[int, pl.Series]]) -> Iterator[tuple[str, pl.Series]]:
        """Per letter the mask over all chunks; a chunk without one counts as false throughout."""
        for letter, parts in kept.items():
            yield (
                letter,
                pl.concat(
                    parts[n] if n in parts else pl.repeat(value=False, n=len(frame), eager=True)
                    for n, frame in enumerate(self.frames)
                ),
            )
