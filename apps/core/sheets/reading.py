"""From a file to a Sheet, whole or piece by piece."""

from __future__ import annotations

import bisect
import codecs
import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import polars as pl
import python_calamine as calamine
from django.utils.translation import gettext_lazy as _

from . import guard
from .cells import column_texts
from .guard import HEAD, Limits, SheetError
from .sheet import ROW, Merged, Sheet, column_letter

Score = Callable[[Sequence[str]], float]
Source = str | Path | bytes | BinaryIO
"""A path, the bytes themselves, or a seekable binary file."""

SEPARATORS = (",", "\t", ";", "|")
PIECE = 20_000
"""So many rows at a time are turned from Python objects into columns, to bound the memory."""
_CHUNK = 1 << 20
_END = "\ue000"
"""Line put after the last one of a text: read as a row of its own unless a quotation mark is still open."""


def read_sheet(source: Source, score: Score, *, limits: Limits | None = None, sheet: str = "") -> Sheet:
    """Read the table in a file, all of it at once. Parameters and errors as for ``open_sheet``."""
    with open_sheet(source, score, limits=limits, sheet=sheet) as reader:
        return reader.whole()


@contextmanager
def open_sheet(source: Source, score: Score, *, limits: Limits | None = None, sheet: str = "") -> Iterator[SheetReader]:
    """Find the table in a file and its header; the reader then gives the rows, whole or piece by piece.

    ``score`` judges the cells of one row (blanks around them cut, "" for a blank cell): how well they do as the
    header; 0 or less for "no header". Of the first 50 rows the best is taken, of equals the first; the same judgement
    chooses the separator of a csv and, of several visible worksheets, the one to read. ``sheet`` names a worksheet
    instead.

    Raises SheetError with a text for the user: empty, too large, neither workbook nor text table, encoding, password,
    no header; while the rows are read: too many, quotation marks. A single bad row is never a SheetError.
    """
    limits = limits or Limits()
    with _opened(source) as file:
        if (kind := guard.file_format(file, limits)) == "csv":
            encoding, lines = _scan(file)
            file.seek(0)
            text = io.TextIOWrapper(file, encoding=encoding, newline="")
            try:
                yield _text_reader(text, score, limits, encoding, lines)
            finally:
                # Whoever opened the file closes it.
                text.detach()
        else:
            with _open_workbook(file) as workbook:
                yield _workbook_reader(workbook, kind, score, limits, sheet)


@contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, str | Path):
        with open(source, "rb") as file:
            yield file
    else:
        yield source


@dataclass
class SheetReader:
    """A table that was found, its rows still unread. What it is like stands in fields named as those of ``Sheet``.

    ``above``: the cells of the rows above the header, from ``first_column`` on. ``lines``: about how many rows there
    are below the header (line breaks within cells of a csv count as rows). The rows can be read once.
    """

    format: str
    header_row: int
    headers: dict[str, str]
    first_column: int
    above: list[Sequence[Any]]
    lines: int
    records: Iterator[Sequence[Any]]
    most_rows: int
    most_columns: int
    encoding: str = ""
    separator: str = ""
    name: str = ""
    merged: tuple[Merged, ...] = ()
    other_sheets: tuple[str, ...] = ()

    def whole(self) -> Sheet:
        """All rows."""
        table = _Table(self, self.header_row + 1)
        while chunk := list(itertools.islice(self.records, PIECE)):
            table.add(chunk)
        return table.sheet()

    def pieces(self, begins: Callable[[Sequence[Any]], bool] = lambda cells: True) -> Iterator[Sheet]:
        """The rows in sheets of 20,000 or a few more: one ends only before a row that ``begins`` a new record (told by
        its cells from ``first_column`` on) and never within a merged range. Memory stays flat."""
        row = self.header_row + 1
        within = _Spans(self.merged)
        held: list[Sequence[Any]] = []
        while chunk := [*held, *itertools.islice(self.records, PIECE - len(held))]:
            held = []
            for cells in self.records:
                if begins(cells) and not within(row + len(chunk)):
                    held = [cells]
                    break
                chunk.append(cells)
            table = _Table(self, row)
            table.add(chunk)
            yield table.sheet()
            row += len(chunk)


class _Spans:
    """Tells the rows that a merged range joins to the row above."""

    def __init__(self, merged: tuple[Merged, ...]) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in sorted((each.first_row, each.last_row) for each in merged):
            if self._lasts and first <= self._lasts[-1]:
                self._lasts[-1] = max(last, self._lasts[-1])
            else:
                self._firsts.append(first)
                self._lasts.append(last)

    def __call__(self, row: int) -> bool:
        place = bisect.bisect_left(self._firsts, row) - 1
        return place >= 0 and row <= self._lasts[place]


