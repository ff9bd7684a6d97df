"""The blank spreadsheet that a clerk fills."""

import io

import openpyxl
import pytest
from django.utils import translation

from apps.catalogue.blank import blank_file
from apps.catalogue.columns import match_columns
from tests.catalogue.factories import fixture_spec

ITEMS = ["licence-legal", "licence-person", "penalty-legal", "penalty-person", "honours", "contract-performance"]


@pytest.mark.parametrize("item", ITEMS)
def test_the_blank_file_opens_and_reads_as_its_item(item: str) -> None:
    spec = fixture_spec(item)
    book = openpyxl.load_workbook(io.BytesIO(blank_file(spec)))
    header = [cell.value for cell in book.worksheets[0][1]]
    assert header == [field.label for field in spec.fields]
    match = match_columns(header, spec)
    assert match.edition.current and not match.unknown and not match.absent


def test_columns_carry_their_rule_and_their_choices() -> None:
    spec = fixture_spec("licence-legal")
    book = openpyxl.load_workbook(io.BytesIO(blank_file(spec)))
    sheet = book.worksheets[0]
    places = {field.code: place for place, field in enumerate(spec.fields, start=1)}
    assert "2026/01/05" in sheet.cell(1, places["decided_on"]).comment.text
    assert "91350100M000100Y43" in sheet.cell(1, places["subject_uscc"]).comment.text
    assert sheet.column_dimensions["A"].number_format == "@"
    lists = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    rule = lists[f"{sheet.cell(2, places['licence_kind']).coordinate}"]
    assert rule.type == "list" and rule.errorStyle == "warning"
    choices = book["choices"]
    assert book["choices"].sheet_state == "hidden"
    assert [choices.cell(row, places["licence_kind"]).value for row in range(1, 7)] == [
        "普通",
        "特许",
        "认可",
        "核准",
        "登记",
        "其他",
    ]


@pytest.mark.parametrize(
    ("language", "hint"), [("zh-hans", "长期有效的填写2099/12/31。"), ("en", "Valid without limit")]
)
def test_comments_are_in_the_language_of_the_page(language: str, hint: str) -> None:
    spec = fixture_spec("licence-legal")
    with translation.override(language):
        book = openpyxl.load_workbook(io.BytesIO(blank_file(spec)))
    comments = [cell.comment.text for cell in book.worksheets[0][1] if cell.comment]
    assert any(hint in comment for comment in comments)
