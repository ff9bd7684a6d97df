"""Export of one item's records with all their columns as csv, and import-export's own export of as many rows."""

from __future__ import annotations

import statistics
import tempfile

from benchmarks import common

ROUNDS = 5
WARM_UP = 1
"""Rounds before, not counted: what is exported comes from the disk then, ours and the peer's."""


def main() -> list[common.Line]:
    wanted = min(100_000, common.scale().records // 4)
    speeds: dict[str, list[float]] = {"ours": [], "peer": []}
    peaks: list[float] = []
    with tempfile.NamedTemporaryFile(suffix=".csv") as file, common.Talker("benchmarks.naive.calls") as peer:
        for _ in range(WARM_UP + ROUNDS):
            made = common.child("-m", "benchmarks.exported", str(wanted))
            rows = made["rows"]
            speeds["ours"].append(rows / made["seconds"])
            peaks.append(made["peak"])
            speeds["peer"].append(wanted / peer("export", file=file.name, rows=wanted))
    few = common.child("-m", "benchmarks.exported", str(wanted // 10))
    ours, theirs = (statistics.median(speeds[name][WARM_UP:]) for name in ("ours", "peer"))
    peak = max(peaks)
    return [
        common.Line(
            f"export of {rows:,} rows, against import-export's own", "rows/s", ours, theirs, None,
            **common.at_least(ours / theirs, 5),
            detail={"first round": round(speeds["ours"][0]), "peer in it": round(speeds["peer"][0])},
        ),
        common.Line(
            f"its memory, against an export of {few['rows']:,} rows", "MB", peak, None, few["peak"],
            **common.at_most(peak / few["peak"], 1.2),
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    common.finish(__file__, main())
