"""What files do to codes, and how it is undone."""

import pytest

from apps.core.identifiers import clean_code

CODE = "91410100170051302N"


@pytest.mark.parametrize(
    ("text", "cleaned", "cleanings"),
    [
        (CODE, CODE, ()),
        (None, "", ()),
        ("９１４１０１００１７００５１３０２Ｎ", CODE, ("full_width",)),
        ("ｎ", "N", ("full_width",)),
        (" 91410100170051302N\n", CODE, ("spaces",)),
        ("914101\u3000001700\xa051302N", CODE, ("spaces",)),
        ("\ufeff9141\u200b0100170051302N", CODE, ("invisible",)),
        ("91410100170051302n", CODE, ("case",)),
        ("'91410100170051302N", CODE, ("quotes",)),
        ("59467239-9", "594672399", ("hyphens",)),
        ("59467239—9", "594672399", ("hyphens",)),
        ("59467239－9", "594672399", ("hyphens",)),
        ("59467239−9", "594672399", ("hyphens",)),
        (CODE + "（1-2）", CODE, ("full_width", "copy_mark")),
        (CODE + "(1-1)", CODE, ("copy_mark",)),
        (CODE + "（1一1）", CODE, ("full_width", "copy_mark")),
        (CODE + "（1—1）", CODE, ("full_width", "copy_mark")),
        (CODE + "(1/1)", CODE, ("copy_mark",)),
        (CODE + "(副本)", CODE, ("copy_mark",)),
        (CODE + "（副本2-1）", CODE, ("full_width", "copy_mark")),
        (CODE + "(副本)(1-1)", CODE, ("copy_mark",)),
        (CODE + "【1-1】", CODE, ("copy_mark",)),
        (CODE + "(1-2", CODE, ("copy_mark",)),
        (CODE + " 1-1", CODE, ("spaces", "copy_mark")),
        ("410100000012345.0", "410100000012345", ("decimal",)),
        ("9.14E+17", "9.14E+17", ("scientific",)),
        ("1234567E-1", "1234567E1", ("hyphens",)),
        ("9141010017005130-2N", CODE, ("hyphens",)),
    ],
)
def test_cleaning(text: str | None, cleaned: str, cleanings: tuple[str, ...]) -> None:
    result = clean_code(text)
    assert result.text == cleaned
    assert result.cleanings == cleanings


@pytest.mark.parametrize("text", ["9141O100170051302N", "无", "91410100170051302N、91410100170051303L"])
def test_no_letter_is_guessed(text: str) -> None:
    assert clean_code(text).text == text
