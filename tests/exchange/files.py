"""Spreadsheets as people make them, and runs over them."""

import csv
import datetime
import io
from collections.abc import Sequence
from typing import Any

import openpyxl
import xlwt

from apps.catalogue.models import InformationItem
from apps.departments.scope import within_department
from apps.exchange import runs
from apps.exchange.engine.run import Job, Report, run
from apps.exchange.models import Batch
from tests.records.factories import Office, item
from tests.subjects.factories import uscc

Cells = Sequence[Sequence[Any]]

HEADERS = {
    "subject_name": "行政相对人名称",
    "subject_category": "行政相对人类别",
    "subject_uscc": "行政相对人代码_1(统一社会信用代码)",
    "registration_number": "行政相对人代码_2(工商注册号)",
    "organisation_code": "行政相对人代码_3(组织机构代码)",
    "representative": "法定代表人",
    "representative_document_kind": "法定代表人证件类型",
    "representative_document_number": "法定代表人证件号码",
    "document_number": "行政处罚决定书文号",
    "facts": "违法事实",
    "penalty_kinds": "处罚类别",
    "content": "处罚内容",
    "fine_amount": "罚款金额(万元)",
    "decided_on": "处罚决定日期",
    "valid_to": "处罚有效期",
    "disclosed_to": "公示截止期",
    "authority_name": "处罚机关",
    "authority_code": "处罚机关统一社会信用代码",
    "source_name": "数据来源单位",
    "source_code": "数据来源单位统一社会信用代码",
}
PERSON_HEADERS = {
    "subject_name": "行政相对人名称",
    "subject_category": "行政相对人类别",
    "document_kind": "证件类型",
    "identity": "证件号码",
    **{key: HEADERS[key] for key in ("document_number", "facts", "penalty_kinds", "content", "fine_amount")},
    **{key: HEADERS[key] for key in ("decided_on", "authority_name", "authority_code", "source_name", "source_code")},
}


def row(of: Office, number: int, **values: Any) -> dict[str, Any]:
    """A right penalty row about company ``number``."""
    return {
        "subject_name": f"郑州第{number}商贸有限公司",
        "subject_category": "法人及非法人组织",
        "subject_uscc": uscc(number),
        "document_number": f"郑市监处罚〔2025〕{number}号",
        "facts": "销售不合格商品",
        "penalty_kinds": "罚款",
        "content": "罚款一万元",
        "fine_amount": "1",
        "decided_on": "2025-09-26",
        "authority_name": of.department.name,
        "authority_code": of.department.uscc,
        "source_name": of.department.name,
        "source_code": of.department.uscc,
        **values,
    }


def person_row(of: Office, number: int, identity: str, **values: Any) -> dict[str, Any]:
    """A right penalty row about a natural person."""
    made = {key: value for key, value in row(of, number).items() if key in PERSON_HEADERS}
    return {
        **made,
        "subject_name": "张伟",
        "subject_category": "自然人",
        "document_kind": "身份证",
        "identity": identity,
        **values,
    }


def table(rows: Sequence[dict[str, Any]], headers: dict[str, str] = HEADERS) -> list[list[Any]]:
    """Headers and rows; a column that no row fills is there all the same."""
    return [list(headers.values()), *([each.get(key) for key in headers] for each in rows)]


def xlsx(cells: Cells, merged: Sequence[str] = (), title: str = "行政处罚") -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = title
    for line in cells:
        page.append(list(line))
    for area in merged:
        page.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls(cells: Cells) -> bytes:
    book = xlwt.Workbook()
    page = book.add_sheet("行政处罚")
    day = xlwt.easyxf(num_format_str="yyyy/mm/dd")
    for number, line in enumerate(cells):
        for place, cell in enumerate(line):
            if isinstance(cell, datetime.date):
                page.write(number, place, cell, day)
            elif cell is not None:
                page.write(number, place, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def text(cells: Cells, separator: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator)
    writer.writerows([["" if cell is None else cell for cell in line] for line in cells])
    return out.getvalue().encode(encoding)


def send(
    of: Office, data: bytes, *, keep: bool = True, partial: bool = True, to: InformationItem | None = None
) -> Report:
    """Run the engine over a file of the office's clerk."""
    with within_department(of.department):
        return run(Job(to or item(), of.department, of.clerk), data, keep=keep, partial=partial)


def load(
    of: Office, data: bytes, *, partial: bool = True, to: InformationItem | None = None, name: str = "处罚.xlsx"
) -> Batch:
    """A batch of the office's clerk, loaded."""
    batch = runs.receive(
        user=of.clerk, item=to or item(), department=of.department, name=name, chunks=[data], state=Batch.State.LOADING
    )
    batch.mode = Batch.Mode.PARTIAL if partial else Batch.Mode.ALL
    runs.work(batch, keep=True)
    return batch


def found(report: Report) -> set[tuple[int, str, str]]:
    """(row, column, code) of all errors."""
    return set(report.errors.select("row", "column", "code").iter_rows())