def _text_reader(text: TextIO, score: Score, limits: Limits, encoding: str, lines: int) -> SheetReader:
    head = text.read(1 << 16)
    text.seek(0)
    best: tuple[float, int, str] = (0.0, 0, "")
    for separator in [each for each in SEPARATORS if each in head] or SEPARATORS[:1]:
        # The head may end within a cell.
        rows = list(itertools.islice(csv.reader(io.StringIO(head, newline=""), delimiter=separator), HEAD))
        found, _place = _best_header(rows, score)
        # Of separators under which the header is equally good the one that makes more columns is right.
        best = max(best, (found, max(map(len, rows), default=0), separator), key=lambda entry: entry[:2])
    separator = best[2]
    if not separator:
        raise _no_header()
    return _reader(
        _records(text, separator),
        score,
        first_column=0,
        lines=lines,
        most_rows=limits.rows,
        most_columns=limits.columns,
        format="csv",
        encoding=encoding,
        separator=separator,
    )


def _scan(file: BinaryIO) -> tuple[str, int]:
    """Encoding of a text and the number of its lines. Raises SheetError naming the line that cannot be read."""
    file.seek(0)
    encodings = ("utf-8-sig",) if file.read(3) == codecs.BOM_UTF8 else ("utf-8", "gb18030")
    for encoding in encodings:
        decoder = codecs.getincrementaldecoder(encoding)()
        lines = 0
        file.seek(0)
        try:
            while chunk := file.read(_CHUNK):
                waiting = len(decoder.getstate()[0])
                decoder.decode(chunk)
                lines += chunk.count(b"\n")
            waiting = len(decoder.getstate()[0])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            broken = lines + chunk.count(b"\n", 0, max(0, error.start - waiting)) + 1
            continue
        return encoding, lines
    raise SheetError(
        "encoding",
        _("The text is neither UTF-8 nor GB18030: line %(line)s cannot be read. Save it as csv in UTF-8."),
        line=broken,
    )


def _records(text: Iterable[str], separator: str) -> Iterator[list[str]]:
    """The rows of a whole text. Raises SheetError when a quotation mark swallows what follows it."""
    reader = csv.reader(itertools.chain(text, [_END]), delimiter=separator)
    begins = follows = 1
    try:
        for cells in reader:
            if cells == [_END]:
                return
            begins, follows = follows, reader.line_num + 1
            yield cells
    except csv.Error as error:
        raise _open_quote(follows) from error
    raise _open_quote(begins)


def _open_quote(line: int) -> SheetError:
    text = _(
        "The text cannot be read as a table from line %(line)s on: a quotation mark begins there that has no end, or a "
        "cell of more than %(limit)s characters. Mend that line and send the file again."
    )
    return SheetError("quotes", text, line=line, limit=csv.field_size_limit())


@contextmanager
def _open_workbook(file: BinaryIO) -> Iterator[calamine.CalamineWorkbook]:
    try:
        file.seek(0)
        with calamine.load_workbook(file) as workbook:
            yield workbook
    except calamine.PasswordError as error:
        raise guard.password() from error
    except calamine.CalamineError as error:
        raise guard.damaged() from error


