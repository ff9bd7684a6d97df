"""Penalty files of any size with errors planted in fifteen ways: for the tests, the trials by hand and the benchmarks.

    python -m tests.exchange.generate OUT.xlsx --rows 30000 --wrong 0.05 --companies register.csv --authority CODE

writes the file and, beside it, ``OUT.planted.json``: the planted errors as ``[row, column, code]``.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter

from apps.core.identifiers import uscc

HEADERS = [
    "行政相对人名称",
    "行政相对人类别",
    "行政相对人代码_1(统一社会信用代码)",
    "行政相对人代码_2(工商注册号)",
    "行政相对人代码_3(组织机构代码)",
    "行政相对人代码_4(税务登记号)",
    "行政相对人代码_5(事业单位证书号)",
    "行政相对人代码_6(社会组织登记证号)",
    "法定代表人",
    "法定代表人证件类型",
    "法定代表人证件号码",
    "行政处罚决定书文号",
    "违法行为类型",
    "违法事实",
    "处罚依据",
    "处罚类别",
    "处罚内容",
    "罚款金额(万元)",
    "没收违法所得、没收非法财物的金额(万元)",
    "暂扣或吊销证照名称及编号",
    "处罚决定日期",
    "处罚有效期",
    "公示截止期",
    "处罚机关",
    "处罚机关统一社会信用代码",
    "数据来源单位",
    "数据来源单位统一社会信用代码",
    "备注",
]
NAME, CATEGORY, USCC, NUMBER, FACTS, KINDS, FINE, DECIDED, AUTHORITY = (
    HEADERS[place] for place in (0, 1, 2, 11, 13, 15, 17, 20, 24)
)

Row = dict[str, str]


@dataclass
class Penalties:
    """Rows below the header, and what is wrong with them: (index of the row from 0, column or "", error code)."""

    rows: list[Row]
    planted: list[tuple[int, str, str]] = field(default_factory=list)


def companies(count: int, seed: int = 1) -> list[tuple[str, str]]:
    """Invented companies: (name, valid code), each once."""
    chance = random.Random(seed)
    found: dict[str, str] = {}
    characters = "华信达丰恒瑞安泰宏远盛昌隆嘉源鑫博通联创"
    while len(found) < count:
        body = "914101" + f"{chance.randrange(100):02d}" + "MA" + "".join(chance.choice("0123456789") for _ in range(7))
        name = f"郑州{''.join(chance.choice(characters) for _ in range(3))}{len(found)}商贸有限公司"
        found.setdefault(body + uscc.check_character(body), name)
    return [(name, code) for code, name in found.items()]


def register(path: Path) -> list[tuple[str, str]]:
    """Companies of a business register in csv (columns 企业名称 and 统一社会信用代码), no individual businesses."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["企业名称"].strip(), row["统一社会信用代码"].strip()) for row in csv.DictReader(file)]
    return [(name, code) for name, code in rows if uscc.check_uscc(code).ok and code.startswith("91")]


def penalties(
    count: int, known: Sequence[tuple[str, str]], *, authority: tuple[str, str], wrong: float = 0.0, seed: int = 1
) -> Penalties:
    """``count`` penalty rows, a share ``wrong`` of them with one planted error each, the kinds in turn.

    ``authority``: name and code of the deciding department. No two rows share a document number but the planted
    contradictions.
    """
    chance = random.Random(seed)
    rows = [_row(number, *known[number % len(known)], authority, chance) for number in range(count)]
    places = sorted(chance.sample(range(1, count), round(count * wrong)))
    result = Penalties(rows)
    for turn, place in enumerate(places):
        plant = PLANTS[turn % len(PLANTS)]
        column, code = plant(rows, place, chance)
        result.planted.append((place, column, code))
    return result


def _row(number: int, name: str, code: str, authority: tuple[str, str], chance: random.Random) -> Row:
    day = datetime.date(2023, 1, 1) + datetime.timedelta(days=chance.randrange(900))
    fined = chance.random() < 0.7
    row = dict.fromkeys(HEADERS, "")
    row |= {
        NAME: name,
        CATEGORY: "法人及非法人组织",
        USCC: code,
        "法定代表人": chance.choice(["张伟", "王芳", "李娜", "刘洋", "陈静"]),
        NUMBER: f"郑市监处罚〔{day.year}〕{number + 1}号",
        "违法行为类型": chance.choice(["虚假宣传", "无照经营", "销售不合格商品"]),
        FACTS: f"当事人于{day:%Y年%m月%d日}在经营场所从事违法经营活动，涉案商品{chance.randrange(1, 900)}件。",
        "处罚依据": "《中华人民共和国产品质量法》第四十九条",
        KINDS: "罚款" if fined else "警告",
        "处罚内容": f"罚款{number % 90 + 1}000元" if fined else "警告",
        FINE: f"{(number % 90 + 1) / 10:g}" if fined else "",
        DECIDED: f"{day:%Y/%m/%d}",
        "处罚有效期": "2099/12/31",
        "公示截止期": f"{day.replace(year=day.year + 3, day=min(day.day, 28)):%Y-%m-%d}",
        "处罚机关": authority[0],
        AUTHORITY: authority[1],
        "数据来源单位": authority[0],
        "数据来源单位统一社会信用代码": authority[1],
    }
    return row


