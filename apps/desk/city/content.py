"""What the records of a generated city say: a value for each field of an item, by its type, and in apt words where
the field is one of the delivered catalogue."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from apps.catalogue import shapes
from apps.catalogue.shapes import FieldSpec, ItemSpec
from apps.records.clocks import REMOVED_ON
from apps.records.content import COLUMNS, is_subject
from apps.records.demo_texts import LICENCES, OPEN_END, VIOLATIONS

from .draws import Draws

FILLED: Final = 0.4
"""Share of the rows in which a field is filled that need not be."""
_AMOUNTS: Final = {
    "500": 8, "1000": 12, "2000": 16, "5000": 18, "10000": 18, "20000": 12, "50000": 8, "100000": 5, "350000": 2,
    "1200000": 1,
}  # fmt: skip
_ANY_VIOLATION: Final = (
    ("未按规定备案", "未在规定期限内办理备案手续", "《中华人民共和国行政处罚法》第二十八条"),
    ("拒不改正", "经责令限期改正后逾期仍未改正", "《中华人民共和国行政处罚法》第二十八条"),
    ("未按许可范围经营", "超出许可证载明的范围从事经营活动", "《中华人民共和国行政许可法》第八十条"),
)
_ANY_LICENCE: Final = (
    ("准予行政许可决定书", "行政许可证", "准予从事许可范围内的活动"),
    ("行政许可延续决定书", "行政许可证", "准予延续许可证有效期"),
    ("行政许可变更决定书", "", "准予变更许可事项"),
)
_TERMS: Final = ("36mo", "60mo", "60mo")
"""Terms of disclosure that decisions name."""
_VALIDITY: Final = ("24mo", "36mo", "60mo", "60mo")

Made = Mapping[str, pl.Series]
"""The values made so far, by field code."""


Lines = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Rows:
    """Rows of one item: ``frame`` holds ``department`` (slug), ``authority_name``, ``representative``, ``decided_on``,
    ``numbering`` (how the department's document numbers begin, with {word} and {year}) and ``sequence``."""

    spec: ItemSpec
    draws: Draws
    frame: pl.DataFrame

    @property
    def day(self) -> pl.Series:
        return self.frame["decided_on"]

    def all(self, value: str) -> pl.Series:
        """The same text in each row."""
        return pl.Series([value]).new_from_index(0, len(self.frame))

    def line(self, purpose: str, known: Mapping[str, Lines], others: Lines) -> list[pl.Series]:
        """One of the lines of the row's department, or of ``others`` where it has none of its own; by column."""
        lines = list(others)
        begins, counts = {}, {}
        for slug, own in known.items():
            begins[slug], counts[slug] = len(lines), len(own)
            lines += own
        slugs = self.frame["department"]
        count = slugs.replace_strict(counts, default=len(others), return_dtype=pl.Int64)
        place = slugs.replace_strict(begins, default=0, return_dtype=pl.Int64) + self.draws.below(purpose, count)
        return [pl.Series(column).gather(place) for column in zip(*lines, strict=True)]

    def later(self, purpose: str, steps: Sequence[str]) -> pl.Series:
        """A day after the decision by one of the steps (``36mo``, ``-60d``)."""
        steps_drawn = self.draws.pick(purpose, steps)
        return pl.select(self.day.dt.offset_by(steps_drawn)).to_series()


Maker = Callable[[Rows, FieldSpec, Made], pl.Series]


def columns(rows: Rows) -> dict[str, pl.Series]:
    """The record's own columns (``records.content.COLUMNS``) but those that name the department."""
    size, roles = len(rows.frame), rows.spec.by_role
    no_day = pl.Series([None], dtype=pl.Date).new_from_index(0, size)
    valid_to = rows.later("valid to", _VALIDITY).set(rows.draws.chance("open end", 0.3), OPEN_END)
    return {
        "document_name": _licence(rows)[0] if "document_name" in roles else rows.all(""),
        "document_number": _number(rows),
        "decided_on": rows.day,
        "valid_from": rows.day if "valid_from" in roles else no_day,
        "valid_to": valid_to if "valid_to" in roles else no_day,
        "disclosed_to": rows.later("disclosed to", _TERMS) if "disclosed_to" in roles else no_day,
    }


def values(rows: Rows, today: datetime.date) -> dict[str, pl.Series]:
    """The values of the fields that are kept in ``Record.data``, null where a row has none; no day after ``today``."""
    made: dict[str, pl.Series] = {}
    # The kind of a document whose number is left out says nothing.
    kinds = {each.kind_field for each in rows.spec.fields if each.confidential}
    for each in rows.spec.fields:
        if is_subject(each) or each.role in COLUMNS or each.confidential or each.code in kinds:
            continue
        column = _BY_CODE.get(each.code, _by_type)(rows, each, made)
        if each.type == shapes.DATE:
            column = _blanked(column, column <= today)
        made[each.code] = _blanked(column, _filled(rows, each, made))
    return made


def _filled(rows: Rows, field: FieldSpec, made: Made) -> pl.Series:
    """Mask of the rows that have a value of the field."""
    everywhere = pl.Series([True]).new_from_index(0, len(rows.frame))
    if field.required:
        return everywhere
    if field.required_if is not None and field.required_if.field in made:
        other, wanted = made[field.required_if.field], list(field.required_if.contains)
        if isinstance(other.dtype, pl.List):
            return other.list.eval(pl.element().is_in(wanted)).list.any().fill_null(value=False)
        return other.is_in(wanted).fill_null(value=False)
    if field.code in _OFTEN:
        return everywhere
    if field.code in _REMOVAL and REMOVED_ON in made:
        return made[REMOVED_ON].is_not_null()
    return rows.draws.chance(f"{field.code} filled", FILLED)


def _blanked(column: pl.Series, filled: pl.Series) -> pl.Series:
    return pl.select(pl.when(filled).then(column)).to_series()


def _by_type(rows: Rows, field: FieldSpec, made: Made) -> pl.Series:
    draws = rows.draws
    if field.type == shapes.CHOICE:
        return draws.pick(field.code, _common(field))
    if field.type == shapes.CHOICES:
        first, second = (draws.pick(f"{field.code} {turn}", _common(field)) for turn in (1, 2))
        several = draws.chance(f"{field.code} several", 0.2) & (first != second)
        return pl.select(
            pl.when(several).then(pl.concat_list(first, second)).otherwise(pl.concat_list(first))
        ).to_series()
    if field.type == shapes.AMOUNT:
        return draws.pick(field.code, list(_AMOUNTS), list(_AMOUNTS.values()))
    if field.type == shapes.DATE:
        return rows.later(field.code, ("-60d", "-30d", "-7d"))
    if field.type == shapes.BOOLEAN:
        return draws.chance(field.code, 0.5)
    if field.type == shapes.CODE:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(rows.frame))
    return rows.all(f"{field.label}见决定书"[: field.max_length])


