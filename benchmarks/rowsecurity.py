"""What row security costs a query: under the policies, and as a login that goes round them.

Both ask with the same explicit filter on departments, as ``visible_to`` writes it: of the largest department, of three,
of all. Searches have to keep their indexes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import connection, connections, transaction

from apps.audit.context import INTERNAL, acting, every_department
from apps.departments.models import Department
from apps.records.models import Record
from apps.records.querysets import RecordQuerySet
from apps.records.searching import search
from apps.subjects.models import Subject
from benchmarks import common
from credit_city import postgres

ROUND: Final = "round"
"""The same database, as a login to which no policy applies."""
BOUND: Final = 1.1
PAGE: Final = 100
REPEATED: Final = 5
"""How often a query is asked in one timing: most take less than a millisecond."""
LONG: Final = 0.1
"""Seconds from which a query is asked once in a timing, and timed in fewer rounds: counts of millions of rows."""
LONG_ROUNDS: Final = 5
INDEXES: Final = {"search by number": "record_number", "search by name": "subject_name_tokens"}

Work = Callable[[RecordQuerySet], RecordQuerySet]


def main() -> list[common.Line]:
    connections.settings[ROUND] = connection.settings_dict | postgres.database_settings("owner")
    with every_department(), transaction.atomic():
        everywhere = list(Department.objects.order_by("pk").values_list("pk", flat=True))
        largest = ours.department().pk
        number = ours.published().document_number
        name = Subject.objects.filter(records__department=largest, uscc__startswith="91").latest("pk").name
    readers = {
        "one department": [largest],
        "three": [largest, *(pk for pk in everywhere if pk != largest)][:3],
        "all": everywhere,
    }
    works: dict[str, Work] = {
        "first page": lambda seen: seen.order_by("-pk")[:PAGE],
        "page in the order of dates": lambda seen: seen.order_by("-decided_on", "-pk")[:PAGE],
        "search by name": lambda seen: search(seen, name[2:6]).order_by("-pk")[:PAGE],
        "search by number": lambda seen: search(seen, number[:12]).order_by("-pk")[:PAGE],
    }
    lines = []
    for who, departments in readers.items():
        for what in [*works, "count"]:
            work = works.get(what, lambda seen: seen)
            is_long = _asked("default", departments, work, counted=what == "count", times=1)() > LONG
            variants = {
                name: _asked(alias, departments, work, counted=what == "count", times=1 if is_long else REPEATED)
                for name, alias in (("ours", "default"), ("round", ROUND))
            }
            taken = common.interleaved(variants, LONG_ROUNDS if is_long else common.scale().rounds * 2, warm_up=2)
            mine, bare = taken["ours"] * 1000, taken["round"] * 1000
            lines.append(common.Line(f"{what}, {who}", "ms", mine, None, bare, **common.at_most(mine / bare, BOUND)))
    for what, index in INDEXES.items():
        kept = index in _plan([largest], works[what])
        lines.append(
            common.Line(f"{what}: times its index is used", "plans", float(kept), None, 1, **common.at_least(kept, 1))
        )
    connections[ROUND].close()
    return lines


def _asked(alias: str, departments: list[int], work: Work, *, counted: bool, times: int) -> Callable[[], float]:
    """Seconds of the query itself, asked so many times in a transaction whose context opens these departments."""

    def ask() -> Any:
        rows = work(Record.objects.using(alias).filter(department__in=departments))
        return rows.count() if counted else list(rows)

    def run() -> float:
        with _opened(departments), transaction.atomic(using=alias):
            return common.timed(lambda: [ask() for _ in range(times)]) / times

    return run


def _plan(departments: list[int], work: Work) -> str:
    with _opened(departments), transaction.atomic():
        return work(Record.objects.filter(department__in=departments)).explain()


def _opened(departments: list[int]) -> Any:
    return acting(readable=frozenset(departments), clearance=INTERNAL)


if __name__ == "__main__":
    common.finish(__file__, main())
