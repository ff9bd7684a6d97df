"""The history page of a record, here and in a small city; sealing and verifying the whole history."""

from __future__ import annotations

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import transaction
from django.urls import reverse

from apps.audit.context import every_department
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
    return [
        common.Line(
            f"history page of a record, among {rows:,} history rows", "ms", milliseconds["ours"], None,
            milliseconds["small"], **common.at_most(milliseconds["ours"] / milliseconds["small"], 1.5),
        )
    ]  # fmt: skip


if __name__ == "__main__":
    common.finish(__file__, main())
