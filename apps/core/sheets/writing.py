"""Files of lists, written row by row: xlsx or csv, safe to open in a spreadsheet whatever the cells hold."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, Final

import xlsxwriter

from apps.core.formulae import escape_formula

XLSX_ROWS: Final = 1_048_575
"""Rows below the header that a sheet can hold."""
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def write_csv(file: IO[bytes], head: list[str], body: Iterator[list[str]]) -> None:
    """UTF-8 with the mark by which spreadsheets know it."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(body)
    text.flush()
    text.detach()


def write_xlsx(file: IO[bytes], head: list[str], body: Iterator[list[str]]) -> None:
    """One sheet of text cells, written row by row; further sheets when there are more rows than one can hold."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "tmpdir": tempfile.gettempdir(),
    }
    with xlsxwriter.Workbook(file, options) as workbook:
        bold = workbook.add_format({"bold": True, "bg_color": "#EEF2F7"})
        rows_left = iter(body)
        first = next(rows_left, None)
        while True:
            sheet = workbook.add_worksheet()
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(head) - 1, 22)
            for column, header in enumerate(head):
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


FORMATS: Final[dict[str, tuple[str, Callable[[IO[bytes], list[str], Iterator[list[str]]], None]]]] = {
    "xlsx": (_XLSX, write_xlsx),
    "csv": ("text/csv; charset=utf-8", write_csv),
}
"""Extension -> (content type, writer)."""


def write_file(extension: str, head: Sequence[Any], body: Iterable[Sequence[Any]]) -> IO[bytes]:
    """The file, open at its beginning. It lies in a temporary file that is gone when closed, so memory stays flat.

    No cell, header or not, is taken for a formula.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    FORMATS[extension][1](file, _safe(head), map(_safe, body))
    file.seek(0)
    return file


def _safe(row: Iterable[Any]) -> list[str]:
    return [str(escape_formula("" if value is None else value)) for value in row]
