"""Names: how they are shown, compared and searched. Pure; `name_match_form` and `name_bigrams` in the database are
the same rules in SQL, and a test holds both equal.

The display form is what people read: trimmed, half-width letters and digits, brackets as they came. The match form is
what is compared and indexed: capitals, no spaces, one kind of bracket （）, one kind of middle dot.
"""

from __future__ import annotations

import re
from typing import Final

_WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SPACES: Final = frozenset(
    (*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
)
_INVISIBLE: Final = frozenset((*range(0x09), *range(0x0E, 0x20), 0x7F, 0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF))
_DIRECTION: Final = frozenset((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""They turn the direction of writing: a name that holds one is not what it looks like."""
_BRACKETS: Final = {"(": "（", ")": "）", "﹙": "（", "﹚": "）", "⟮": "（", "⟯": "）"}
_DOTS: Final = "•・‧∙⋅･᛫"
_KEEP_WIDE: Final = "(),:;!?"
"""Punctuation that belongs to Chinese text and keeps its width on display."""

_DISPLAY: Final[dict[int, int | None]] = {
    **{wide: plain for wide, plain in _WIDE.items() if chr(plain) not in _KEEP_WIDE},
    **dict.fromkeys(_INVISIBLE | _DIRECTION),
    **dict.fromkeys(_SPACES, 0x20),
}
MATCH_TABLE: Final[dict[int, int | None]] = {
    **{code: ord(chr(code).upper()) for code in range(ord("a"), ord("z") + 1)},
    **{wide: ord(chr(plain).upper()) for wide, plain in _WIDE.items() if chr(plain) not in "()"},
    **{ord(bracket): ord(wide) for bracket, wide in _BRACKETS.items()},
    **{ord(dot): ord("·") for dot in _DOTS},
    **dict.fromkeys(_INVISIBLE | _SPACES),
}
"""Code point -> code point, or None where the character is dropped. One step: no result is mapped again.
Migration 0002 holds the same table for the database."""
OWN_FORM: Final = "^[一-鿿]+$"
"""Pattern of the names that are their own display and match form: Chinese characters alone, as most names are."""
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def normalise_text(text: str | None) -> str:
    """Display form: half-width letters and digits, single spaces, no invisible characters, ends trimmed.

    Brackets and punctuation keep their width: a registered name is shown as it was written.
    """
    return " ".join((text or "").translate(_DISPLAY).split())


def visible_lines(text: str | None) -> str:
    """What people wrote at length, line by line: no characters that show nothing or turn the direction of writing,
    ends trimmed. A text that held them would not say what it seems to say."""
    kept = (text or "").translate(dict.fromkeys(_INVISIBLE | _DIRECTION))
    return re.sub("\r\n?", "\n", _SURROGATES.sub("", kept)).strip()


def match_form(text: str | None) -> str:
    """Form in which names are compared: 郑州(高新)  ａｂ -> 郑州（高新）AB.

    Two names with the same match form are the same name; they may still be two subjects.
    """
    return _SURROGATES.sub("", (text or "").translate(MATCH_TABLE))


def bigrams(text: str | None) -> list[str]:
    """Pairs of neighbouring characters of the match form, each once, in order of first occurrence; a single
    character is its own only member."""
    form = match_form(text)
    if len(form) < 2:
        return [form] if form else []
    return list(dict.fromkeys(form[place : place + 2] for place in range(len(form) - 1)))


def name_tokens(text: str | None) -> list[str]:
    """What the index holds of a name, sorted: its bigrams and, alone, its last character.

    With the last character there, each character begins some token, and a search for one character is a prefix.
    """
    form = match_form(text)
    return sorted({*bigrams(form), form[-1:]} - {""})


def bigram_query(text: str | None) -> str:
    """Text of a tsquery that every name containing `text` matches: `tokens @@ %s::tsquery`.

    The index finds candidates; a recheck with `contains_pattern` removes those that hold the pairs elsewhere. For an
    empty text the query is empty and matches nothing. Quotes and backslashes are escaped: any text is safe.
    """
    form = match_form(text)
    if len(form) == 1:
        return f"{_quoted(form)}:*"
    return " & ".join(_quoted(pair) for pair in bigrams(form))


def contains_pattern(text: str | None) -> str:
    """LIKE pattern for the match form of a name that contains `text`; %, _ and backslash stand for themselves."""
    form = match_form(text)
    for special in ("\\", "%", "_"):
        form = form.replace(special, "\\" + special)
    return f"%{form}%"


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
