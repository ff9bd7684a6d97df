"""Files as they come: whatever the layout, the same rows are read, and an unreadable file says why."""

import datetime
import io
import zipfile
from typing import Any

import pytest

from apps.core.sheets import Limits
from apps.exchange.engine.read import FileRefused
from apps.exchange.engine.run import Job, run
from apps.records.models import Record
from tests.records.factories import Office, item

from . import files

FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def rows(market: Office) -> list[dict[str, Any]]:
    return [files.row(market, 1), files.row(market, 2, decided_on="2025-09-25"), files.row(market, 3)]


def plain(market: Office) -> list[list[Any]]:
    return files.table(rows(market))


def shifted(cells: list[list[Any]], down: int, right: int) -> list[list[Any]]:
    return [[] for _ in range(down)] + [[None] * right + line for line in cells]


def renamed(cells: list[list[Any]], change: Any) -> list[list[Any]]:
    return [[change(header) for header in cells[0]], *cells[1:]]


def with_dates(cells: list[list[Any]], make: Any) -> list[list[Any]]:
    place = cells[0].index(files.HEADERS["decided_on"])
    return [cells[0], *([*line[:place], make(line[place]), *line[place + 1 :]] for line in cells[1:])]


def columns_turned(cells: list[list[Any]]) -> list[list[Any]]:
    return [list(reversed(line)) for line in cells]


def serial(day: str) -> int:
    return (datetime.date.fromisoformat(day) - datetime.date(1899, 12, 30)).days


LAYOUTS: dict[str, Any] = {
    "plain xlsx": lambda cells: files.xlsx(cells),
    "title rows above": lambda cells: files.xlsx([["行政处罚信息公示表"], ["填报单位：市场监管局"], *cells]),
    "blank rows and columns before": lambda cells: files.xlsx(shifted(cells, 3, 2)),
    "blank rows between": lambda cells: files.xlsx([cells[0], [], cells[1], [], [], *cells[2:], []]),
    "columns in any order": lambda cells: files.xlsx(columns_turned(cells)),
    "brackets of full width and stray spaces": lambda cells: files.xlsx(
        renamed(cells, lambda header: " " + header.replace("(", "（ ").replace(")", "） ").replace("_", " _ "))
    ),
    "stars and line breaks in headers": lambda cells: files.xlsx(
        renamed(cells, lambda header: f"*{header[:3]}\n{header[3:]}")
    ),
    "a column of numbers and one of notes": lambda cells: files.xlsx(
        [["序号", *cells[0], "经办人意见"], *([n, *line, "同意"] for n, line in enumerate(cells[1:], 1))]
    ),
    "utf-8": lambda cells: files.text(cells),
    "utf-8 with byte order mark": lambda cells: files.text(cells, encoding="utf-8-sig"),
    "gb18030": lambda cells: files.text(cells, encoding="gb18030"),
    "tabs": lambda cells: files.text(cells, separator="\t"),
    "semicolons": lambda cells: files.text(cells, separator=";"),
    "title row in a csv": lambda cells: files.text([["行政处罚信息公示表"], [], *cells]),
    "old xls": lambda cells: files.xls(cells),
    "dates as date cells": lambda cells: files.xlsx(with_dates(cells, datetime.datetime.fromisoformat)),
    "dates as date cells in xls": lambda cells: files.xls(with_dates(cells, datetime.date.fromisoformat)),
    "dates as serial numbers": lambda cells: files.xlsx(with_dates(cells, serial)),
    "dates as serial numbers in text": lambda cells: files.text(with_dates(cells, serial)),
    "dates with slashes": lambda cells: files.text(with_dates(cells, lambda day: day.replace("-", "/"))),
    "dates in Chinese": lambda cells: files.xlsx(with_dates(cells, lambda day: "{}年{}月{}日".format(*day.split("-")))),
    "dates in one number": lambda cells: files.xlsx(with_dates(cells, lambda day: int(day.replace("-", "")))),
    "full-width digits": lambda cells: files.xlsx(with_dates(cells, lambda day: day.translate(FULL_WIDTH))),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_reads_alike(layout: str, market: Office) -> None:
    report = files.send(market, LAYOUTS[layout](plain(market)))
    assert (report.rows, report.accepted, report.rejected) == (3, 3, 0), report.errors
    stored = Record.objects.order_by("document_number").values_list(
        "document_number", "subject__uscc", "decided_on", "data__fine_amount", "data__penalty_kinds"
    )
    assert list(stored) == [
        ("郑市监处罚〔2025〕1号", files.uscc(1), datetime.date(2025, 9, 26), "10000", ["罚款"]),
        ("郑市监处罚〔2025〕2号", files.uscc(2), datetime.date(2025, 9, 25), "10000", ["罚款"]),
        ("郑市监处罚〔2025〕3号", files.uscc(3), datetime.date(2025, 9, 26), "10000", ["罚款"]),
    ]


@pytest.mark.parametrize(
    "written",
    [
        "{}（1-2）",
        "{}(1-1)",
        "{}（1一1）",
        " {} ",
        "{}(副本)",
        "'{}",
        "\ufeff{}\u200b",
    ],
)
def test_marks_of_the_copy_around_a_code_do_no_harm(written: str, market: Office) -> None:
    code = files.uscc(7)
    cells = files.table([files.row(market, 7, subject_uscc=written.format(code))])
    assert files.send(market, files.xlsx(cells)).accepted == 1
    assert Record.objects.get().subject.uscc == code


def test_a_code_in_full_width_is_the_same_code(market: Office) -> None:
    code = files.uscc(8)
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code)
    assert files.send(market, files.xlsx(files.table([files.row(market, 8, subject_uscc=wide)]))).accepted == 1
    assert Record.objects.get().subject.uscc == code


