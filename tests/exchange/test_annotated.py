"""The clerk's own file comes back with its errors marked, and can be mended and sent again."""

import io
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill

from apps.catalogue.specs import item_spec
from apps.exchange import runs
from apps.exchange.engine.annotate import annotate
from apps.exchange.models import Batch
from apps.records.models import Record
from tests.records.factories import Office, item

from . import files

DECIDED = list(files.HEADERS).index("decided_on")
FACTS = list(files.HEADERS).index("facts")


def marked(of: Office, data: bytes, *, only_rejected: bool = False) -> Any:
    batch = files.load(of, data, partial=False)
    assert batch.state == Batch.State.CHECKED
    return openpyxl.load_workbook(io.BytesIO(runs.annotated(batch, only_rejected=only_rejected))).active


def rows(market: Office) -> list[dict[str, Any]]:
    return [files.row(market, 1), files.row(market, 2, decided_on="2024/2/30", subject_name=None), files.row(market, 3)]


def test_wrong_cells_are_filled_and_explained_and_the_reasons_stand_at_the_right(market: Office) -> None:
    page = marked(market, files.xlsx([["行政处罚公示表"], *files.table(rows(market))]))
    wrong = page.cell(4, DECIDED + 1)
    assert wrong.value == "2024/2/30"
    assert wrong.fill.fgColor.rgb == "FFFFC7CE"
    assert "2024/2/30" in wrong.comment.text
    assert page.cell(4, 1).fill.fill_type == "solid"
    assert page.cell(3, DECIDED + 1).fill.fill_type is None
    last = page.max_column
    assert page.cell(2, last).value == "错误原因"
    assert "【处罚决定日期】" in page.cell(4, last).value and "【行政相对人名称】" in page.cell(4, last).value
    assert page.cell(3, last).value is None


def test_formats_merged_cells_and_other_columns_stay(market: Office) -> None:
    book = openpyxl.load_workbook(io.BytesIO(files.xlsx([["公示表"], *files.table(rows(market))])))
    page = book.active
    assert page is not None
    page.merge_cells("A1:D1")
    page["A1"].font = Font(size=20, bold=True)
    page["B3"].fill = PatternFill("solid", fgColor="FF00FF00")
    page.column_dimensions["A"].width = 44
    page.cell(2, 30, "经办人")
    page.cell(3, 30, "王")
    out = io.BytesIO()
    book.save(out)
    after = marked(market, out.getvalue())
    assert [str(area) for area in after.merged_cells.ranges] == ["A1:D1"]
    assert (after["A1"].font.size, after["B3"].fill.fgColor.rgb) == (20, "FF00FF00")
    assert after.column_dimensions["A"].width == 44
    assert (after.cell(3, 30).value, after.cell(2, 31).value) == ("王", "错误原因")


def test_an_error_in_a_merged_cell_is_marked_where_the_value_stands(market: Office) -> None:
    cells = files.table([files.row(market, 1, subject_uscc="123"), files.row(market, 1, document_number="二号")])
    for place in (0, 1, 2):
        cells[2][place] = None
    page = marked(market, files.xlsx(cells, merged=["A2:A3", "B2:B3", "C2:C3"]))
    assert page["C2"].comment is not None
    assert page.cell(3, page.max_column).value


@pytest.mark.parametrize("form", ["csv", "gb18030", "xls"])
def test_other_files_become_a_workbook_of_the_same_layout(form: str, market: Office) -> None:
    cells = [["行政处罚公示表"], *files.table(rows(market))]
    data = {
        "csv": lambda: files.text(cells),
        "gb18030": lambda: files.text(cells, encoding="gb18030", separator="\t"),
        "xls": lambda: files.xls(cells),
    }[form]()
    page = marked(market, data)
    assert page["A1"].value == "行政处罚公示表"
    assert [cell.value for cell in page[2]] == [*files.HEADERS.values(), "错误原因"]
    assert page.cell(4, DECIDED + 1).comment is not None
    assert page.cell(3, 3).value == files.uscc(1)


def test_only_the_wrong_rows_are_mended_and_sent_again(market: Office) -> None:
    data = files.xlsx([["公示表"], *files.table(rows(market))])
    batch = files.load(market, data, partial=True)
    book = openpyxl.load_workbook(io.BytesIO(runs.annotated(batch, only_rejected=True)))
    page = book.active
    assert page is not None and page.max_row == 3
    page.cell(3, DECIDED + 1, "2024/2/29")
    page.cell(3, 1, "郑州第2商贸有限公司")
    out = io.BytesIO()
    book.save(out)
    again = files.load(market, out.getvalue(), partial=False)
    assert (again.state, again.rows, again.accepted) == (Batch.State.LOADED, 1, 1)
    assert Record.objects.count() == 3


def test_the_marked_file_is_mended_and_sent_again_and_old_marks_go(market: Office) -> None:
    page = marked(market, files.xlsx(files.table(rows(market))))
    page.cell(3, DECIDED + 1, "2024/2/29")
    out = io.BytesIO()
    page.parent.save(out)
    after = marked(market, out.getvalue())
    assert after.cell(3, DECIDED + 1).comment is None
    assert after.cell(3, DECIDED + 1).fill.fill_type is None
    assert after.cell(3, 1).comment is not None
    assert [cell.value for cell in after[1]].count("错误原因") == 1
    assert "处罚决定日期" not in after.cell(3, after.max_column).value


def test_rejected_rows_take_their_continuation_and_merged_values_along(market: Office) -> None:
    cells = files.table([files.row(market, 1), files.row(market, 1, document_number="二号", decided_on="x")])
    below: list[Any] = [None] * len(cells[0])
    below[FACTS] = "第二段"
    cells.append(below)
    for place in (0, 1, 2):
        cells[2][place] = None
    page = marked(market, files.xlsx(cells, merged=["A2:A3", "B2:B3", "C2:C3"]), only_rejected=True)
    assert page.max_row == 3
    assert (page["A2"].value, page["C2"].value) == ("郑州第1商贸有限公司", files.uscc(1))
    assert page.cell(3, FACTS + 1).value == "第二段"
    assert page["A3"].value is None


def test_nothing_in_it_runs_as_a_formula(market: Office) -> None:
    evil = '=HYPERLINK("http://x.example","点我")'
    row = files.row(market, 1, decided_on=evil, facts="+1+1", subject_name=None)
    for data in (files.text([[evil], *files.table([row])]), files.xls([["公示表"], *files.table([row])])):
        page = marked(market, data)
        assert all(cell.data_type != "f" for line in page.iter_rows() for cell in line)
    page = marked(market, files.text(files.table([row])), only_rejected=True)
    assert all(cell.data_type != "f" for line in page.iter_rows() for cell in line)


def test_a_large_file_gets_its_wrong_rows_alone(market: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.exchange.engine.annotate.WHOLE_SHEET_ROWS", 2)
    assert marked(market, files.xlsx(files.table(rows(market)))).max_row == 2


def test_a_file_without_errors_comes_back_as_it_was(market: Office) -> None:
    data = files.xlsx(files.table([files.row(market, 1)]))
    page = openpyxl.load_workbook(io.BytesIO(annotate(data, item_spec(item()), []))).active
    assert page is not None and page.cell(2, 1).value == "郑州第1商贸有限公司"
