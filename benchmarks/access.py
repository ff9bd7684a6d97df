"""What the access log costs: its statement alone, and whole pages with and without it, turn about.

    python benchmarks/access.py [--json FILE] [--rounds 200]

``DATABASE_URL`` names a database with the demo data (``init_database``, ``load_reference``, ``load_demo``) that may
keep the entries of the measurement. Prints milliseconds (medians); goal: less than 1 ms a page.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credit_city.settings")
os.environ.setdefault("DEMO", "1")

import django

django.setup()

from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from apps.audit import access
from apps.audit.context import every_department
from apps.core.terms import SubjectKind
from apps.departments.models import User
from apps.departments.scope import acting_as
from apps.records.models import Record

GOAL = 1.0
READER = "market.clerk"


def rows_of(user: User, kind: str, number: int) -> list[Record]:
    with transaction.atomic(), every_department():
        rows = Record.objects.filter(department=user.department_id, subject__kind=kind).exclude(state="draft")
        rows = rows.select_related("subject", "item")
        return list(rows.order_by("-pk")[:number])


def median_ms(works: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Medians, the works taking turns; the first tenth warms up."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + rounds // 10):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            if turn >= rounds // 10:
                taken[name].append((time.perf_counter() - began) * 1000)
    return {name: statistics.median(values) for name, values in taken.items()}


def statement(rows: list[Record], view: str) -> Callable[[], None]:
    """Telling the rows of a page and writing its entry, as the middleware does."""
    address = reverse("admin:records_record_changelist")

    request: Any = RequestFactory().get(address)
    request.resolver_match = resolve(address)

    def work() -> None:
        request._reading = access.Reading()
        access.shown(request, rows if view == "list" else rows[0])
        access.write(request, 200)

    return work


def page(client: Client, address: str, *, logged: bool) -> Callable[[], None]:
    """The whole page; ``logged`` False: as if no entry were written."""

    def work() -> None:
        write = access.write
        if not logged:
            access.write = lambda request, status: None  # type: ignore[assignment]
        try:
            assert client.get(address).status_code == 200
        finally:
            access.write = write

    return work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    user = User.objects.get(username=READER)
    persons = rows_of(user, SubjectKind.NATURAL_PERSON, 50)
    others = rows_of(user, SubjectKind.LEGAL_ENTITY, 50)
    client = Client(SERVER_NAME="localhost")
    with transaction.atomic():
        client.force_login(user)
    listed = f"{reverse('admin:records_record_changelist')}?item__id__exact={persons[0].item_id}"
    opened = reverse("admin:records_record_change", args=[persons[0].pk])
    statements = {
        f"a list of {len(persons)} persons": statement(persons, "list"),
        "the page of one person's record": statement(persons, "one"),
        f"a list of {len(others)} organisations (nothing is written)": statement(others, "list"),
    }
    # The middleware is inside the context of the request, which every page has anyhow.
    with acting_as(user, channel="admin"):
        alone = median_ms(statements, chosen.rounds)
    whole = median_ms(
        {
            f"{name}, {kind}": page(client, address, logged=kind == "logged")
            for name, address in (("list", listed), ("record", opened))
            for kind in ("logged", "not logged")
        },
        max(20, chosen.rounds // 4),
    )
    results: list[dict[str, Any]] = [
        {"work": name, "ours_ms": round(taken, 3), "goal_ms": GOAL, "met": taken < GOAL}
        for name, taken in alone.items()
    ]
    for name in ("list", "record"):
        with_log, without = whole[f"{name}, logged"], whole[f"{name}, not logged"]
        results.append(
            {
                "work": f"whole page: {name}",
                "ours_ms": round(with_log, 3),
                "peer_ms": round(without, 3),
                "difference_ms": round(with_log - without, 3),
                "goal_ms": GOAL,
                "met": with_log - without < GOAL,
            }
        )
    for each in results:
        print(
            f"{each['work']:<58} {each['ours_ms']:8.2f} ms"
            + (f"  without {each['peer_ms']:8.2f} ms" if "peer_ms" in each else "")
            + f"  goal < {GOAL:g} ms  {'met' if each['met'] else 'MISSED'}"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
