"""What the access log costs a page: its entry alone, and whole pages with and without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from apps.audit import access
from apps.audit.context import every_department
from apps.core.terms import SubjectKind
from apps.departments.scope import acting_as
from apps.records.models import Record
from benchmarks import common

LIST = reverse("admin:records_record_changelist")
MOST = 1.0
"""Milliseconds that an entry may cost."""
ROUNDS = 20
"""Times as many rounds as for a page: an entry takes less than a millisecond."""


def rows(kind: str, number: int = 50) -> list[Record]:
    """A page of records about subjects of a kind, with what the list loads."""
    with every_department(), transaction.atomic():
        found = Record.objects.filter(department=ours.department(), subject__kind=kind)
        return list(found.select_related("subject", "item").order_by("-pk")[:number])


def entry(shown: Any) -> Callable[[], float]:
    """Telling what a page shows and writing its entry, as the middleware does inside the context of the request."""
    request: Any = RequestFactory().get(LIST)
    request.resolver_match = resolve(LIST)

    def work() -> None:
        request._reading = access.Reading()
        access.shown(request, shown)
        access.write(request, 200)

    return lambda: common.timed(work)


def unlogged(browser: Client, address: str) -> float:
    """A page as it would be if nothing were written."""
    write = access.write
    access.write = lambda request, status: None  # type: ignore[assignment]
    try:
        return ours.page(browser, address)
    finally:
        access.write = write


def main() -> list[common.Line]:
    clerk, rounds = ours.clerk(), common.scale().rounds
    browser = ours.browser(clerk)
    persons, organisations = rows(SubjectKind.NATURAL_PERSON), rows(SubjectKind.LEGAL_ENTITY)
    listed = f"{LIST}?item__id__exact={persons[0].item_id}"
    with acting_as(clerk, channel="admin"):
        alone = common.interleaved(
            {
                f"entry of a list of {len(persons)} persons' records": entry(persons),
                "entry of one person's record": entry(persons[0]),
                f"a list of {len(organisations)} organisations' records, no entry": entry(organisations),
            },
            rounds * ROUNDS,
        )
    pages = common.interleaved(
        {"logged": lambda: ours.page(browser, listed), "not logged": lambda: unlogged(browser, listed)}, rounds
    )
    lines = [
        common.Line(work, "ms", seconds * 1000, None, None, **common.at_most(seconds * 1000, MOST))
        for work, seconds in alone.items()
    ]
    share = pages["logged"] / pages["not logged"]
    whole = {name: round(seconds * 1000, 2) for name, seconds in pages.items()}
    lines.append(
        common.Line(
            "list of persons' records, with the log against without", "ms", whole["logged"], whole["not logged"], None,
            **common.at_most(share, 1.05), detail=whole,
        )
    )  # fmt: skip
    return lines


if __name__ == "__main__":
    common.finish(__file__, main())
