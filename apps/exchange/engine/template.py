"""The blank file of an item: the headers of today's edition, each with its explanation."""

from __future__ import annotations

import io

import xlsxwriter

from apps.catalogue.columns import template_headers
from apps.catalogue.shapes import CHOICE, ItemSpec

_WIDTH = 22
_ROWS = 5_000
"""So many rows are formatted as text, so that the spreadsheet leaves codes and dates as typed."""


def blank_workbook(spec: ItemSpec) -> bytes:
    """An xlsx with the column headers, required ones marked, choices as drop-downs."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet(spec.name[:31].translate(str.maketrans("[]:*?/\\", "（）：·？／＼")))
        text = book.add_format({"num_format": "@"})
        plain = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "num_format": "@"})
        required = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "num_format": "@", "font_color": "#B91C1C"}
        )
        for place, column in enumerate(template_headers(spec)):
            field = column.field
            page.set_column(place, place, _WIDTH, text)
            page.write_string(0, place, column.header, required if field.required else plain)
            if field.help_text:
                page.write_comment(0, place, field.help_text, {"x_scale": 2})
            choices = ",".join(field.choices)
            # A drop-down holds at most 255 characters.
            if field.type == CHOICE and choices and len(choices) <= 255 and "其他" not in field.choices:
                page.data_validation(1, place, _ROWS, place, {"validate": "list", "source": list(field.choices)})
        page.freeze_panes(1, 0)
    return out.getvalue()
