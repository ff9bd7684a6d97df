"""A table read piece by piece is the table read whole."""

import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.sheets import Merged, SheetError, column_letter, column_position, open_sheet, read_sheet
from apps.core.sheets.reading import _Spans
from tests.core.test_sheets import score, workbook


@pytest.fixture(autouse=True, scope="module")
def small_pieces():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apps.core.sheets.reading.PIECE", 3)
        yield


def csv_of(rows):
    return "\n".join(["名称,代码,日期", *(",".join(row) for row in rows)]).encode()


def named(cells):
    return bool(cells and cells[0])


@given(st.lists(st.tuples(*[st.sampled_from(["", "甲", "7"])] * 3), min_size=1, max_size=20))
def test_pieces_put_together_are_the_whole(rows):
    data = csv_of(rows)
    whole = read_sheet(data, score)
    with open_sheet(data, score) as reader:
        pieces = list(reader.pieces(named))
    assert pl.concat([piece.rows for piece in pieces], how="diagonal").rows() == whole.rows.rows()


@given(st.lists(st.tuples(*[st.sampled_from(["", "甲"])] * 3), min_size=1, max_size=20))
def test_a_piece_begins_where_a_record_begins(rows):
    with open_sheet(csv_of(rows), score) as reader:
        begun = [piece.rows["row"][0] for piece in list(reader.pieces(named))[1:] if len(piece.rows)]
    assert all(rows[row - 2][0] for row in begun)


def test_a_merged_range_is_never_cut():
    def write(book, sheet):
        sheet.write_row(0, 0, ["名称", "代码", "日期"])
        for row in range(1, 12):
            sheet.write_row(row, 1, [str(row), "x"])
        sheet.merge_range(2, 0, 7, 0, "甲")

    with open_sheet(workbook(write), score) as reader:
        sheets = list(reader.pieces())
    assert [(sheet.rows["row"][0], sheet.rows["row"][-1]) for sheet in sheets] == [(2, 8), (9, 11), (12, 12)]
    assert sheets[0].spread()["A"].to_list() == [None, *["甲"] * 6]
    assert sheets[1].merged == ()


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 6)), max_size=8), st.integers(1, 40))
def test_rows_within_merged_ranges(ranges, row):
    merged = tuple(Merged(first, first + more, 0, 0) for first, more in ranges)
    joined = any(each.first_row < row <= each.last_row for each in merged)
    # Ranges that overlap in a row are one block: no piece may begin inside it.
    assert _Spans(merged)(row) or not joined


def test_the_rows_above_the_header_and_the_number_of_lines_are_told():
    with open_sheet("公示表,,\n,,\n名称,代码,日期\n甲,1,\n乙,2,\n".encode(), score) as reader:
        assert (reader.above[0][0], reader.header_row, reader.lines) == ("公示表", 3, 2)


def test_a_file_that_was_opened_elsewhere_stays_open():
    file = io.BytesIO("名称,代码,日期\n甲,1,\n".encode())
    with open_sheet(file, score) as reader:
        assert len(list(reader.pieces())) == 1
    assert not file.closed
    assert read_sheet(file, score).rows.rows() == [(2, "甲", "1", None)]


@pytest.mark.parametrize("line", [2, 3, 70_000])
def test_the_line_that_cannot_be_read_is_named(line):
    rows = ["名称,代码,日期\n".encode()] + ["甲甲甲甲甲甲甲甲,1,\n".encode()] * 80_000
    rows[line - 1] = b"\xff\xff,1,\n"
    with pytest.raises(SheetError) as refused, open_sheet(b"".join(rows), score):
        pass
    assert (refused.value.code, refused.value.params) == ("encoding", {"line": line})


@given(st.integers(0, 20_000))
def test_letters_and_positions_are_the_same_thing(position):
    assert column_position(column_letter(position)) == position
