"""Spreadsheets are read as people send them."""

import datetime
import io
import zipfile

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from apps.core.sheets import Limits, Merged, SheetError, column_letter, read_sheet, to_dates
from tests.core.old_workbook import xls

HEADERS = ("名称", "代码", "日期")


def score(cells):
    return sum(cell.replace(" ", "") in HEADERS for cell in cells)


def rows_of(sheet):
    return sheet.rows.rows()


def workbook(write, **options):
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, **options})
    write(book, book.add_worksheet("数据"))
    book.close()
    return buffer.getvalue()


TABLE = "名称{0}代码{0}日期\n郑州甲公司{0}9141{0}2024-03-01\n\n{0}{0}\n某㐂䶮公司{0}x{0}\n"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_tables_of_any_usual_separator_and_encoding(separator, encoding):
    sheet = read_sheet(TABLE.format(separator).encode(encoding), score)
    assert (sheet.format, sheet.encoding, sheet.separator, sheet.header_row) == ("csv", encoding, separator, 1)
    assert sheet.headers == {"A": "名称", "B": "代码", "C": "日期"}
    # Blank rows are left out and the numbers are those of the file.
    assert rows_of(sheet) == [(2, "郑州甲公司", "9141", "2024-03-01"), (5, "某㐂䶮公司", "x", None)]


def test_title_rows_and_blank_columns_before_the_header():
    text = ",,,\n,行政处罚公示表,,\n,制表日期：2024年,,\n,名称, 代码 ,\n,甲,1,\n"
    sheet = read_sheet(text.encode(), score)
    assert sheet.header_row == 4
    assert sheet.headers == {"B": "名称", "C": "代码"}
    assert rows_of(sheet) == [(5, "甲", "1")]


def test_quoted_cells_hold_separators_quotes_and_line_breaks():
    sheet = read_sheet('名称,代码\n"甲,""乙""\n丙",1\n丁,2\n'.encode(), score)
    assert rows_of(sheet) == [(2, '甲,"乙"\n丙', "1"), (3, "丁", "2")]


def test_a_row_with_too_many_cells_shows_them_and_a_short_one_is_filled_up():
    sheet = read_sheet("名称,代码\n甲,1,多余\n乙\n".encode(), score)
    assert rows_of(sheet) == [(2, "甲", "1", "多余"), (3, "乙", None, None)]
    assert sheet.unnamed == ["C"]


def test_text_after_the_header_that_looks_like_one_is_data():
    sheet = read_sheet("名称,代码\n名称,代码\n".encode(), score)
    assert sheet.header_row == 1
    assert rows_of(sheet) == [(2, "名称", "代码")]


def test_typed_cells_become_canonical_text():
    def write(book, sheet):
        day = book.add_format({"num_format": "yyyy/m/d"})
        moment = book.add_format({"num_format": "yyyy/m/d h:mm"})
        sheet.write_row(1, 1, ["名称", "代码", "日期"])
        sheet.write_row(2, 1, ["甲", 1.0])
        sheet.write_datetime(2, 3, datetime.datetime(2024, 3, 1), day)
        sheet.write_row(3, 1, ["乙", 0.1 + 0.2])
        sheet.write_datetime(3, 3, datetime.datetime(2024, 3, 1, 9, 30), moment)
        sheet.write_row(4, 1, ["丙", 410102199001011234, 45352])
        sheet.write_row(5, 1, ["丁", 410100000012345, True])
        sheet.write_row(6, 1, ["戊", 0.0000001, "文"])

    sheet = read_sheet(workbook(write), score)
    assert (sheet.format, sheet.name, sheet.header_row) == ("xlsx", "数据", 2)
    assert rows_of(sheet) == [
        (3, "甲", "1", "2024-03-01"),
        (4, "乙", "0.3", "2024-03-01 09:30:00"),
        # 18 digits do not fit into a number: the last ones are lost, and that must show.
        (5, "丙", "4.10102199001011E+17", "45352"),
        (6, "丁", "410100000012345", "TRUE"),
        (7, "戊", "0.0000001", "文"),
    ]
    assert sheet.numeric["C"].to_list() == [True] * 5
    assert sheet.numeric["D"].to_list() == [False, False, True, False, False]
    assert sheet.dated["D"].to_list() == [True, True, False, False, False]


def test_old_workbooks_are_read_likewise():
    sheet = read_sheet(xls([["行政许可", None, None], ["名称", "代码", "日期"], ["郑州甲公司", 7.0, 45352.0]]), score)
    assert sheet.format == "xls"
    assert rows_of(sheet) == [(3, "郑州甲公司", "7", "45352")]


def test_merged_rows_can_be_spread_and_are_known_as_continuations():
    def write(book, sheet):
        sheet.write_row(0, 0, ["名称", "代码", "日期"])
        sheet.merge_range(1, 0, 3, 0, "甲")
        sheet.write_column(1, 1, ["1", "2", "3"])
        sheet.write_row(4, 0, ["乙", "4"])
        sheet.merge_range(5, 0, 5, 1, "丙")

    sheet = read_sheet(workbook(write), score)
    assert sheet.merged == (Merged(2, 4, 0, 0), Merged(6, 6, 0, 1))
    assert sheet.rows["A"].to_list() == ["甲", None, None, "乙", "丙"]
    assert sheet.spread()["A"].to_list() == ["甲", "甲", "甲", "乙", "丙"]
    assert sheet.spread(letters={"B"})["A"].to_list() == ["甲", None, None, "乙", "丙"]
    assert sheet.continued().to_list() == [None, 2, 2, None, None]


