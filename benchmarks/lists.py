"""The list of records for a clerk of the largest department and for an officer who sees all, here and at the peer.

That a page must not grow with the table is measured against the same page over a table of ten thousand records: a small
city of its own, in another database.
"""

from __future__ import annotations

from benchmarks import ours  # isort: skip  (sets Django up)

from django.urls import reverse

from apps.records.models import Record
from benchmarks import common
from benchmarks.small import SmallCity

ADDRESS = reverse("admin:records_record_changelist")
SLOWEST_PEER = 3
"""Rounds for the peer's per-object form, whose pages take seconds."""
DEEP = 80
"""The deep page: as far as the pages are numbered."""
QUERIES = 12


def main() -> list[common.Line]:
    rounds, size = common.scale().rounds, common.scale()
    clerk, officer = (ours.browser(user) for user in (ours.clerk(), ours.officer()))
    pages = {
        "deep page": f"{ADDRESS}?p={DEEP}",
        "filter": f"{ADDRESS}?state__exact={Record.State.PUBLISHED}",
        "date hierarchy": f"{ADDRESS}?decided_on__year=2022",
        "sort by decision date": f"{ADDRESS}?o=5",
    }
    with common.Talker("benchmarks.naive.calls") as peer, SmallCity() as small:
        variants = {
            "clerk": lambda: ours.page(clerk, ADDRESS),
            "officer": lambda: ours.page(officer, ADDRESS),
            "clerk of a small city": lambda: small("page", who="clerk", address=ADDRESS),
            **{name: lambda address=address: ours.page(clerk, address) for name, address in pages.items()},
            "peer, tuned": lambda: peer("page", user="clerk", address="/tuned/naive/record/"),
            "peer, superuser": lambda: peer("page", user="superuser", address="/admin/naive/record/"),
        }
        taken = common.interleaved(variants, rounds)
        objects = common.interleaved(
            {"peer": lambda: peer("page", user="clerk", address="/admin/naive/record/")}, SLOWEST_PEER
        )["peer"]
        deep = common.interleaved(
            {"peer": lambda: peer("page", user="clerk", address=f"/tuned/naive/record/?p={DEEP}")}, SLOWEST_PEER
        )
        peer_rows = peer("count")
        counted = {who: ours.queries(browser, ADDRESS) for who, browser in (("clerk", clerk), ("officer", officer))}
        counted["small city"] = small("queries", who="clerk", address=ADDRESS)
    milliseconds = {name: seconds * 1000 for name, seconds in taken.items()}
    first = milliseconds["clerk"]
    detail = {
        "ms, peer through objects": round(objects * 1000, 1),
        "records of the peer": peer_rows,
        "ms, superuser of the peer": round(milliseconds["peer, superuser"], 1),
    }
    growth = 1.5 if size.records > 1_000_000 else 1.3
    lines = [
        common.Line(
            f"first page of {size.records:,} records, clerk against officer", "ms", first, milliseconds["peer, tuned"],
            milliseconds["officer"], **common.at_most(first / milliseconds["officer"], 1.3), detail=detail,
        ),
        common.Line(
            f"first page of {size.records:,} records, against 10,000", "ms", first, milliseconds["peer, tuned"],
            milliseconds["clerk of a small city"],
            **common.at_most(first / milliseconds["clerk of a small city"], growth), detail=detail,
        ),
        common.Line(
            "SQL queries of that page", "queries", counted["clerk"], None, None,
            **common.at_most(counted["clerk"], QUERIES), detail=counted,
        ),
    ]  # fmt: skip
    lines += [
        common.Line(
            f"{name}, against the first page", "ms", milliseconds[name],
            deep["peer"] * 1000 if name == "deep page" else None, first,
            **common.at_most(milliseconds[name] / first, 3),
        )
        for name in pages
    ]  # fmt: skip
    return lines


if __name__ == "__main__":
    common.finish(__file__, main())