def _set(
    column: str, make: Callable[[str], str], code: str
) -> Callable[[list[Row], int, random.Random], tuple[str, str]]:
    def plant(rows: list[Row], place: int, chance: random.Random) -> tuple[str, str]:
        rows[place][column] = make(rows[place][column])
        return column, code

    return plant


def _wrong_check(code: str) -> str:
    # Position 9 to 17 holds the organisation code; another digit there breaks the check character for certain.
    digit = "7" if code[12] != "7" else "4"
    return code[:12] + digit + code[13:]


def _fine_missing(rows: list[Row], place: int, chance: random.Random) -> tuple[str, str]:
    rows[place] |= {KINDS: "警告；罚款", FINE: ""}
    return FINE, "required_if"


def _bad_fine(value: str, code: str) -> Callable[[list[Row], int, random.Random], tuple[str, str]]:
    def plant(rows: list[Row], place: int, chance: random.Random) -> tuple[str, str]:
        rows[place] |= {KINDS: "罚款", FINE: value}
        return FINE, code

    return plant


def _contradiction(rows: list[Row], place: int, chance: random.Random) -> tuple[str, str]:
    first = rows[0]
    rows[place] |= {NAME: first[NAME], USCC: first[USCC], NUMBER: first[NUMBER], FACTS: f"另一事实{place}"}
    return NUMBER, "conflict_in_file"


PLANTS: list[Callable[[list[Row], int, random.Random], tuple[str, str]]] = [
    _set(USCC, _wrong_check, "code_checksum"),
    _set(USCC, lambda code: code[:17], "code_length"),
    _set(USCC, lambda code: code[:10] + "I" + code[11:], "code_charset"),
    _set(USCC, lambda code: "9.14101E+17", "code_scientific"),
    _set(NAME, lambda name: "", "required"),
    _set(NAME, lambda name: "另一家" + name, "name_differs"),
    _set(NUMBER, lambda number: "", "required"),
    _set(DECIDED, lambda day: "2024/02/30", "date_impossible"),
    _set(DECIDED, lambda day: "去年三月", "date_invalid"),
    _set(DECIDED, lambda day: "2098/01/01", "date_in_future"),
    _fine_missing,
    _bad_fine("五万元整", "amount_invalid"),
    _bad_fine("-1.5", "amount_negative"),
    _set(KINDS, lambda kinds: "罚金", "choice_unknown"),
    _set(
        AUTHORITY,
        lambda code: "11410000MB0A00001X"[:17] + uscc.check_character("11410000MB0A00001"),
        "authority_foreign",
    ),
    _contradiction,
]
"""Sixteen kinds of error: each changes one row and names the column and the code with which the import must answer."""


def write_xlsx(path: Path, rows: Sequence[Row], *, title: str = "行政处罚信息公示表") -> int:
    """Write the rows under a title and the headers; returns the sheet row of the first one."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("行政处罚")
        sheet.write(0, 0, title)
        for column, header in enumerate(HEADERS):
            sheet.write(1, column, header)
        for number, row in enumerate(rows):
            for column, header in enumerate(HEADERS):
                if row[header]:
                    sheet.write_string(number + 2, column, row[header])
    return 3


def write_csv(path: Path, rows: Sequence[Row], *, encoding: str = "utf-8-sig") -> int:
    """Write the rows as csv; returns the number of the first one."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, HEADERS)
        writer.writeheader()
        writer.writerows(rows)
    return 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--wrong", type=float, default=0.05)
    parser.add_argument("--companies", type=Path)
    parser.add_argument("--authority", default="郑州市市场监督管理局,11410100MB1912677E", help="name,code")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    name, code = chosen.authority.split(",")
    known = register(chosen.companies) if chosen.companies else companies(max(1, chosen.rows // 3), chosen.seed)
    made = penalties(chosen.rows, known, authority=(name, code), wrong=chosen.wrong, seed=chosen.seed)
    write = write_csv if chosen.out.suffix == ".csv" else write_xlsx
    first = write(chosen.out, made.rows)
    planted = [[first + place, column, kind] for place, column, kind in made.planted]
    chosen.out.with_suffix(".planted.json").write_text(json.dumps(planted, ensure_ascii=False))


if __name__ == "__main__":
    main()
