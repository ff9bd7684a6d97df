"""Reading single values: every way people and spreadsheets write them, and every way they get them wrong."""

import datetime
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from apps.catalogue.rules import FieldSpec, parse_value
from tests.catalogue.factories import AMOUNT, BOOLEAN, CHOICE, CHOICES, DATE, TEXT, YUAN, code

DAY = datetime.date(2026, 1, 5)


@pytest.mark.parametrize(
    "raw",
    [
        "2026/01/05",
        "2026-01-05",
        "2026/1/5",
        "2026.1.5",
        "2026年1月5日",
        "2026 年 1 月 5 日",
        "2026年01月05",
        "20260105",
        "２０２６／０１／０５",
        "  2026-01-05\n",
        "2026-01-05 00:00:00",
        "2026-01-05T13:30:00",
        "2026年1月5日 9:30",
        # Day numbers of a spreadsheet: 45292 is 2024-01-01, so 735 days later comes 46027.
        46027,
        46027.0,
        46027.75,
        "46027",
        "46027.0",
        20260105,
        datetime.date(2026, 1, 5),
        datetime.datetime(2026, 1, 5, 8, 30),
    ],
)
def test_a_date_in_any_of_its_writings(raw: Any) -> None:
    assert parse_value(DATE, raw).value == DAY


def test_without_an_end_is_the_last_day_of_2099() -> None:
    assert parse_value(DATE, "2099/12/31").value == datetime.date(2099, 12, 31)


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        ("2025-02-30", "date_impossible"),
        ("2025/13/01", "date_impossible"),
        ("2023年2月29日", "date_impossible"),
        ("20251301", "date_impossible"),
        ("2026-1/5", "date_invalid"),
        ("05/01/2026", "date_invalid"),
        ("26-1-5", "date_invalid"),
        ("长期", "date_invalid"),
        ("2026/1", "date_invalid"),
        (True, "date_invalid"),
        (-5, "date_invalid"),
        ("1948-12-31", "date_too_early"),
        (10000, "date_too_early"),
        ("2100-01-01", "date_too_late"),
        ("9999-12-31", "date_too_late"),
    ],
)
def test_a_date_that_is_none(raw: Any, error: str) -> None:
    found = parse_value(DATE, raw)
    assert found.value is None
    assert found.error is not None and found.error.code == error


@pytest.mark.parametrize(
    ("raw", "yuan"),
    [
        ("1.5", "15000"),
        ("１．５", "15000"),
        ("１,０００．５", "10005000"),
        ("1,234,567.89", "12345678900"),
        ("1.5万元", "15000"),
        ("1.5 万", "15000"),
        ("15000元", "15000"),
        ("0.000001", "0.01"),
        ("1.50000000", "15000"),
        ("0", "0"),
        ("-0", "0"),
        (".5", "5000"),
        ("5.", "50000"),
        (3, "30000"),
        (0.1 + 0.2, "3000"),
        (Decimal("2.25"), "22500"),
        ("999999999999.999999", "9999999999999999.99"),
    ],
)
def test_an_amount_in_ten_thousand_yuan(raw: Any, yuan: str) -> None:
    assert parse_value(AMOUNT, raw).value == Decimal(yuan)


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        ("-1", "amount_negative"),
        (-0.5, "amount_negative"),
        ("0.0000001", "amount_decimals"),
        ("0.001元", "amount_decimals"),
        ("1000000000000", "amount_too_large"),
        ("一万", "amount_invalid"),
        ("1,00", "amount_invalid"),
        ("1.2.3", "amount_invalid"),
        ("1E+6", "amount_invalid"),
        ("约5万元", "amount_invalid"),
        ("/", "amount_invalid"),
        (float("nan"), "amount_invalid"),
        (float("inf"), "amount_invalid"),
        (True, "amount_invalid"),
        (datetime.date(2026, 1, 5), "amount_invalid"),
    ],
)
def test_an_amount_that_is_none(raw: Any, error: str) -> None:
    found = parse_value(AMOUNT, raw)
    assert found.error is not None and found.error.code == error


def test_an_amount_in_yuan_takes_ten_thousands_when_they_are_written() -> None:
    assert parse_value(YUAN, "1.5万元").value == Decimal(15000)
    assert parse_value(YUAN, "1.5").value == Decimal("1.5")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("普通", "普通"),
        (" 普 通 ", "普通"),
        ("其它", "其他"),
        ("其他-备案", "其他-备案"),
        ("其他（备案）", "其他-备案"),
        ("其他(备案)", "其他-备案"),
        ("其他：备案", "其他-备案"),
        ("其他——备案", "其他-备案"),
        ("其他()", None),
    ],
)
def test_a_choice(raw: str, value: str | None) -> None:
    found = parse_value(CHOICE, raw)
    assert found.value == value
    assert (found.error.code if found.error else "") == ("" if value else "choice_unknown")


