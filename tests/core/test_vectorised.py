"""The forms for columns answer exactly as the forms for one value."""

import datetime

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10

from apps.core.identifiers import clean_code, older, persons, uscc, vectorised
from apps.core.identifiers.cleaning import REPLACEMENTS, is_scientific

TODAY = datetime.date(2026, 6, 1)

anything = st.text(max_size=24)
code_like = st.text("0123456789ABEXNOIZ.+-一()（） １Ｅe\u200b", max_size=26)
damaged = st.builds(
    lambda code, place, noise, mark: code[:place] + noise + code[place:] + mark,
    st.sampled_from(["91410100170051302N", "110108000000016", "594672399", "11010519491231002X", "440301192203821"]),
    st.integers(0, 18),
    st.sampled_from(["", " ", "-", "O", "0", "．", "\n", "+", *sorted(REPLACEMENTS)]),
    st.sampled_from(["", "（1-2）", "(1一1)", "1-1", "-1-1", ".0", "(副本)", "E+17", "(", "\n"]),
)
columns = st.lists(st.one_of(anything, code_like, damaged, st.none()), max_size=8)


@given(columns)
@settings(max_examples=300)
@example(["1.2E+3", "+1.23E+17", "12.5", "４．5Ｅ＋１７", None, ""])
def test_cleaning(values: list[str | None]) -> None:
    answer = vectorised.clean_codes(pl.Series("code", values, dtype=pl.String))
    assert answer.to_list() == [clean_code(value).text for value in values]
    assert answer.name == "code"


bodies = st.one_of(
    st.builds(
        lambda start, rest: start + rest,
        st.sampled_from(["91", "92", "N2", "00", "94", "A1"]),
        st.text("0123456789", min_size=15, max_size=15),
    ),
    st.text(uscc.ALPHABET, min_size=17, max_size=17),
)
unified = st.builds(lambda body: body + uscc.check_character(body), bodies)
sums = st.one_of(
    unified,
    st.builds(lambda code, last: code[:17] + last, unified, st.sampled_from(uscc.ALPHABET)),
    st.sampled_from(["0" * 18, "0" * 17 + "X", "", "9.14E+17", "91410100170051.0XN", "９" * 18, "é" * 9]),
    code_like,
    anything,
)


@given(st.lists(sums, max_size=8))
@settings(max_examples=300)
def test_unified_codes(values: list[str]) -> None:
    assert vectorised.uscc_status(pl.Series(values, dtype=pl.String)).to_list() == [uscc.status(v) for v in values]


numbers = st.builds(
    lambda start, born, order, last: f"{start}{born}{order:03}{last}",
    st.sampled_from(["410101", "810000", "410171"]),
    st.one_of(
        st.dates(datetime.date(1, 1, 1), datetime.date(2099, 12, 31)).map(lambda d: f"{d.year:04}{d:%m%d}"),
        st.text("0123456789", min_size=8, max_size=8),
    ),
    st.integers(0, 999),
    st.sampled_from("0123456789X"),
)


@given(st.lists(st.one_of(numbers, code_like, anything, damaged), max_size=8))
@settings(max_examples=300)
@example(["410101000002290010", "410101000001010010", "41010119000229001X", "11010519491231002X", "440524188001010014"])
def test_resident_identity_numbers(values: list[str]) -> None:
    answer = vectorised.ric_status(pl.Series(values, dtype=pl.String), today=TODAY)
    assert answer.to_list() == [persons.resident_status(value, TODAY) for value in values]


old = st.one_of(
    code_like,
    anything,
    damaged,
    st.text("0123456789", min_size=15, max_size=15),
    st.text("0123456789ABCXYZ", min_size=9, max_size=9),
    st.builds(
        lambda division, rest: division + rest, st.text("01", min_size=6, max_size=6), st.text(min_size=9, max_size=9)
    ),
)


@given(st.lists(old, max_size=8))
@settings(max_examples=300)
@example(["4101011.234E+1", "410101+1.2E+17", "594672399", "410101594672399", "000000000", "110108000000016"])
def test_older_codes(values: list[str]) -> None:
    column = pl.Series(values, dtype=pl.String)
    assert vectorised.organisation_status(column).to_list() == [older.organisation_status(v) for v in values]
    assert vectorised.registration_status(column).to_list() == [older.registration_status(v) for v in values]
    assert vectorised.tax_status(column).to_list() == [older.tax_status(v) for v in values]
    assert vectorised.scientific(column).to_list() == [is_scientific(value) for value in values]


def test_an_empty_column_stays_empty() -> None:
    empty = pl.Series("code", [], dtype=pl.String)
    for function in (vectorised.clean_codes, vectorised.uscc_status, vectorised.ric_status, vectorised.tax_status):
        assert function(empty).len() == 0
    assert vectorised.uscc_status(pl.Series([None, None], dtype=pl.String)).to_list() == ["empty", "empty"]


@given(st.lists(bodies, max_size=8))
def test_check_characters_of_unified_codes(values: list[str]) -> None:
    answer = vectorised.uscc_check_characters(pl.Series(values, dtype=pl.String))
    assert answer.to_list() == [uscc.check_character(body) for body in values]


@given(st.lists(st.text("0123456789ABCX", min_size=8, max_size=8), max_size=8))
def test_check_characters_of_organisation_codes(values: list[str]) -> None:
    answer = vectorised.organisation_check_characters(pl.Series(values, dtype=pl.String))
    assert answer.to_list() == [older.organisation_check_character(body) for body in values]


@given(st.lists(st.text("0123456789", min_size=14, max_size=14), max_size=8))
def test_check_digits_of_registration_numbers(values: list[str]) -> None:
    answer = vectorised.registration_check_digits(pl.Series(values, dtype=pl.String))
    assert answer.to_list() == [mod_11_10.calc_check_digit(body) for body in values]
