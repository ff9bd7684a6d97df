"""Working on one thing while the next is made."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from django.utils.translation import get_language, override

Item = TypeVar("Item")


def read_ahead(items: Iterator[Item]) -> Generator[Item, None, None]:
    """The same items; while one is worked on, the next is made in a thread beside, in the same language.

    What is made there must not ask the database: it would do so on a connection of its own. Close this to stop before
    the end; the item that is being made then is waited for. What the iterator raises is raised here, in its place.
    """
    language = get_language()

    def following() -> list[Item]:
        with override(language):
            return list(islice(items, 1))

    with ThreadPoolExecutor(1) as maker:
        coming = maker.submit(following)
        while made := coming.result():
            coming = maker.submit(following)
            yield made[0]