def _workbook_reader(
    workbook: calamine.CalamineWorkbook, kind: str, score: Score, limits: Limits, wanted: str
) -> SheetReader:
    names = [
        entry.name
        for entry in workbook.sheets_metadata
        if entry.visible == calamine.SheetVisibleEnum.Visible and entry.typ == calamine.SheetTypeEnum.WorkSheet
    ]
    if wanted and wanted not in names:
        raise SheetError("sheet", _("The workbook has no sheet “%(sheet)s”."), sheet=wanted)
    chosen, sheet = _choose_sheet(workbook, [wanted] if wanted else names, score, limits)
    return _reader(
        sheet.iter_rows(),
        score,
        first_column=sheet.start[1] if sheet.start else 0,
        lines=sheet.total_height + 1,
        most_rows=limits.workbook_rows,
        most_columns=limits.columns,
        format=kind,
        name=chosen,
        merged=tuple(
            Merged(top + 1, bottom + 1, left, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
        ),
        other_sheets=tuple(name for name in names if name != chosen),
    )


def _choose_sheet(
    workbook: calamine.CalamineWorkbook, names: list[str], score: Score, limits: Limits
) -> tuple[str, calamine.CalamineSheet]:
    best: tuple[float, str, calamine.CalamineSheet | None] = (0.0, "", None)
    for name in names:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.total_height > limits.workbook_rows + HEAD:
            raise guard.too_many_workbook_rows(limits)
        if sheet.total_width > limits.columns:
            raise SheetError("columns", guard.TOO_MANY_COLUMNS, limit=limits.columns)
        found, _place = _best_header(itertools.islice(sheet.iter_rows(), HEAD), score)
        if found > best[0]:
            best = (found, name, sheet)
    if best[2] is None:
        raise _no_header()
    return best[1], best[2]


def _no_header() -> SheetError:
    text = _("No row of the first %(rows)s holds the column headers. Compare it with the template.")
    return SheetError("header", text, rows=HEAD)


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


def _reader(
    records: Iterable[Sequence[Any]],
    score: Score,
    *,
    first_column: int,
    lines: int,
    merged: tuple[Merged, ...] = (),
    **about: Any,
) -> SheetReader:
    rows = iter(records)
    head = list(itertools.islice(rows, HEAD))
    _found, place = _best_header(head, score)
    if place < 0:
        raise _no_header()
    return SheetReader(
        header_row=place + 1,
        headers={
            column_letter(first_column + position): text
            for position, cell in enumerate(head[place])
            if (text := _header_text(cell))
        },
        first_column=first_column,
        above=head[:place],
        lines=max(0, lines - place - 1),
        records=itertools.chain(head[place + 1 :], rows),
        merged=tuple(entry for entry in merged if entry.last_row > place + 1),
        **about,
    )


class _Table:
    """Rows become columns, a chunk at a time."""

    def __init__(self, reader: SheetReader, first_row: int) -> None:
        self.reader, self.first_row = reader, first_row
        self.frames: list[pl.DataFrame] = []
        self.height = 0
        # Letter -> number of the chunk -> mask; most columns have none.
        self.numeric: dict[str, dict[int, pl.Series]] = {}
        self.dated: dict[str, dict[int, pl.Series]] = {}

    def add(self, chunk: list[Sequence[Any]]) -> None:
        reader = self.reader
        start = self.first_row + self.height
        self.height += len(chunk)
        if start + len(chunk) - 1 - reader.header_row > reader.most_rows:
            raise SheetError("rows", guard.TOO_MANY_ROWS, limit=reader.most_rows)
        if reader.first_column + max(map(len, chunk)) > reader.most_columns:
            raise SheetError("columns", guard.TOO_MANY_COLUMNS, limit=reader.most_columns)
        columns = {ROW: pl.int_range(start, start + len(chunk), dtype=pl.UInt32, eager=True)}
        # zip_longest brings rows of different length, as a csv may have, to one width.
        for position, values in enumerate(itertools.zip_longest(*chunk)):
            letter = column_letter(reader.first_column + position)
            columns[letter], is_number, is_date = column_texts(values)
            if is_number is not None:
                self.numeric.setdefault(letter, {})[len(self.frames)] = is_number
            if is_date is not None:
                self.dated.setdefault(letter, {})[len(self.frames)] = is_date
        self.frames.append(pl.DataFrame(columns))

    def sheet(self) -> Sheet:
        """The rows that hold anything, with every column that has a header."""
        reader = self.reader
        named = pl.DataFrame(schema={ROW: pl.UInt32} | dict.fromkeys(reader.headers, pl.String))
        frame = pl.concat([named, *self.frames], how="diagonal")
        letters = [letter for letter in frame.columns if letter != ROW]
        frame = frame.with_columns(
            pl.when(pl.col(letter).str.contains(r"\S")).then(pl.col(letter)).alias(letter) for letter in letters
        )
        filled = frame.select(pl.any_horizontal(pl.col(letter).is_not_null() for letter in letters)).to_series()
        empty = {
            letter for letter in letters if letter not in reader.headers and frame[letter].null_count() == len(frame)
        }
        last_row = self.first_row + self.height - 1
        return Sheet(
            format=reader.format,
            header_row=reader.header_row,
            headers=reader.headers,
            rows=frame.filter(filled).drop(empty),
            encoding=reader.encoding,
            separator=reader.separator,
            name=reader.name,
            numeric={letter: mask.filter(filled) for letter, mask in self._masks(self.numeric) if letter not in empty},
            dated={letter: mask.filter(filled) for letter, mask in self._masks(self.dated) if letter not in empty},
            merged=tuple(
                each for each in reader.merged if each.first_row <= last_row and each.last_row >= self.first_row
            ),
            other_sheets=reader.other_sheets,
        )

    def _masks(self, kept: dict[str, dict[int, pl.Series]]) -> Iterator[tuple[str, pl.Series]]:
        """Per letter the mask over all chunks; a chunk without one counts as false throughout."""
        for letter, parts in kept.items():
            yield (
                letter,
                pl.concat(
                    parts[n] if n in parts else pl.repeat(value=False, n=len(frame), eager=True)
                    for n, frame in enumerate(self.frames)
                ),
            )
