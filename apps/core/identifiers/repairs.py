"""Proposals for a damaged unified social credit code. A person decides; nothing is repaired silently."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from . import checks, older, uscc
from .cleaning import clean_code

# Reasons, likeliest first. `messages.REASONS` holds the words.
CLEANED: Final = "cleaned"
LOOK_ALIKE: Final = "look_alike"
DOUBLED: Final = "doubled"
DROPPED: Final = "dropped"
TRANSPOSED: Final = "transposed"
SUBSTITUTED: Final = "substituted"

# What a letter outside the alphabet may have been, likeliest first. Cyrillic and Greek capitals look Latin.
_IMPOSSIBLE: Final[dict[str, str]] = {
    "O": "0DQ",
    "I": "1LJ",
    "S": "5",
    "Z": "2",
    "V": "UYW",
    "|": "1",
    "!": "1",
    "О": "0",
    "Ο": "0",
    "〇": "0",
    "А": "A",
    "Α": "A",
    "В": "B",
    "Β": "B",
    "С": "C",
    "Е": "E",
    "Ε": "E",
    "К": "K",
    "Κ": "K",
    "М": "M",
    "Μ": "M",
    "Н": "H",
    "Η": "H",
    "Ν": "N",
    "Р": "P",
    "Ρ": "P",
    "Т": "T",
    "Τ": "T",
    "Х": "X",
    "Χ": "X",
}
# Pairs inside the alphabet that eyes and scanners exchange.
_PAIRS: Final = (
    *("0D", "0Q", "DQ", "1L", "1J", "17", "27", "8B", "38", "6G", "56", "CG"),
    *("UW", "UY", "XY", "EF", "MN", "PR"),
)
_ALIKE: Final[dict[str, frozenset[str]]] = {
    character: frozenset(other for pair in _PAIRS if character in pair for other in pair if other != character)
    for character in uscc.ALPHABET
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A valid code near to what was typed.

    code      valid unified social credit code
    reason    `cleaned`, `look_alike`, `doubled`, `dropped`, `transposed` or `substituted`
    position  1-based place of the first change, 0 when only marks around the code were removed
    """

    code: str
    reason: str
    position: int = 0


def propose_uscc(text: str | None, limit: int = 12) -> list[Proposal]:
    """Valid codes that one slip of the hand or the eye could have turned into `text`, likeliest first.

    Tried in this order: cleaning alone (copy marks, full width, spaces); exchange of letters that never occur in a
    code for what they look like (O 0, I 1, S 5, Z 2), all at once; one character exchanged for one that looks
    alike; a character too many or one lost, doubles first; two neighbours exchanged; any other single character.
    Each proposal has the right check character and a known authority and kind. The organisation code inside has a
    check character of its own, which 999 of 1,000 issued codes keep: proposals that keep it come first. Empty when
    the text is valid as it stands, the placeholder, or too far from a code. At most `limit` proposals.
    """
    cleaned = clean_code(text)
    code = cleaned.text
    if cleaned.scientific or code == uscc.PLACEHOLDER or not 17 <= len(code) <= 19:
        return []
    if uscc.status(code) == checks.VALID:
        return [Proposal(code, CLEANED)] if code != text else []
    proposals: dict[str, Proposal] = {}
    for proposal in _candidates(code):
        proposals.setdefault(proposal.code, proposal)
    # A stable sort: within each group the order of the candidates remains.
    return sorted(proposals.values(), key=lambda proposal: _doubts(proposal.code, code))[:limit]


def _doubts(proposed: str, typed: str) -> tuple[bool, bool]:
    """Reasons to put a proposal behind others: its organisation code fails; its authority is not the one typed."""
    return (
        older.organisation_status(uscc.organisation_code_of(proposed)) != checks.VALID,
        proposed[:2] != typed[:2] and typed[:2] in uscc.AUTHORITY_KINDS,
    )


def _candidates(code: str) -> Iterator[Proposal]:
    if len(code) == uscc.LENGTH + 1:
        yield from _valid(_without_one(code), DOUBLED)
        return
    if len(code) == uscc.LENGTH - 1:
        yield from _valid(_with_one_more(code), DROPPED)
        return
    wrong = [position for position, character in enumerate(code) if character not in uscc.VALUES]
    if wrong:
        yield from _impossible_letters(code, wrong)
        return
    substitutions = list(_valid(_one_exchanged(code), SUBSTITUTED))
    for proposal in substitutions:
        place = proposal.position - 1
        if proposal.code[place] in _ALIKE[code[place]]:
            yield Proposal(proposal.code, LOOK_ALIKE, proposal.position)
    yield from _valid(_neighbours_exchanged(code), TRANSPOSED)
    yield from substitutions


def _valid(candidates: Iterator[tuple[str, int]], reason: str) -> Iterator[Proposal]:
    for code, position in candidates:
        if uscc.status(code) == checks.VALID:
            yield Proposal(code, reason, position)


def _impossible_letters(code: str, wrong: list[int]) -> Iterator[Proposal]:
    letters = sorted({code[position] for position in wrong})
    choices = [_IMPOSSIBLE.get(letter, "") for letter in letters]
    # One reading per letter: who writes O for 0 does so throughout. The sum of the places taken in the lists of
    # choices orders the readings by likelihood.
    for ranks in sorted(itertools.product(*(range(len(choice)) for choice in choices)), key=sum):
        reading = {letter: choice[rank] for letter, choice, rank in zip(letters, choices, ranks, strict=True)}
        exchanged = "".join(reading.get(character, character) for character in code)
        yield from _valid(iter([(exchanged, wrong[0] + 1)]), LOOK_ALIKE)
    if len(wrong) == 1:
        place = wrong[0]
        guesses = ((code[:place] + character + code[place + 1 :], place + 1) for character in uscc.ALPHABET)
        yield from _valid(guesses, SUBSTITUTED)


def _one_exchanged(code: str) -> Iterator[tuple[str, int]]:
    for position in range(len(code)):
        for character in uscc.ALPHABET:
            if character != code[position]:
                yield code[:position] + character + code[position + 1 :], position + 1


def _neighbours_exchanged(code: str) -> Iterator[tuple[str, int]]:
    for position in range(len(code) - 1):
        left, right = code[position], code[position + 1]
        if left != right:
            yield code[:position] + right + left + code[position + 2 :], position + 1


def _without_one(code: str) -> Iterator[tuple[str, int]]:
    # A character that repeats its neighbour goes first: that is how a doubled key looks.
    order = sorted(range(len(code)), key=lambda position: position == 0 or code[position] != code[position - 1])
    for position in order:
        yield code[:position] + code[position + 1 :], position + 1


def _with_one_more(code: str) -> Iterator[tuple[str, int]]:
    # A double typed once is likelier than any other loss.
    for position, character in enumerate(code):
        yield code[:position] + character + code[position:], position + 1
    for position in range(len(code) + 1):
        for character in uscc.ALPHABET:
            yield code[:position] + character + code[position:], position + 1
