"""Cells that a spreadsheet would run."""

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.core.formulae import escape_formula, escape_formulae, unescape_formula


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+cmd",
        "+8613812345678",
        "-1+1",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1+1",
        "＝1+1",
        "-A1",
        '=HYPERLINK("http://example.com","x")',
    ],
)
def test_a_formula_is_made_text(text: str) -> None:
    assert escape_formula(text) == "'" + text


@pytest.mark.parametrize(
    "value", ["-12.5", "-3", "-1,234.50", "-5%", "-", "--", "", "甲公司", "a=b", "1-2", 12, None, -5]
)
def test_anything_else_stays(value: object) -> None:
    assert escape_formula(value) == value


@given(st.lists(st.text()))
@example(["\n-5", "-5\n", "　=1", "-5%", None, ""])
def test_a_column_is_escaped_like_each_of_its_values(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"text": texts, "more": texts}, schema={"text": pl.String, "more": pl.String})
    escaped = [escape_formula(text) for text in texts]
    assert escape_formulae(frame).to_dict(as_series=False) == {"text": escaped, "more": escaped}


@given(st.text())
def test_escaping_is_taken_back(text: str) -> None:
    escaped = escape_formula(text)
    assert isinstance(escaped, str)
    if escaped != text:
        assert unescape_formula(escaped) == text
