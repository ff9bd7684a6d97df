"""A value in storage, in files and before the eyes of a person."""

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.catalogue.rules import FieldSpec, from_storage, parse_value, to_display, to_edge, to_storage
from tests.catalogue.factories import AMOUNT, BOOLEAN, CHOICE, CHOICES, DATE, TEXT, YUAN

NOTES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


def survives(spec: FieldSpec, raw: Any) -> None:
    """What was read once reads the same from storage and from a file."""
    parsed = parse_value(spec, raw)
    if parsed.error or parsed.value is None:
        return
    stored = json.loads(json.dumps(to_storage(spec, parsed.value)))
    assert from_storage(spec, stored) == parsed.value
    assert parse_value(spec, to_edge(spec, stored)).value == parsed.value


@given(st.dates(datetime.date(1949, 1, 1), datetime.date(2099, 12, 31)))
def test_dates_survive(day: datetime.date) -> None:
    assert parse_value(DATE, day).value == day
    survives(DATE, day)


@given(st.decimals(0, Decimal("999999999999"), places=6, allow_nan=False))
def test_amounts_survive(number: Decimal) -> None:
    assert parse_value(AMOUNT, number).value == number * 10000
    survives(AMOUNT, number)


@given(st.decimals(0, Decimal("999999999"), places=2, allow_nan=False))
def test_amounts_in_yuan_survive(number: Decimal) -> None:
    survives(YUAN, number)


@given(st.sampled_from(CHOICE.choices), NOTES)
def test_choices_survive_with_their_note(choice: str, note: str) -> None:
    survives(CHOICE, choice)
    survives(CHOICE, f"其他-{note}")
    survives(CHOICE, f"其他（{note}）")


@given(st.lists(st.sampled_from(CHOICES.choices), min_size=1), NOTES)
def test_several_choices_survive(chosen: list[str], note: str) -> None:
    survives(CHOICES, chosen)
    survives(CHOICES, [*chosen, f"其他-{note}"])
    survives(CHOICES, ";".join([*chosen, f"其他（{note}）"]))


@given(st.text(max_size=20))
def test_texts_survive(text: str) -> None:
    survives(TEXT, text)


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.datetimes(), st.none()))
def test_no_value_breaks_a_reader(raw: Any) -> None:
    for spec in (DATE, AMOUNT, CHOICE, CHOICES, TEXT, BOOLEAN, FieldSpec("c", "代码", "code", code_scheme="uscc")):
        parsed = parse_value(spec, raw)
        assert parsed.error is None or parsed.error.text


@pytest.mark.parametrize(
    ("spec", "stored", "edge", "display"),
    [
        (DATE, "2026-01-05", "2026/01/05", "2026-01-05"),
        (DATE, datetime.date(2026, 1, 5), "2026/01/05", "2026-01-05"),
        (AMOUNT, "15000", "1.5", "1.5 ten thousand yuan"),
        (AMOUNT, "123456789000", "12345678.9", "12,345,678.9 ten thousand yuan"),
        (YUAN, "0.01", "0.01", "0.01 yuan"),
        (CHOICES, ["罚款", "其他-责令改正"], "罚款;其他-责令改正", "罚款；其他-责令改正"),
        (BOOLEAN, True, "是", "yes"),
        (BOOLEAN, False, "否", "no"),
        (TEXT, None, "", ""),
        (DATE, None, "", ""),
    ],
)
def test_edge_and_display(spec: FieldSpec, stored: Any, edge: str, display: str) -> None:
    with translation.override("en"):
        assert to_edge(spec, stored) == edge
        assert to_display(spec, stored) == display
