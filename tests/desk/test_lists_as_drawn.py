"""The cells of every list are those that Unfold itself would draw, whoever opens it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from unfold.templatetags import unfold_list

from apps.core import list_drawing
from apps.departments.terms import Role
from tests.leaks.world import world

from .test_query_counts import logged_in, pages

ASKED = ("?q=a", "?o=-1", "?_popup=1")
"""A list that row pages lead back to, one in another order, one to choose from in a window."""


@pytest.fixture
def people(db: None) -> list[Client]:
    return logged_in(world(Role.REVIEWER))


def test_cells_are_drawn_as_unfold_draws_them(people: list[Client], monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: set[str] = set()
    wrong: list[tuple[str, str]] = []

    def compared(changelist: Any, row: Any, form: Any) -> Iterator[str]:
        mine = "".join(list_drawing.cells(changelist, row, form))
        theirs = "".join(list_drawing._unfold_cells(changelist, row, form))
        drawn.add(changelist.opts.label)
        if mine != theirs:
            wrong.append((mine, theirs))
        yield mine

    monkeypatch.setattr(unfold_list, "items_for_result", compared)
    lists = [address for name, address in pages() if name.endswith(" changelist")]
    for address in lists:
        for client in people:
            # The same rows look the same to all who may open the list.
            if client.get(address).status_code == 200:
                for query in ASKED:
                    client.get(address + query)
                break
    assert wrong == []
    assert len(drawn) > len(lists) / 2, drawn
