"""The history page of a record, here and in a small city; sealing and verifying the whole history."""

from __future__ import annotations

import os
import time

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import transaction
from django.urls import reverse

from apps.audit.context import every_department
from apps.audit.seals.sealing import seal_history
from apps.audit.seals.verification import verify
from apps.records.models import Record
from benchmarks import common
from benchmarks.small import SmallCity


def main() -> list[common.Line]:
    browser = ours.browser(ours.clerk())
    with every_department(), transaction.atomic():
        record = ours.published()
        rows = Record.history.count()
    address = reverse("admin:records_record_history", args=[record.pk])
    with SmallCity() as small:
        variants = {
            "ours": lambda: ours.page(browser, address),
            "small": lambda: small("history", who="clerk"),
        }
        taken = common.interleaved(variants, common.scale().rounds, warm_up=2)
    milliseconds = {name: seconds * 1000 for name, seconds in taken.items()}
    new, sealing = _sealed()
    compared, verifying = _verified()
    return [
        common.Line(
            f"history page of a record, among {rows:,} history rows", "ms", milliseconds["ours"], None,
            milliseconds["small"], **common.at_most(milliseconds["ours"] / milliseconds["small"], 1.5),
        ),
        common.Line(
            f"verification of {compared:,} sealed rows", "rows/s", compared / verifying, None, None,
            **common.at_least(compared / verifying, 200_000),
            detail={"rows sealed": new, "rows sealed in a second": round(new / sealing)},
        ),
    ]  # fmt: skip


def _sealed() -> tuple[int, float]:
    """Rows that were not sealed yet, and the seconds that sealing them takes. Nothing is published."""
    began = time.perf_counter()
    seals = seal_history()
    return sum(seal.rows for seal in seals), time.perf_counter() - began


def _verified() -> tuple[int, float]:
    """Rows compared, and the seconds that takes on as many connections as the command uses here."""
    reports = []
    seconds = common.timed(lambda: reports.append(verify(processes=min(os.cpu_count() or 1, 4))))
    assert reports[0].intact, reports[0].findings[:3]
    return reports[0].rows, seconds


if __name__ == "__main__":
    common.finish(__file__, main())
