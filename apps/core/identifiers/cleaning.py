"""Cleaning of codes as people type them and as spreadsheets damage them.

The tables below are the whole definition: the scalar form here and the Polars form in `vectorised.py` are built
from the same ones, and a property test holds them equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# Names of the cleanings, in the order in which they are reported.
FULL_WIDTH: Final = "full_width"
SPACES: Final = "spaces"
INVISIBLE: Final = "invisible"
HYPHENS: Final = "hyphens"
CASE: Final = "case"
QUOTES: Final = "quotes"
DECIMAL: Final = "decimal"
COPY_MARK: Final = "copy_mark"
SCIENTIFIC: Final = "scientific"

_SPACE_CHARACTERS: Final = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_INVISIBLE_CHARACTERS: Final = "\x00\xad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
_HYPHEN_CHARACTERS: Final = (
    "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u207b\u208b\u2500\u2501\u30fc\ufe58\ufe63\uff0d\uff70_\uff3f"
)
_QUOTE_CHARACTERS: Final = "'\"`\u2018\u2019\u201c\u201d\uff07\uff02"
_FULL_WIDTH_PLAIN: Final = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}

# One character -> (replacement, name of the cleaning). A hyphen becomes a plain one first: the copy mark needs it.
_TABLE: Final[dict[str, tuple[str, str]]] = {}
for _plain in "abcdefghijklmnopqrstuvwxyz":
    _TABLE[_plain] = (_plain.upper(), CASE)
for _wide, _plain in _FULL_WIDTH_PLAIN.items():
    _TABLE[_wide] = (_plain.upper(), FULL_WIDTH)
for _character in _SPACE_CHARACTERS:
    _TABLE[_character] = ("", SPACES)
for _character in _INVISIBLE_CHARACTERS:
    _TABLE[_character] = ("", INVISIBLE)
for _character in _QUOTE_CHARACTERS:
    _TABLE[_character] = ("", QUOTES)
for _character in _HYPHEN_CHARACTERS:
    if _character != "-":
        _TABLE[_character] = ("-", HYPHENS)

REPLACEMENTS: Final[dict[str, str]] = {character: plain for character, (plain, _) in _TABLE.items()}
_TRANSLATION: Final = str.maketrans(REPLACEMENTS)
_CLEAN: Final = re.compile(r"[0-9A-Z]*")

# Patterns without their anchors, in syntax that Python and Rust (Polars) share.
# 9.14E+17, 9.14403E17. A plain E between digits is no exponent: organisation codes hold letters (1234567E-1).
SCIENTIFIC_PATTERN: Final = r"[+]?[0-9]+(?:(?:\.[0-9]+)?E\+[0-9]{1,3}|\.[0-9]+E[0-9]{1,3})"
# What a number cell leaves behind a short code: 410100000012345.0
DECIMAL_PATTERN: Final = r"([0-9]+)\.0+"
# （1-2）, (1-1), （1一1）, (副本), (副本2-1), 【1/2】; the closing bracket may be lost.
COPY_MARK_PATTERN: Final = r"[(\[【〔](?:[正副]本?)?(?:[0-9]{1,2}(?:[-一~/.,][0-9]{1,2})*)?[)\]】〕]?"
# 91410100170051302N 1-1 or -1-1, without brackets: only after something of the length of a code.
BARE_COPY_MARK_PATTERN: Final = r"([0-9A-Z]{15}|[0-9A-Z]{18})-?[0-9]-[0-9]"

_SCIENTIFIC: Final = re.compile(SCIENTIFIC_PATTERN)
_DECIMAL: Final = re.compile(DECIMAL_PATTERN)
_COPY_MARK: Final = re.compile(f"(?:{COPY_MARK_PATTERN})+$")
_BARE_COPY_MARK: Final = re.compile(BARE_COPY_MARK_PATTERN)


@dataclass(frozen=True, slots=True)
class CleanedCode:
    """The cleaned text and what was done to it, each cleaning named once."""

    text: str
    cleanings: tuple[str, ...] = ()

    @property
    def scientific(self) -> bool:
        """The spreadsheet turned the code into a number: digits are lost, format the column as text and retype."""
        return SCIENTIFIC in self.cleanings


def is_scientific(text: str) -> bool:
    """Whether an already cleaned text is a number in scientific notation."""
    return _SCIENTIFIC.fullmatch(text) is not None


def clean_code(text: str | None) -> CleanedCode:
    """Bring a code to half-width capitals without spaces, hyphens, quotes, invisible characters and copy marks.

    Nothing is guessed: no letter is exchanged for another (that is `propose_uscc`). A value in scientific notation
    is left as it is and reported, because its digits are lost.
    """
    if not text:
        return CleanedCode("")
    if _CLEAN.fullmatch(text):
        return CleanedCode(text)
    done: list[str] = []
    for character in text:
        entry = _TABLE.get(character)
        if entry is not None and entry[1] not in done and entry[1] != HYPHENS:
            done.append(entry[1])
    cleaned = text.translate(_TRANSLATION)
    if is_scientific(cleaned):
        return CleanedCode(cleaned, (*done, SCIENTIFIC))
    match = _DECIMAL.fullmatch(cleaned)
    if match:
        cleaned = match.group(1)
        done.append(DECIMAL)
    match = _BARE_COPY_MARK.fullmatch(cleaned)
    stripped = _COPY_MARK.sub("", match.group(1) if match else cleaned)
    if stripped != cleaned:
        cleaned = stripped
        done.append(COPY_MARK)
    # Hyphens inside a copy mark went with it; they are reported only where they stood in the code itself.
    if "-" in cleaned:
        cleaned = cleaned.replace("-", "")
        done.append(HYPHENS)
    return CleanedCode(cleaned, tuple(done))