def test_amounts_come_as_numbers_and_as_texts(market: Office) -> None:
    amounts = {1: 0.3, 2: "0.3", 3: "０．３", 4: "3000元", 5: "0.3万元", 6: 0.30000000000000004}
    cells = files.table([files.row(market, number, fine_amount=amount) for number, amount in amounts.items()])
    assert files.send(market, files.xlsx(cells)).errors.is_empty()
    assert set(Record.objects.values_list("data__fine_amount", flat=True)) == {"3000"}


def test_several_kinds_are_one_list(market: Office) -> None:
    cells = files.table([files.row(market, 1, penalty_kinds="罚款；警告、其他（限期整改、公开道歉）")])
    files.send(market, files.xlsx(cells))
    assert Record.objects.get().data["penalty_kinds"] == ["警告", "罚款", "其他-限期整改、公开道歉"]


def test_a_merged_cell_counts_for_all_its_rows(market: Office) -> None:
    cells = files.table([files.row(market, 1), files.row(market, 1, document_number="另一号"), files.row(market, 2)])
    for place in (0, 1, 2):
        cells[2][place] = None
    report = files.send(market, files.xlsx(cells, merged=["A2:A3", "B2:B3", "C2:C3"]))
    assert (report.rows, report.accepted) == (3, 3)
    assert Record.objects.filter(subject__uscc=files.uscc(1)).count() == 2


def test_a_line_without_number_day_and_counterparty_continues_the_one_above(market: Office) -> None:
    cells = files.table([files.row(market, 1, facts="第一段"), files.row(market, 2)])
    rest = dict.fromkeys(files.HEADERS)
    rest |= {"facts": "第二段", "penalty_kinds": "警告"}
    cells.insert(2, list(rest.values()))
    report = files.send(market, files.xlsx(cells))
    assert (report.rows, report.accepted) == (2, 2)
    record = Record.objects.get(document_number="郑市监处罚〔2025〕1号")
    assert record.data["facts"] == "第一段\n第二段"
    assert record.data["penalty_kinds"] == ["警告", "罚款"]


def test_a_continuation_in_merged_cells_belongs_to_the_record_above(market: Office) -> None:
    cells = files.table([files.row(market, 1, facts="第一段"), files.row(market, 2)])
    below: list[Any] = [None] * len(cells[0])
    below[cells[0].index(files.HEADERS["facts"])] = "第二段"
    cells.insert(2, below)
    letters = [chr(65 + place) for place, header in enumerate(cells[0]) if header != files.HEADERS["facts"]]
    report = files.send(market, files.xlsx(cells, merged=[f"{letter}2:{letter}3" for letter in letters]))
    assert (report.rows, report.accepted) == (2, 2)
    assert Record.objects.get(document_number="郑市监处罚〔2025〕1号").data["facts"] == "第一段\n第二段"


def test_a_second_amount_below_is_not_swallowed(market: Office) -> None:
    cells = files.table([files.row(market, 1)])
    below = dict.fromkeys(files.HEADERS)
    below |= {"fine_amount": "2"}
    cells.append(list(below.values()))
    report = files.send(market, files.xlsx(cells), keep=False)
    assert (report.rows, report.accepted, report.rejected) == (2, 1, 1)
    assert (3, "行政相对人名称", "required") in files.found(report)


