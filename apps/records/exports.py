"""Files of records: the filtered list as xlsx or csv, with the item's own columns where it is one item's list."""

import csv
import datetime
import io
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from typing import IO, Any, Final

import xlsxwriter
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.catalogue.shapes import ItemSpec
from apps.core.formulae import escape_formula

from .models import Record
from .reading import cells

CHUNK: Final = 2000
XLSX_ROWS: Final = 1_048_575
"""Rows below the header that a sheet can hold."""
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def common_columns() -> dict[str, Callable[[Record], Any]]:
    """Header -> value, for a list of several items."""
    return {
        pgettext("record", "document number"): lambda record: record.document_number,
        _("document name"): lambda record: record.document_name,
        _("subject"): lambda record: record.subject.name,
        _("unified social credit code"): lambda record: record.subject.uscc or "",
        _("information item"): lambda record: str(record.item),
        _("department"): lambda record: str(record.department),
        _("state"): lambda record: record.get_state_display(),
        _("decision date"): lambda record: _day(record.decided_on),
        _("valid from"): lambda record: _day(record.valid_from),
        _("valid to"): lambda record: _day(record.valid_to),
        _("deciding authority"): lambda record: record.authority_name,
        _("publication deadline"): lambda record: _day(record.deadline),
        _("published on"): lambda record: _day(record.published_at and timezone.localdate(record.published_at)),
        _("author"): lambda record: record.author.name,
    }


def _day(day: datetime.date | None) -> str:
    return f"{day:%Y/%m/%d}" if day else ""


def headers(spec: ItemSpec | None) -> list[str]:
    """The first row of the file."""
    return [each.label for each in spec.fields] if spec else list(common_columns())


def rows(queryset: QuerySet, spec: ItemSpec | None) -> Iterator[list[str]]:
    """All rows below the header, read in chunks; each cell safe to open in a spreadsheet."""
    columns = common_columns()
    records: Any = queryset.select_related("subject", "item", "department", "author").iterator(chunk_size=CHUNK)
    while chunk := list(islice(records, CHUNK)):
        if spec:
            found: Iterator[list[Any]] = cells(chunk, spec)
        else:
            found = ([value(record) for value in columns.values()] for record in chunk)
        for row in found:
            yield [str(escape_formula(value)) for value in row]


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


def export(queryset: QuerySet, spec: ItemSpec | None, extension: str) -> IO[bytes]:
    """The file, open at its beginning. It lies in a temporary file that is gone when closed, so memory stays flat."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    FORMATS[extension][1](file, headers(spec), rows(queryset, spec))
    file.seek(0)
    return file