def test_of_several_sheets_the_one_with_the_header_is_read_and_hidden_ones_are_not():
    def write(book, first):
        first.write(0, 0, "填表说明")
        second = book.add_worksheet("处罚")
        second.write_row(0, 0, ["名称", "代码"])
        hidden = book.add_worksheet("字典")
        hidden.write_row(0, 0, ["名称", "代码", "日期"])
        hidden.hide()

    sheet = read_sheet(workbook(write), score)
    assert (sheet.name, sheet.other_sheets, len(sheet.rows)) == ("处罚", ("数据",), 0)
    with pytest.raises(SheetError) as caught:
        read_sheet(workbook(write), score, sheet="字典")
    assert caught.value.code == "sheet"


def _bomb():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 3_000_000)
    return buffer.getvalue()


def _lying_bomb():
    """The directory of the archive claims ten bytes for what unpacks to three million."""
    data = _bomb()
    return data.replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))


def _far_cell(cell):
    return workbook(lambda book, sheet: (sheet.write_row(0, 0, ["名称", "代码"]), sheet.write(cell, "x")))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"a,b\n" * 300_000, "size"),
        (TABLE.format(",").encode("utf-16"), "encoding"),
        ("名称,代码\n".encode() + b"\xff\xff", "encoding"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "web_page"),
        (b"%PDF-1.7\n", "format"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (_bomb(), "unpacked"),
        (_lying_bomb(), "unpacked"),
        (_far_cell("AAA1"), "columns"),
        (_far_cell("A1000000"), "rows"),
        ("随便,什么\n1,2\n".encode(), "header"),
        (b"\n\n\n", "header"),
        (("名称,代码\n" + "甲,1\n" * 1001).encode(), "rows"),
        (("名称,代码\n" + "," * 400).encode(), "columns"),
        (("名称,代码\n" + '"' + "甲" * 200_000).encode(), "quotes"),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_clear_sentence(data, code):
    with pytest.raises(SheetError) as caught:
        read_sheet(data, score, limits=Limits(size=1_000_000, unpacked=2_000_000, rows=1000, columns=100))
    assert caught.value.code == code
    assert str(caught.value).endswith((".", "。"))
    assert "%(" not in str(caught.value)


@pytest.mark.parametrize("rows", [30, 30_000])
@pytest.mark.parametrize("open_at", [12, 25])
def test_a_quotation_mark_without_its_partner_is_told_with_its_line(rows, open_at):
    lines = ["名称,代码\r\n", *(f"公司{number},{number}\r\n" for number in range(2, rows + 2))]
    lines[open_at - 1] = '"' + lines[open_at - 1]
    with pytest.raises(SheetError) as caught:
        read_sheet("".join(lines).encode(), score)
    assert (caught.value.code, caught.value.params["line"]) == ("quotes", open_at)


def test_a_text_may_end_within_its_last_line_or_in_a_quoted_cell():
    sheet = read_sheet('名称,代码\n"甲\n乙","1"'.encode(), score)
    assert rows_of(sheet) == [(2, "甲\n乙", "1")]


def test_formats_far_to_the_right_without_values_do_no_harm():
    def write(book, sheet):
        bold = book.add_format({"bold": True})
        sheet.write_row(0, 0, ["名称", "代码"])
        sheet.write_blank("XFD2", None, bold)
        sheet.write_row(1, 0, ["甲", "1"])

    assert rows_of(read_sheet(workbook(write), score)) == [(2, "甲", "1")]


def test_a_path_is_read_like_bytes(tmp_path):
    path = tmp_path / "任意.xlsx"
    path.write_bytes(TABLE.format(",").encode("gb18030"))
    # The content tells the format, not the name.
    assert read_sheet(path, score).format == "csv"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-01", datetime.date(2024, 3, 1)),
        ("2024/3/1", datetime.date(2024, 3, 1)),
        ("2024.3.1", datetime.date(2024, 3, 1)),
        ("2024年3月1日", datetime.date(2024, 3, 1)),
        ("2024 年 3 月 1 日", datetime.date(2024, 3, 1)),
        ("20240301", datetime.date(2024, 3, 1)),
        ("２０２４／０３／０１", datetime.date(2024, 3, 1)),
        (" 2024-03-01 00:00:00 ", datetime.date(2024, 3, 1)),
        # Serial numbers as Excel documents them: 39448 is 2008-01-01.
        ("39448", datetime.date(2008, 1, 1)),
        ("39448.0", datetime.date(2008, 1, 1)),
        ("2099/12/31", datetime.date(2099, 12, 31)),
        ("2023-02-29", None),
        ("2024-03-01 09:30:00", None),
        ("1234", None),
        ("长期", None),
        (None, None),
    ],
)
def test_dates_as_files_hold_them(text, expected):
    assert to_dates(pl.Series([text], dtype=pl.String)).to_list() == [expected]


def test_letters_of_columns():
    # As every spreadsheet program numbers them.
    assert [column_letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=8))
def test_whatever_stands_in_a_workbook_comes_back(cells):
    def write(book, sheet):
        sheet.write_row(0, 0, HEADERS)
        for number, row in enumerate(cells, start=1):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text)

    read = {row[0]: row[1:] for row in rows_of(read_sheet(workbook(write), score))}
    expected = {
        number: tuple(text if text.strip() else None for text in row)
        for number, row in enumerate(cells, start=2)
        if any(text.strip() for text in row)
    }
    assert read == expected
