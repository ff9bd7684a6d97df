"""What was read: the cells, where they stood, and what the file was like."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

ROW = "row"
"""Name of the column that holds the original row number; the others are named by letter (A, B, ..., AA)."""


def column_letter(position: int) -> str:
    """Name of the column at ``position`` (0 is A), as spreadsheet programs count."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_position(letter: str) -> int:
    """Position of the column named ``letter`` (A is 0)."""
    position = 0
    for each in letter:
        position = position * 26 + ord(each) - ord("A") + 1
    return position - 1


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged range: rows as a person counts them (from 1), columns by position (from 0), both ends included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True)
class Sheet:
    """A table read from a file.

    format      ``csv``, ``xlsx`` or ``xls``, told from the content
    encoding    of a csv: ``utf-8``, ``utf-8-sig`` (with byte order mark) or ``gb18030``; else ""
    separator   of a csv; else ""
    name        of the worksheet; "" for a csv
    header_row  original number of the row that holds the column headers
    headers     column letter -> header as it stands in the file, blanks around it cut; columns without one are left out
    rows        the rows below the header that hold anything: ``row`` (UInt32, original number) and one String column
                per letter, null where the cell is blank. Numbers, dates and truth values are in canonical text:
                ``1``, ``0.3``, ``2024-03-01``, ``2024-03-01 12:30:00``, ``TRUE``. A number of 16 digits or more has
                lost its last ones in the spreadsheet and comes in scientific notation (``4.10102199001011E+17``), so
                that the checks of identifiers tell it.
    numeric     column letter -> Boolean Series, true where the file holds a number cell (columns without one left out)
    dated       likewise for cells formatted as dates
    merged      merged ranges below the header; the value stands in the first cell of each
    other_sheets  names of further visible worksheets, which were not read
    """

    format: str
    header_row: int
    headers: dict[str, str]
    rows: pl.DataFrame
    encoding: str = ""
    separator: str = ""
    name: str = ""
    numeric: dict[str, pl.Series] = field(default_factory=dict)
    dated: dict[str, pl.Series] = field(default_factory=dict)
    merged: tuple[Merged, ...] = ()
    other_sheets: tuple[str, ...] = ()

    @property
    def unnamed(self) -> list[str]:
        """Letters of columns that hold values under no header, as a superfluous separator makes them."""
        return [letter for letter in self.rows.columns if letter != ROW and letter not in self.headers]

    def spread(self, letters: set[str] | None = None) -> pl.DataFrame:
        """The rows with the value of each merged range in all its rows (first column of the range).

        A range over several rows is how people write one heading cell for several lines. ``letters`` limits it to
        those columns. A range that reaches across columns fills only its first: the others have headers of their own.
        """
        frame = self.rows
        by_column: dict[str, list[Merged]] = {}
        for merged in self.merged:
            letter = column_letter(merged.first_column)
            if (
                merged.last_row > merged.first_row
                and letter in frame.columns
                and (letters is None or letter in letters)
            ):
                by_column.setdefault(letter, []).append(merged)
        for letter, ranges in by_column.items():
            spans = pl.DataFrame(
                {"start": [m.first_row for m in ranges], "end": [m.last_row for m in ranges]},
                schema={"start": pl.UInt32, "end": pl.UInt32},
            ).sort("start")
            near = frame.select(ROW).join_asof(spans, left_on=ROW, right_on="start", strategy="backward")
            source = near.select(pl.when(pl.col(ROW) <= pl.col("end")).then(pl.col("start")).alias(ROW))
            filled = source.join(frame.select(ROW, letter), on=ROW, how="left", maintain_order="left")[letter]
            frame = frame.with_columns(frame[letter].zip_with(source[ROW].is_null(), filled))
        return frame

    def continued(self) -> pl.Series:
        """For each row the number of the row that begins its merged block, null where it stands alone or begins one.

        A row is a continuation when a merged range that began above reaches into it.
        """
        owner: dict[int, int] = {}
        for merged in sorted(self.merged, key=lambda merged: merged.first_row):
            for row in range(merged.first_row + 1, merged.last_row + 1):
                owner.setdefault(row, merged.first_row)
        return pl.Series(ROW, [owner.get(row) for row in self.rows[ROW]], dtype=pl.UInt32)
