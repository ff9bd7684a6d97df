"""The same pages over a small city, in a database and a process of their own: what large tables are compared with."""

from __future__ import annotations

import os
from typing import Any

from benchmarks import common

RECORDS, SUBJECTS = 10_000, 20_000


class SmallCity(common.Talker):
    """Answers ``page(who, address)``, ``queries(who, address)`` and ``history(who)``; ``who`` is clerk or officer."""

    def __init__(self) -> None:
        super().__init__("benchmarks.small", DATABASE_URL=os.environ["SMALL_DATABASE_URL"])


def main() -> None:
    # A SmallCity lives in the process of a benchmark, which has a database of its own.
    from benchmarks import ours  # isort: skip

    from django.db import transaction
    from django.urls import reverse

    from apps.audit.context import every_department

    browsers: dict[str, Any] = {}

    def browser(who: str) -> Any:
        if who not in browsers:
            browsers[who] = ours.browser(ours.clerk() if who == "clerk" else ours.officer())
        return browsers[who]

    def history(who: str) -> float:
        with every_department(), transaction.atomic():
            address = reverse("admin:records_record_history", args=[ours.published().pk])
        return ours.page(browser(who), address)

    common.answer_calls(
        {
            "history": history,
            "page": lambda who, address: ours.page(browser(who), address),
            "queries": lambda who, address: ours.queries(browser(who), address),
        }
    )


if __name__ == "__main__":
    main()