def test_a_choice_outside_the_list_names_the_lawful_ones() -> None:
    found = parse_value(CHOICE, "行政确认")
    assert found.error is not None and found.error.code == "choice_unknown"
    assert "行政确认" in found.error.message
    assert "核准" in found.error.mend


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("罚款;没收违法所得", ["罚款", "没收违法所得"]),
        ("没收违法所得；罚款", ["罚款", "没收违法所得"]),
        ("罚款、警告，通报批评", ["警告", "通报批评", "罚款"]),
        ("罚款\n警告;", ["警告", "罚款"]),
        ("罚款;罚款", ["罚款"]),
        ("没收违法所得、没收非法财物", ["没收违法所得", "没收非法财物"]),
        ("罚款;其他-责令改正", ["罚款", "其他-责令改正"]),
        ("其他（责令改正、公开道歉）;罚款", ["罚款", "其他-责令改正、公开道歉"]),
        (["罚款", "其他-责令改正"], ["罚款", "其他-责令改正"]),
    ],
)
def test_several_choices(raw: Any, value: list[str]) -> None:
    assert parse_value(CHOICES, raw).value == value


def test_one_unknown_among_several_choices_is_named_alone() -> None:
    found = parse_value(CHOICES, "罚款;游街")
    assert found.error is not None and found.error.code == "choice_unknown"
    assert "游街" in found.error.message and "罚款;游街" not in found.error.message


def test_a_lawful_value_may_hold_a_separator_itself() -> None:
    spec = replace(CHOICES, choices=("暂扣许可证、执照", "罚款"))
    assert parse_value(spec, "罚款；暂扣许可证、执照").value == ["暂扣许可证、执照", "罚款"]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("  正文  ", "正文"),
        ("第一行\r\n第二行", "第一行\n第二行"),
        ("\ufeff正\u200b文", "正文"),
        ("\u202e号1\u202c\u2066x\u2069", "号1x"),
        (5.0, "5"),
        (5.25, "5.25"),
        (410101, "410101"),
        (datetime.date(2026, 1, 5), "2026-01-05"),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_a_text(raw: Any, value: str | None) -> None:
    found = parse_value(TEXT, raw)
    assert found.ok and found.value == value


def test_a_text_too_long_names_both_lengths() -> None:
    found = parse_value(TEXT, "违" * 21)
    assert found.error is not None and found.error.code == "too_long"
    assert "21" in found.error.message and "20" in found.error.mend
    assert parse_value(TEXT, "违" * 20).ok


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1f", "\x7f"])
def test_control_characters_are_refused(character: str) -> None:
    found = parse_value(TEXT, f"正{character}文")
    assert found.error is not None and found.error.code == "control_character"
    assert character not in found.error.text


@pytest.mark.parametrize(
    ("raw", "value"),
    [("是", True), ("否", False), (1, True), (0, False), ("１", True), ("Yes", True), ("n", False), (True, True)],
)
def test_yes_or_no(raw: Any, value: bool) -> None:
    assert parse_value(BOOLEAN, raw).value is value


def test_neither_yes_nor_no() -> None:
    found = parse_value(BOOLEAN, "也许")
    assert found.error is not None and found.error.code == "boolean_invalid"


@pytest.mark.parametrize(
    ("spec", "raw", "value"),
    [
        # Samples of the standards: GB 32100-2015 and GB 11714.
        (code("uscc"), "91350100M000100Y43", "91350100M000100Y43"),
        (code("uscc"), " 91350100m000100y43（1-1）", "91350100M000100Y43"),
        (code("organisation_code"), "59467239-9", "594672399"),
        (code("registration_number"), 110108000000016.0, "110108000000016"),
        (code("free", max_length=30), "事证第141010000123号", "事证第141010000123号"),
        (code("identity_number"), "11010519491231002x", "11010519491231002X"),
    ],
)
def test_a_code(spec: FieldSpec, raw: Any, value: str) -> None:
    assert parse_value(spec, raw).value == value


@pytest.mark.parametrize(
    ("spec", "raw", "error"),
    [
        (code("uscc"), "91350100M000100Y44", "code_checksum"),
        (code("uscc"), "91350100M000100Y4", "code_length"),
        (code("uscc"), "91350100M000100I43", "code_charset"),
        (code("uscc"), 4.10101e17, "code_scientific"),
        (code("uscc"), "0" * 17 + "X", "code_placeholder"),
        (code("organisation_code"), "59467239-8", "code_checksum"),
        (code("free"), "4.1010E+17", "code_scientific"),
        (code("identity_number"), 4.10101199001011e17, "code_scientific"),
    ],
)
def test_a_code_that_is_none(spec: FieldSpec, raw: Any, error: str) -> None:
    found = parse_value(spec, raw)
    assert found.error is not None and found.error.code == error


def test_a_code_issued_with_a_wrong_check_character_can_be_overridden() -> None:
    # Lawfully issued, though the check character does not fit.
    found = parse_value(code("uscc"), "91350211M0000XUF46")
    assert found.error is not None and found.error.overridable
    assert found.error.kept == "91350211M0000XUF46"


def test_a_confidential_value_is_never_repeated() -> None:
    spec = code("identity_number", confidential=True, max_length=10)
    found = parse_value(spec, "110105194912310021")
    assert found.error is not None and "1101" not in found.error.text