def _common(field: FieldSpec) -> list[str]:
    """The choices without the one that asks for a note."""
    return [choice for choice in field.choices if choice != shapes.OTHER] or list(field.choices)


def _number(rows: Rows) -> pl.Series:
    year = rows.day.dt.year().cast(pl.String)
    begins = rows.frame.select(
        pl.col("numbering")
        .str.replace("{word}", _NUMBER_WORDS.get(rows.spec.code, "决"), literal=True)
        .str.replace("{year}", pl.lit(year), literal=True)
    )
    return begins.to_series() + rows.frame["sequence"].cast(pl.String) + "号"


def _licence(rows: Rows) -> list[pl.Series]:
    return rows.line("licence", LICENCES, _ANY_LICENCE)


def _violation(rows: Rows) -> list[pl.Series]:
    return rows.line("violation", VIOLATIONS, _ANY_VIOLATION)


def _penalty_kinds(rows: Rows, field: FieldSpec, made: Made) -> pl.Series:
    kinds = [each for each in _PENALTIES if set(each.split(";")) <= set(field.choices)]
    return rows.draws.pick(field.code, kinds, [_PENALTIES[each] for each in kinds]).str.split(";")


def _content(rows: Rows, field: FieldSpec, made: Made) -> pl.Series:
    if "penalty_kinds" in made:
        return "决定给予" + made["penalty_kinds"].list.join("、") + "的行政处罚。"
    return _licence(rows)[2]


