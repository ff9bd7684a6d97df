"""The column-wise rules and the scalar ones of the catalogue say the same of every value and every row."""

import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.catalogue import rules
from apps.catalogue.shapes import FieldSpec, ItemSpec, RequiredIf
from apps.exchange.engine.findings import Findings
from apps.exchange.engine.validate import judge
from apps.exchange.engine.values import read_column
from tests.subjects.factories import identity_number, organisation_code, registration_number, uscc

TODAY = datetime.date(2026, 1, 5)
KINDS = ("警告", "罚款", "没收违法所得", "其他")
SPEC = ItemSpec(
    code="trial",
    name="试验",
    subject_kinds=("legal_entity",),
    fields=(
        FieldSpec("name", "名称", role="subject_name", required=True, max_length=12),
        FieldSpec("category", "类别", "choice", role="subject_category", choices=("法人及非法人组织", "个体工商户")),
        FieldSpec("uscc", "代码", "code", role="subject_uscc", code_scheme="uscc", required=True),
        FieldSpec(
            "registration",
            "注册号",
            "code",
            role="subject_registration_number",
            code_scheme="registration_number",
            required_if=RequiredIf("uscc", ("0" * 17 + "X",)),
        ),
        FieldSpec("organisation", "机构代码", "code", code_scheme="organisation_code"),
        FieldSpec("tax", "税号", "code", code_scheme="tax_number"),
        FieldSpec("free", "证书号", "code", code_scheme="free", max_length=8),
        FieldSpec("kind", "证件类型", "choice", choices=("身份证", "护照号", "其他")),
        FieldSpec("identity", "证件号码", "code", code_scheme="identity_number", kind_field="kind", confidential=True),
        FieldSpec("facts", "事实", max_length=30),
        FieldSpec("kinds", "处罚类别", "choices", choices=KINDS, required=True, max_length=20),
        FieldSpec(
            "fine",
            "罚款(万元)",
            "amount",
            unit="wan_yuan",
            digits=18,
            decimals=6,
            required_if=RequiredIf("kinds", ("罚款",)),
        ),
        FieldSpec("note", "说明", required_if=RequiredIf("kinds", ("其他",))),
        FieldSpec("decided", "决定日期", "date", role="decided_on", required=True),
        FieldSpec("start", "有效期自", "date", role="valid_from"),
        FieldSpec("end", "有效期至", "date", role="valid_to"),
        FieldSpec("open", "公开", "boolean"),
    ),
)
NASTY = [
    "",
    " ",
    "\u200b",
    "\t",
    "\r\n",
    "\xa0",
    "\u3000",
    "-",
    "—",
    "/",
    "无",
    "N/A",
    "'",
    "=1+1",
    "@x",
    "a\x00b",
    "a\x07",
    "\x85",
    "多行\r\n文字",
    " 前后 ",
    "\ufeff头",
    "𠮷野家",
    "e\u0301",
    "０１２",
    "1E+5",
    "9.14101E+17",
    "1.",
    ".5",
    "1,000",
    "1,00",
    "-0",
    "-1",
    "1e400",
    "inf",
    "nan",
    "10000000000000",
    "0.0000001",
    "1.5万",
    "15000元",
    "¥3",
    "TRUE",
    "否",
    "√",
    "2",
    "2025-02-29",
    "2024-02-29",
    "2024/2/3 00:00:00",
    "2024.2.3",
    "2024年2月3日",
    "20240203",
    "45352",
    "45352.5",
    "99999",
    "00000",
    "1948-12-31",
    "2099/12/31",
    "2100-01-01",
    "2026-01-05",
    "2026-01-06",
    "2024/2-3",
    "24-02-03",
    "罚款",
    "罚 款",
    "罚款;警告",
    "罚款；其他-补充",
    "其它",
    "其他（限期、公开）",
    "罚金",
    "其他(",
    "法人及非法人组织",
    "身份证",
    "护照号",
    "0" * 17 + "X",
    "0" * 18,
    "91410100170051302N（1-2）",
    "91350211M0000XUF46",
    "1" * 40,
    "字" * 31,
    uscc(1),
    uscc(1).lower(),
    uscc(1)[:17],
    uscc(2)[:-1] + "O",
    identity_number(7),
    identity_number(8).lower(),
    identity_number(9, born="20990101"),
    identity_number(9, born="19900230"),
    organisation_code(5),
    organisation_code(5)[:8] + "-" + "X",
    registration_number(6),
    "4101050000000",
    "410105" + organisation_code(5),
    "E12345678",
]
TEXTS = st.one_of(
    st.none(),
    st.sampled_from(NASTY),
    st.text(max_size=14),
    st.from_regex(r"[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,14}(\.[0-9]{0,8})?(万元|元)?", fullmatch=True),
    st.lists(st.sampled_from([*KINDS, "其他-补"]), max_size=3).map("；".join),
)
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plain(value: Any) -> Any:
    """A cell of a column in the scalar rules' stored form."""
    if isinstance(value, pl.Series):
        return value.to_list()
    return value.isoformat() if isinstance(value, datetime.date) else value


