"""Proposals for damaged codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.identifiers import check_uscc, propose_uscc, uscc

CODE = "91410100170051302N"
REGISTERED = [CODE, "914403001922038216", "91330100799655058B", "9144030071526726XG", "91410106170270273F"]


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        (CODE + "（1-2）", "cleaned", 0),
        ("９1410100170051302n", "cleaned", 0),
        ("9141O1OO17OO513O2N", "look_alike", 5),
        ("9I4I0I00I7005I302N", "look_alike", 2),
        ("9141010017005130ZN", "look_alike", 17),
        ("9141010017OOS13O2N", "look_alike", 11),
        ("94110100170051302N", "transposed", 2),
        ("914101001700513022N", "doubled", 18),
        ("9141010017051302N", "dropped", 11),
    ],
)
def test_the_likeliest_repair_comes_first(text: str, reason: str, position: int) -> None:
    proposals = propose_uscc(text)
    assert proposals[0].code == CODE
    assert proposals[0].reason == reason
    assert proposals[0].position == position


@pytest.mark.parametrize(
    "text", [None, "", "无", "9.14E+17", "00000000000000000X", "123", CODE, "某某某某某某某某某某某某某某某某某某"]
)
def test_nothing_is_proposed_where_nothing_can_be_known(text: str | None) -> None:
    assert propose_uscc(text) == []


def test_the_check_character_of_the_organisation_code_narrows_the_choice() -> None:
    # One of 14 repairs that suit the outer check character; two suit the inner one too.
    assert CODE in [proposal.code for proposal in propose_uscc("91410100170051402N")[:2]]


@given(st.sampled_from(REGISTERED), st.integers(0, 17), st.sampled_from(uscc.ALPHABET))
def test_any_single_wrong_character_leads_back(code: str, place: int, character: str) -> None:
    damaged = code[:place] + character + code[place + 1 :]
    if damaged == code:
        return
    assert code in {proposal.code for proposal in propose_uscc(damaged, limit=1000)}


@given(st.sampled_from(REGISTERED), st.integers(0, 16))
def test_any_exchange_of_neighbours_leads_back(code: str, place: int) -> None:
    damaged = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if damaged == code:
        return
    assert code in {proposal.code for proposal in propose_uscc(damaged, limit=1000)}


@given(st.text(uscc.ALPHABET + "OIZSV", min_size=16, max_size=20))
def test_proposals_are_valid_distinct_and_few(text: str) -> None:
    codes = [proposal.code for proposal in propose_uscc(text)]
    assert len(codes) == len(set(codes)) <= 12
    assert all(check_uscc(code).ok for code in codes)
