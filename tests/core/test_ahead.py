"""While one thing is worked on, the next is made."""

from collections.abc import Iterator
from threading import Event

import pytest
from django.utils.translation import get_language, override

from apps.core.ahead import read_ahead


def test_all_items_come_in_their_order() -> None:
    assert list(read_ahead(iter([3, None, 0, 1]))) == [3, None, 0, 1]
    assert list(read_ahead(iter([]))) == []


def test_the_next_item_is_made_meanwhile() -> None:
    made = Event()

    def items() -> Iterator[int]:
        yield 1
        made.set()
        yield 2

    for item in read_ahead(items()):
        assert item == 2 or made.wait(10)


def test_an_error_comes_in_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    found = []
    with pytest.raises(ValueError, match="the second"):
        for item in read_ahead(items()):
            found.append(item)
    assert found == [1]


def test_who_stops_early_gets_no_further_items_made() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            yield number

    pieces = read_ahead(items())
    next(pieces)
    pieces.close()
    assert made == [0, 1]


def test_what_is_made_ahead_is_in_the_same_language() -> None:
    with override("en"):
        assert list(read_ahead(get_language() for _ in range(3))) == ["en"] * 3