def answer(error: Any) -> tuple[str, dict[str, str]]:
    return error.code, {name: str(value) for name, value in error.params.items()}


@pytest.mark.parametrize("field", SPEC.fields, ids=lambda field: field.code)
@given(raw=st.lists(TEXTS, min_size=1, max_size=30))
@SETTINGS
def test_a_column_reads_as_its_cells_do(field: FieldSpec, raw: list[str | None]) -> None:
    column = read_column(field, pl.Series(raw, dtype=pl.String))
    for place, text in enumerate(raw):
        parsed = rules.parse_value(field, text)
        if parsed.error is not None:
            assert answer(column.errors[place]) == answer(parsed.error), repr(text)
            assert column.values[place] is None
        else:
            assert place not in column.errors, repr(text)
            assert plain(column.values[place]) == rules.to_storage(field, parsed.value), repr(text)


def test_nasty_values_in_every_field() -> None:
    for field in SPEC.fields:
        column = read_column(field, pl.Series(NASTY, dtype=pl.String))
        for place, text in enumerate(NASTY):
            parsed = rules.parse_value(field, text)
            assert (place in column.errors) == (parsed.error is not None), (field.code, text)
            if parsed.error is None:
                assert plain(column.values[place]) == rules.to_storage(field, parsed.value), (field.code, text)


GOOD: dict[str, st.SearchStrategy[str | None]] = {
    "name": st.just("某公司"),
    "category": st.sampled_from(["法人及非法人组织", "个体工商户"]),
    "uscc": st.sampled_from([uscc(1), "0" * 17 + "X"]),
    "registration": st.sampled_from([None, registration_number(6)]),
    "kind": st.sampled_from([None, "身份证", "护照号"]),
    "identity": st.sampled_from([None, identity_number(7), "E12345678", "E1"]),
    "kinds": st.sampled_from(["罚款", "警告", "警告；罚款", "其他-限期", "其他"]),
    "fine": st.sampled_from([None, "1.5"]),
    "note": st.sampled_from([None, "有"]),
    "decided": st.sampled_from(["2025/9/26", "2026/1/6", "2026/1/5"]),
    "start": st.sampled_from([None, "2025/1/1", "2027/1/1"]),
    "end": st.sampled_from([None, "2026/1/1", "2099/12/31"]),
}
ROWS = st.fixed_dictionaries({each.code: GOOD.get(each.code, st.none()) | TEXTS for each in SPEC.fields})


@given(rows=st.lists(ROWS, min_size=1, max_size=8))
@SETTINGS
def test_a_table_is_judged_as_its_rows_are(rows: list[dict[str, str | None]]) -> None:
    frame = pl.DataFrame(
        [{"row": number, **each} for number, each in enumerate(rows, 2)],
        schema={"row": pl.UInt32, **{each.code: pl.String for each in SPEC.fields}},
    )
    findings = Findings(SPEC, {})
    judged = judge(frame, SPEC, TODAY, findings)
    found: dict[int, set[tuple[str, str]]] = {}
    for number, field, code in findings.frame().select("row", "field", "code").iter_rows():
        found.setdefault(number, set()).add((field, code))
    for place, raw in enumerate(rows):
        expected = rules.parse_row(SPEC, raw, TODAY)
        wrong = {(field, error.code) for field, errors in expected.errors.items() for error in errors}
        assert found.get(place + 2, set()) == wrong
        assert judged.ok[place] == expected.ok
        for field, value in expected.values.items():
            stored = rules.to_storage(SPEC.by_code[field], value)
            assert plain(judged.rows[field][place]) == stored
