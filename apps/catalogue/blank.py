"""The blank file of an item: headers, a comment per column with its rule, lists to choose from."""

import io
from typing import Final

import xlsxwriter
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name

from . import shapes
from .columns import template_headers
from .shapes import FieldSpec, ItemSpec
from .wording import rule_of

ROWS: Final = 5000
"""Rows that carry the format and the lists; further rows can be filled all the same."""
CONTENT_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COMMENT_LIMIT: Final = 30000


def blank_file(spec: ItemSpec) -> bytes:
    """An xlsx file with the headers of the current edition, ready to be filled and imported.

    All cells are formatted as text, so that a spreadsheet program changes no code and no date. A choice has a list to
    pick from, which warns but does not forbid, because 其他 may carry a note; several choices have none, because a
    list gives only one.
    """
    language = get_language() or "zh-hans"
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet(spec.name[:31].translate(str.maketrans("[]:*?/\\", "       ")))
    lists = book.add_worksheet("choices")
    lists.hide()
    text = book.add_format({"num_format": "@"})
    plain, bold = (
        book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "bg_color": colour})
        for colour in ("#E7EEF7", "#F9DCC4")
    )
    for place, column in enumerate(template_headers(spec)):
        sheet.set_column(place, place, _width(column.header), text)
        sheet.write_string(0, place, column.header, bold if column.field.required else plain)
        comment = "\n".join(rule_of(column.field, spec, language, in_file=True))[:COMMENT_LIMIT]
        if comment:
            sheet.write_comment(0, place, comment, {"x_scale": 2, "y_scale": 1.5 + comment.count("\n") * 0.2})
        if choices := _choices(column.field):
            lists.write_column(0, place, choices)
            name = xl_col_to_name(place, col_abs=True)
            sheet.data_validation(
                1,
                place,
                ROWS,
                place,
                {
                    "validate": "list",
                    "source": f"=choices!{name}$1:{name}${len(choices)}",
                    "error_type": "warning" if shapes.OTHER in choices else "stop",
                    "error_title": column.header[:32],
                    "error_message": _("Not among the lawful values."),
                },
            )
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)
    book.close()
    return buffer.getvalue()


def _choices(spec: FieldSpec) -> list[str]:
    if spec.type == shapes.CHOICE:
        return list(spec.choices)
    return ["是", "否"] if spec.type == shapes.BOOLEAN else []


def _width(header: str) -> int:
    """Columns as wide as their header, within reason; a Chinese character takes two places."""
    return min(max(12, 2 * len(header) + 2), 36)
