"""From a file to a table of raw texts by field, with the clerk's own row and column kept for every cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.catalogue.columns import ColumnMatch, header_score, match_columns
from apps.catalogue.shapes import EditionColumn, FieldSpec, ItemSpec
from apps.core.sheets import Limits, Sheet, SheetError, SheetReader, Source, column_position, open_sheet

from .normalise import fold, record_begins

REASONS_HEADER = "错误原因"
"""Header of the column that an annotated file carries; it is read over when the file comes back."""


class FileRefused(Exception):
    """The file as a whole cannot be taken. The text tells the clerk why and what to do."""

    def __init__(self, code: str, message: str | Promise, **params: object) -> None:
        self.code = code
        self.text = str(message) % params if params else str(message)
        super().__init__(code)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Table:
    """A file as the engine sees it, its rows still unread.

    headers     field code -> (position of the column from 0, header as it stands in the file); the first where two
                columns fill one field
    match       how the headers were read
    lines       about how many rows there are
    """

    headers: dict[str, tuple[int, str]]
    match: ColumnMatch
    lines: int
    _spec: ItemSpec
    _reader: SheetReader
    _columns: dict[str, EditionColumn]

    def pieces(self) -> Iterator[pl.DataFrame]:
        """The rows, some 20,000 at a time: ``row`` (UInt32, the clerk's own row number) and one String column of raw
        texts per field code. Raises FileRefused, also when there is no row at all."""
        empty = True
        try:
            for sheet in self._reader.pieces(record_begins(self._field_of, self._reader.first_column)):
                rows = self._fields(sheet)
                if len(rows):
                    empty = False
                    yield rows
        except SheetError as error:
            raise FileRefused(error.code, str(error)) from error
        if empty:
            raise FileRefused(
                "no_rows", _("There is nothing below the column headers. Fill in the rows and send the file again.")
            )

    @property
    def _field_of(self) -> dict[str, FieldSpec]:
        return {letter: self._spec.by_code[column.field] for letter, column in self._columns.items()}

    def _fields(self, sheet: Sheet) -> pl.DataFrame:
        folded = fold(sheet, self._field_of)
        by_field: dict[str, list[pl.Expr]] = {}
        for letter, column in self._columns.items():
            expression = pl.col(letter)
            if column.values:
                trimmed = expression.str.strip_chars()
                expression = (
                    pl.when(trimmed.is_in(list(column.values)))
                    .then(trimmed.replace(dict(column.values)))
                    .otherwise(expression)
                )
            by_field.setdefault(column.field, []).append(expression)
        return folded.select(
            pl.col("row"),
            *((parts[0] if len(parts) == 1 else _joined(parts)).alias(field) for field, parts in by_field.items()),
        )


@contextmanager
def open_table(
    source: Source, spec: ItemSpec, *, others: Sequence[ItemSpec] = (), limits: Limits | None = None
) -> Iterator[Table]:
    """Find the table of an item in a file and read its headers. ``others``: the catalogue's other items, to tell a file
    that was sent for the wrong one.

    Raises FileRefused.
    """
    try:
        opened = open_sheet(source, lambda cells: header_score(cells, spec), limits=limits)
        with opened as reader:
            letters = list(reader.headers)
            match = match_columns(list(reader.headers.values()), spec)
            _check_match(match, reader, spec, others)
            used = {letter: column for letter, column in zip(letters, match.columns, strict=True) if column is not None}
            headers: dict[str, tuple[int, str]] = {}
            for letter, column in used.items():
                headers.setdefault(column.field, (column_position(letter), reader.headers[letter]))
            yield Table(headers, match, reader.lines, spec, reader, used)
    except SheetError as error:
        if error.code == "header" and (better := _fits_better(source, spec, others, limits)):
            raise _wrong_item(better) from error
        raise FileRefused(error.code, str(error)) from error


def _joined(parts: list[pl.Expr]) -> pl.Expr:
    """Columns that fill one field of several choices, as one list."""
    joined = pl.concat_str(parts, separator=";", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def _check_match(match: ColumnMatch, reader: SheetReader, spec: ItemSpec, others: Sequence[ItemSpec]) -> None:
    if match.ambiguous:
        raise FileRefused(
            "ambiguous_columns",
            _(
                "The headers fit the editions %(editions)s alike and mean different things in them. "
                "Use the headers of one."
            ),
            editions="、".join((match.edition.name, *match.rivals)),
        )
    cells = list(reader.headers.values())
    if match.missing:
        better = max(others, key=lambda other: header_score(cells, other), default=None)
        if (
            better is not None
            and header_score(cells, better) > match.score
            and not match_columns(cells, better).missing
        ):
            raise _wrong_item(better)
        raise FileRefused(
            "missing_columns",
            _("The file lacks the columns: %(columns)s. Add them, or take the template of “%(item)s”."),
            columns="、".join(each.label for each in match.missing),
            item=spec.name,
        )
    repeated = [header for _place, header in match.repeated]
    if repeated:
        raise FileRefused(
            "repeated_columns",
            _("The file has more than one column for: %(columns)s. Delete or rename the superfluous ones."),
            columns="、".join(repeated),
        )


def _wrong_item(item: ItemSpec) -> FileRefused:
    return FileRefused(
        "wrong_item", _("This looks like a file of “%(item)s”. Choose that item and send it again."), item=item.name
    )


def _fits_better(source: Source, spec: ItemSpec, others: Sequence[ItemSpec], limits: Limits | None) -> ItemSpec | None:
    for other in others:
        try:
            with open_sheet(source, lambda cells, other=other: header_score(cells, other), limits=limits) as reader:  # type: ignore[misc]
                headers = list(reader.headers.values())
        except SheetError:
            continue
        if not match_columns(headers, other).missing:
            return other
    return None
