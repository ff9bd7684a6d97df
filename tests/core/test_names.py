"""Names compared and searched: in Python and, by the same rules, in the database."""

import re

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.core.text import (
    MATCH_TABLE,
    OWN_FORM,
    bigram_query,
    bigrams,
    contains_pattern,
    match_form,
    name_tokens,
    normalise_text,
    visible_lines,
)

in_database = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
# A text column holds neither NUL nor half a surrogate pair.
storable = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
name_like = st.text("郑州市高新（）()ＡＢab 　'\\%_&|!:*<>\"😀𠮷·•１2", max_size=12)
names = st.one_of(storable, name_like)


def ask(sql: str, *parameters: str | None) -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + sql, parameters)
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("text", "shown", "compared"),
    [
        ("郑州(高新)有限公司", "郑州(高新)有限公司", "郑州（高新）有限公司"),
        ("郑州（高新）有限公司", "郑州（高新）有限公司", "郑州（高新）有限公司"),
        (" 郑州  高新　有限公司\n", "郑州 高新 有限公司", "郑州高新有限公司"),
        ("ＡＢＣ１２３ａ", "ABC123a", "ABC123A"),
        ("Kfc餐厅", "Kfc餐厅", "KFC餐厅"),
        ("阿里•巴巴", "阿里•巴巴", "阿里·巴巴"),
        ("\ufeff甲\u200b公司", "甲公司", "甲公司"),
        ("", "", ""),
        (None, "", ""),
    ],
)
def test_forms_of_a_name(text: str | None, shown: str, compared: str) -> None:
    assert normalise_text(text) == shown
    assert match_form(text) == compared


def test_a_name_cannot_be_shown_in_another_direction() -> None:
    assert normalise_text("甲\u202e司公\u202c\u2066乙\u2069") == "甲司公乙"
    assert normalise_text("\u202e") == ""


def test_names_of_chinese_characters_alone_are_their_own_forms() -> None:
    characters = [chr(code) for code in range(0x10000) if re.search(OWN_FORM, chr(code))]
    assert (characters[0], characters[-1], len(characters)) == ("一", "鿿", 0xA000 - 0x4E00)
    text = "".join(characters)
    assert normalise_text(text) == match_form(text) == text
    assert not re.search(OWN_FORM, "郑州（高新）有限公司")


@given(st.text())
def test_forms_are_stable(text: str) -> None:
    assert match_form(match_form(text)) == match_form(text)
    assert normalise_text(normalise_text(text)) == normalise_text(text)
    assert match_form(normalise_text(text)) == match_form(text)


def test_bigrams() -> None:
    assert bigrams("郑州高新") == ["郑州", "州高", "高新"]
    assert bigrams("人人人人") == ["人人"]
    assert bigrams("郑") == ["郑"]
    assert bigrams(" ") == []
    assert name_tokens("郑州高新") == sorted(["郑州", "州高", "高新", "新"])


@pytest.mark.django_db
@in_database
@given(names)
@example("".join(chr(code) for code in sorted(MATCH_TABLE) if code))
@example("😀𠮷'\\")
def test_the_database_has_the_same_rules(name: str) -> None:
    assert ask("name_match_form(%s)", name) == match_form(name)
    # tsvector_to_array sorts by the server's own order; the set is what counts.
    assert sorted(ask("tsvector_to_array(name_bigrams(%s))", name)) == name_tokens(name)  # type: ignore[call-overload]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("高新", True),
        ("郑州（高", True),
        ("郑州(高新", True),
        ("郑", True),
        ("司", True),
        ("有限公司", True),
        ("高郑", False),
        ("洛", False),
        ("", False),
        (" ", False),
        ("'", False),
        ("\\", False),
        ("高新' | '洛阳", False),
        ("!洛阳", False),
        ("😀", False),
    ],
)
def test_search(query: str, found: bool) -> None:
    assert ask("name_bigrams('郑州(高新)有限公司') @@ %s::tsquery", bigram_query(query)) is found


@pytest.mark.django_db
@in_database
@given(names, st.integers(0, 30), st.integers(1, 30))
@example("a'b\\c😀", 1, 1)
@example("'' \\' :* & | !", 0, 9)
def test_every_part_of_a_name_finds_it(name: str, start: int, length: int) -> None:
    part = match_form(name)[start : start + length]
    if not part:
        return
    assert ask("name_bigrams(%s) @@ %s::tsquery", name, bigram_query(part)) is True
    assert ask("name_match_form(%s) LIKE %s", name, contains_pattern(part)) is True


@pytest.mark.django_db
@in_database
@given(names, st.text(max_size=8))
@example("100%公司", "0%")
@example("100元公司", "0%")
@example("甲_乙", "_")
@example("x", "\ud800")
def test_index_and_recheck_together_are_containment(name: str, query: str) -> None:
    wanted = match_form(query)
    if "\0" in query or not wanted:
        return
    found = ask(
        "name_bigrams(%s) @@ %s::tsquery AND name_match_form(%s) LIKE %s",
        name,
        bigram_query(query),
        name,
        contains_pattern(query),
    )
    assert found is (wanted in match_form(name))


@pytest.mark.django_db
def test_the_functions_may_serve_a_generated_column() -> None:
    row = "provolatile = 'i' AND proparallel = 's'"
    assert ask(f"bool_and({row}) FROM pg_proc WHERE proname IN ('name_bigrams', 'name_match_form')") is True
    assert ask("name_bigrams(NULL) IS NULL AND name_match_form(NULL) IS NULL") is True


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  第一行\r\n第二行\r\n", "第一行\n第二行"),
        ("第一行\n\n  第三行", "第一行\n\n  第三行"),
        ("应为\u202eexe.fdp\u202c", "应为exe.fdp"),
        ("\u2066甲\u2069\u200b乙\ufeff", "甲乙"),
        ("甲\x00乙\x1b丙", "甲乙丙"),
        ("甲\ud800乙", "甲乙"),
        ("Ａ１（一）", "Ａ１（一）"),
        (None, ""),
    ],
)
def test_what_people_write_at_length_says_what_it_seems_to_say(typed: str | None, kept: str) -> None:
    assert visible_lines(typed) == kept
