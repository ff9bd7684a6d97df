"""What is left of personal data on a screen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.masking import mask_identity, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("张三丰", "张*"),
        ("欧阳修", "欧阳*"),
        ("欧阳", "欧*"),
        ("阿卜杜拉·买买提", "阿*"),
        ("John Smith", "J*"),
        (" 张三 ", "张*"),
        ("张", "张*"),
        ("", ""),
        (None, ""),
    ],
)
def test_names(name: str | None, shown: str) -> None:
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("410105194912311234", "410***********1234"),
        ("11010519491231002X", "110***********002X"),
        ("E12345678", "E1*****78"),
        ("1234", "1**4"),
        ("1", "*"),
        ("", ""),
        (None, ""),
    ],
)
def test_identity_numbers(number: str | None, shown: str) -> None:
    assert mask_identity(number) == shown


def test_four_characters_may_be_kept_at_each_end() -> None:
    assert mask_identity("410105194912311234", head=4, tail=4) == "4101**********1234"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812345678", "138****5678"),
        ("0371-67185555", "037******5555"),
        ("67185555", "67****55"),
        ("110", "**0"),
        ("", ""),
    ],
)
def test_phones(number: str, shown: str) -> None:
    assert mask_phone(number) == shown


@given(st.text(min_size=1, max_size=30).filter(lambda text: text == text.strip()))
def test_length_is_kept_and_enough_is_hidden(text: str) -> None:
    for mask in (mask_identity, mask_phone):
        shown = mask(text)
        assert len(shown) == len(text)
    assert sum(a != b or a == "*" for a, b in zip(text, mask_identity(text), strict=True)) * 2 >= len(text)
