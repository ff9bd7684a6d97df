"""The inbox of an officer of the credit centre with a hundred thousand open cases, against that with a thousand.

The cases come into being step by step, as the database demands, and stay: the first thousand is measured before the
others are made.
"""

from __future__ import annotations

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.context import every_department
from apps.objections import demo, states
from apps.objections.models import Case
from apps.records.models import Record
from benchmarks import common

ADDRESS = reverse("admin:objections_case_changelist")
FEW, MANY = 1_000, 100_000
QUERIES = 12
"""As many as a list of records may ask."""
PAGES = {
    "inbox": ADDRESS,
    "overdue": f"{ADDRESS}?clock=overdue",
    "search by number": f"{ADDRESS}?q=异〔",
}


def main() -> list[common.Line]:
    rounds = common.scale().rounds
    _clear()
    _fill(FEW)
    few, queries_few = _measure(rounds)
    _fill(MANY)
    many, queries_many = _measure(rounds)
    there = _open()
    lines = [
        common.Line(
            f"{name} with {there:,} open cases, against {FEW:,}", "ms", many[name] * 1000, None, few[name] * 1000,
            **common.at_most(many[name] / few[name], 1.5),
        )
        for name in PAGES
    ]  # fmt: skip
    lines.append(
        common.Line(
            f"SQL queries of the inbox with {there:,} open cases, and with {FEW:,}", "queries", queries_many, None,
            queries_few, **common.at_most(queries_many, QUERIES),
        )
    )  # fmt: skip
    return lines


def _measure(rounds: int) -> tuple[dict[str, float], int]:
    officer = ours.browser(ours.officer())
    taken = {name: lambda address=address: ours.page(officer, address) for name, address in PAGES.items()}
    return common.interleaved(taken, rounds), ours.queries(officer, ADDRESS)


def _clear() -> None:
    """Without the cases that an earlier run left on a city that was kept, or the thousand would be many.

    Their records stay marked: the next cases find others.
    """
    tables = [Case._meta.db_table, *(each.related_model._meta.db_table for each in Case._meta.related_objects)]
    with ours.owner() as owner:
        for table in tables:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER refuse_truncate")
        owner.execute(f"TRUNCATE {', '.join(tables)}")
        for table in tables:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER refuse_truncate")


def _open() -> int:
    with transaction.atomic(), every_department():
        return Case.objects.filter(state__in=states.OPEN).count()


def _fill(wanted: int) -> None:
    """Bring the open cases up to ``wanted``, or to as many as there are records to object to."""
    with transaction.atomic(), every_department(channel="command"):
        missing = wanted - Case.objects.filter(state__in=states.OPEN).count()
        if missing > 0:
            free = Record.objects.filter(state=Record.State.PUBLISHED, under_objection=False)
            records = list(free.select_related("item", "department").order_by("pk")[:missing])
            desk = demo.Desk(ours.department(ours.CENTRE), [ours.officer()], timezone.localdate())
            demo.make_cases(records, desk, kinds=[states.OBJECTION])
    with ours.owner() as owner:
        owner.execute("ANALYZE objections_case")


if __name__ == "__main__":
    common.finish(__file__, main())
