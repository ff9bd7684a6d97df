"""Files of lists, written piece by piece: xlsx or csv, safe to open in a spreadsheet whatever the cells hold."""

import io
import tempfile
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import IO, Any, Final

import polars as pl
import xlsxwriter

from apps.core.formulae import escape_formulae
from apps.core.frames import text_frame

XLSX_ROWS: Final = 1_048_575
"""Rows below the header that a sheet can hold."""
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def write_csv(file: IO[bytes], head: pl.DataFrame, body: Iterator[pl.DataFrame]) -> None:
    """UTF-8 with the mark by which spreadsheets know it."""
    file.write(BOM_UTF8)
    for frame in chain([head], body):
        text = io.BytesIO()
        # What is empty is written as nothing, not as a pair of quotes.
        filled = frame.select(pl.when(pl.all() != "").then(pl.all()))
        filled.write_csv(text, include_header=False, line_terminator="\r\n")
        file.write(text.getbuffer())


def write_xlsx(file: IO[bytes], head: pl.DataFrame, body: Iterator[pl.DataFrame]) -> None:
    """One sheet of text cells, written row by row; further sheets when there are more rows than one can hold."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "tmpdir": tempfile.gettempdir(),
    }
    headers = head.row(0)
    with xlsxwriter.Workbook(file, options) as workbook:
        bold = workbook.add_format({"bold": True, "bg_color": "#EEF2F7"})
        rows_left = (row for frame in body for row in frame.iter_rows())
        first = next(rows_left, None)
        while True:
            sheet = workbook.add_worksheet()
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(headers) - 1, 22)
            for column, header in enumerate(headers):
                sheet.write_string(0, column, header, bold)
            number = 0
            while first is not None and number < XLSX_ROWS:
                number += 1
                for column, value in enumerate(first):
                    if value:
                        sheet.write_string(number, column, value)
                first = next(rows_left, None)
            if first is None:
                return


FORMATS: Final[dict[str, tuple[str, Callable[[IO[bytes], pl.DataFrame, Iterator[pl.DataFrame]], None]]]] = {
    "xlsx": (_XLSX, write_xlsx),
    "csv": ("text/csv; charset=utf-8", write_csv),
}
"""Extension -> (content type, writer)."""


def write_file(extension: str, head: Sequence[Any], body: Iterable[pl.DataFrame]) -> IO[bytes]:
    """The file, open at its beginning. It lies in a temporary file that is gone when closed, so memory stays flat.

    ``body``: the rows, as frames of text. No cell, header or not, is taken for a formula.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    FORMATS[extension][1](file, escape_formulae(text_frame([head])), map(escape_formulae, body))
    file.seek(0)
    return file