def _certificate(rows: Rows, field: FieldSpec, made: Made) -> pl.Series:
    names = _licence(rows)[1]
    return _blanked(names, names != "")


def _certificate_number(rows: Rows, field: FieldSpec, made: Made) -> pl.Series:
    return _blanked("豫" + (rows.draws.below(field.code, 9 * 10**7) + 10**7).cast(pl.String), _licence(rows)[1] != "")


_NUMBER_WORDS: Final = {
    "penalty-legal": "罚", "penalty-person": "罚", "licence-legal": "许", "licence-person": "许",
    "abnormal-operation": "异列", "serious-dishonesty-list": "严列", "honours": "表", "tax-arrears": "欠公",
    "tax-grade-a": "信", "judgment-debtor": "执", "contract-performance": "合",
}  # fmt: skip
"""Item -> the word in the numbers of its documents."""
_PENALTIES: Final = {
    "罚款": 50, "警告": 20, "警告;罚款": 14, "罚款;没收违法所得": 10, "没收非法财物": 3,
    "责令停产停业": 2, "吊销许可证件": 1,
}  # fmt: skip
_OFTEN: Final = frozenset(
    {"legal_representative", "violation_kind", "facts", "grounds", "status", "certificate_name", "certificate_number"}
)
"""Fields that departments fill though they need not."""
_REMOVAL: Final = frozenset({"removal_reason", "removal_authority"})
_HONOURS: Final = ("守合同重信用企业", "诚信经营示范单位", "放心消费创建先进单位")
_BY_CODE: Final[dict[str, Maker]] = {
    "legal_representative": lambda rows, field, made: rows.frame["representative"],
    "violation_kind": lambda rows, field, made: _violation(rows)[0],
    "facts": lambda rows, field, made: "经查，当事人" + _violation(rows)[1] + "，违反了相关规定。",
    "grounds": lambda rows, field, made: _violation(rows)[2],
    "penalty_kinds": _penalty_kinds,
    "content": _content,
    "certificate_name": _certificate,
    "certificate_number": _certificate_number,
    "status": lambda rows, field, made: rows.draws.pick(field.code, ("有效", "正常", "无效"), (90, 7, 3)),
    "honour": lambda rows, field, made: rows.draws.pick(field.code, _HONOURS),
    "merits": lambda rows, field, made: rows.all("依法诚信经营，社会评价良好"),
    "year": lambda rows, field, made: (rows.day.dt.year() - 1).cast(pl.String),
    REMOVED_ON: lambda rows, field, made: rows.later(field.code, ("60d", "180d", "365d")),
    "removal_authority": lambda rows, field, made: rows.frame["authority_name"],
    "removal_reason": lambda rows, field, made: rows.all("已履行法定义务"),
    "obligation": lambda rows, field, made: (
        "向申请执行人支付" + rows.draws.pick(field.code, list(_AMOUNTS)) + "元及利息"
    ),
    "enforcement_basis": lambda rows, field, made: (
        "（"
        + (rows.day.dt.year() - 1).cast(pl.String)
        + "）豫01民终"
        + (rows.draws.below(field.code, 9000) + 100).cast(pl.String)
        + "号"
    ),
    "contract_name": lambda rows, field, made: rows.draws.pick(
        field.code, ("设备采购合同", "道路工程施工合同", "物业服务合同", "信息系统开发合同")
    ),
    "responsible_persons": lambda rows, field, made: rows.frame["representative"],
    "note": lambda rows, field, made: rows.all("由业务系统归集"),
}