EDITION_2016 = [
    "行政处罚决定书文号",
    "处罚名称",
    "处罚类别1",
    "处罚类别2",
    "处罚事由",
    "处罚依据",
    "行政相对人名称",
    "行政相对人代码_1（统一社会信用代码）",
    "行政相对人代码_2（组织机构代码）",
    "行政相对人代码_3（工商登记码）",
    "行政相对人代码_4（税务登记号）",
    "行政相对人代码_5（居民身份证号）",
    "法定代表人姓名",
    "处罚结果",
    "处罚决定日期",
    "处罚截止期",
    "处罚机关",
    "当前状态",
    "地方编码",
    "数据更新时间戳",
    "备注",
]


def test_the_edition_of_2016_has_its_codes_swapped(market: Office) -> None:
    from tests.subjects.factories import organisation_code, registration_number

    line = [
        "郑工商罚字〔2016〕5号",
        "行政处罚",
        "警告",
        "罚款",
        "无照经营",
        "条例第三条",
        "郑州旧照商贸有限公司",
        files.uscc(5),
        organisation_code(5),
        registration_number(5),
        "",
        "",
        "张三",
        "警告，罚款",
        "2016/5/3",
        "",
        market.department.name,
        "0",
        "410100",
        "2016/5/9",
        "",
    ]
    report = files.send(market, files.text([EDITION_2016, line], encoding="gb18030"), keep=False)
    assert report.edition == "2016"
    # The 2016 columns have no amount; the fine asks for one, and nothing else is wrong.
    assert files.found(report) == {(2, "罚款金额(万元)", "required_if")}
    line[3] = ""
    report = files.send(market, files.text([EDITION_2016, line], encoding="gb18030"))
    assert report.accepted == 1
    codes = dict(Record.objects.get().subject.identifiers.values_list("scheme", "value"))
    assert codes == {"organisation_code": organisation_code(5), "registration_number": registration_number(5)}
    record = Record.objects.get()
    assert (record.authority_code, record.source_name) == (market.department.uscc, market.department.name)


def broken_zip(cells: Any) -> bytes:
    data = files.xlsx(cells)
    return data[: len(data) // 2]


def bomb(cells: Any) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(files.xlsx(cells))) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for info in source.infolist():
            archive.writestr(info.filename, source.read(info))
        with archive.open("xl/media/filler.bin", "w", force_zip64=True) as member:
            for _ in range(70):
                member.write(b"\0" * (1 << 20))
    return out.getvalue()


REFUSED: dict[str, tuple[Any, str]] = {
    "an empty file": (lambda cells: b"", "empty"),
    "only a header": (lambda cells: files.xlsx(cells[:1]), "no_rows"),
    "a header and blank rows": (lambda cells: files.text([cells[0], [], ["", ""]]), "no_rows"),
    "half a workbook": (broken_zip, "damaged"),
    "a password": (
        lambda cells: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "password",
    ),
    "zero bytes in a csv": (lambda cells: files.text(cells).replace("销售".encode(), b"\x00\x00"), "format"),
    "a picture": (lambda cells: b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "format"),
    "an archive that unpacks without end": (bomb, "unpacked"),
    "two columns of one name": (lambda cells: files.xlsx([[*line, line[0]] for line in cells]), "repeated_columns"),
    "ten columns missing": (lambda cells: files.xlsx([line[:10] for line in cells]), "missing_columns"),
    "some other table": (lambda cells: files.text([["姓名", "电话"], ["张三", "1"]]), "header"),
}


@pytest.mark.parametrize("trouble", REFUSED)
def test_an_unreadable_file_is_refused_with_its_reason(trouble: str, market: Office) -> None:
    make, code = REFUSED[trouble]
    limits = Limits(unpacked=64 * 1024 * 1024)
    with pytest.raises(FileRefused) as refused:
        run(Job(item(), market.department, market.clerk, limits=limits), make(plain(market)), keep=True, partial=True)
    assert refused.value.code == code
    assert str(refused.value)
    assert not Record.objects.exists()


def test_missing_columns_are_named(market: Office) -> None:
    cells = files.table(rows(market))
    place = cells[0].index("处罚决定日期")
    with pytest.raises(FileRefused, match="处罚决定日期"):
        files.send(market, files.xlsx([[*line[:place], *line[place + 1 :]] for line in cells]))


def test_a_file_for_another_item_is_recognised(market: Office) -> None:
    with pytest.raises(FileRefused, match=item("penalty-legal").name):
        files.send(market, files.xlsx(plain(market)), to=item("licence-legal"))
