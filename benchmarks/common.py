"""The harness: how something is timed, what a line of the table is, where results go.

A benchmark is a script with ``main() -> list[Line]`` that ends in ``common.finish(__file__, main())``. Whatever is
compared is measured in one run, turn about, and reported as medians.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
RESULTS: Final = Path(os.environ.get("BENCH_RESULTS", ROOT / "var" / "bench"))


@dataclass(frozen=True)
class Scale:
    """How much is measured on: rows of the city, rows of an imported file, rounds of a quick measurement."""

    name: str
    subjects: int
    records: int
    import_rows: int
    rounds: int = 15


SCALES: Final = {
    scale.name: scale
    for scale in (
        Scale("small", subjects=50_000, records=100_000, import_rows=20_000),
        Scale("1m", subjects=500_000, records=1_000_000, import_rows=100_000),
        Scale("10m", subjects=2_000_000, records=10_000_000, import_rows=100_000),
    )
}


def scale() -> Scale:
    """The scale that ``SCALE`` names."""
    name = os.environ.get("SCALE") or "small"
    if name not in SCALES:
        sys.exit(f"SCALE is {name!r}: use one of {', '.join(SCALES)}.")
    return SCALES[name]


@dataclass(frozen=True)
class Line:
    """One line of the table. ``ours``, ``peer``, ``limit`` in ``unit``; ``ratio`` is what ``goal`` is about.

    ``peer`` and ``limit`` are None where there is none; ``detail`` holds further numbers, by name.
    """

    work: str
    unit: str
    ours: float
    peer: float | None
    limit: float | None
    ratio: float
    goal: str
    met: bool
    detail: dict[str, Any] = field(default_factory=dict)


def at_most(ratio: float, bound: float) -> dict[str, Any]:
    """``ratio``, ``goal`` and ``met`` of a Line whose ratio must not be more than ``bound``."""
    return {"ratio": round(ratio, 3), "goal": f"<= {bound:g}", "met": ratio <= bound}


def at_least(ratio: float, bound: float) -> dict[str, Any]:
    """The same for a ratio that must not be less."""
    return {"ratio": round(ratio, 3), "goal": f">= {bound:g}", "met": ratio >= bound}


def timed(work: Callable[[], Any]) -> float:
    """Seconds that ``work`` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def interleaved(variants: Mapping[str, Callable[[], float]], rounds: int, warm_up: int = 1) -> dict[str, float]:
    """Median of each variant's own seconds; the variants take turns, so that a busy moment strikes all alike."""
    taken: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(-warm_up, rounds):
        for name, variant in variants.items():
            seconds = variant()
            if turn >= 0:
                taken[name].append(seconds)
    return {name: statistics.median(values) for name, values in taken.items()}


def peak_memory() -> float:
    """The most memory this process has held since it began, in MB.

    Not ``getrusage``: what that tells of a process begins with the memory of the one that started it.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def child(*arguments: str, **environment: str) -> Any:
    """Run ``python ARGUMENTS``; its last line of output is the answer, as JSON. Ends the benchmark when it fails."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed.")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Talker:
    """A process that answers calls, one JSON line each way: ``Talker("benchmarks.naive.calls")("count")``.

    The peer is another Django project and cannot live in ours.
    """

    def __init__(self, module: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, name: str, **values: Any) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, values]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            sys.exit(f"{name}: the process ended.")
        return json.loads(answer)

    def __enter__(self) -> Talker:
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def answer_calls(calls: Mapping[str, Callable[..., Any]]) -> None:
    """The other end of a Talker: serve until its input ends."""
    channel, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        name, values = json.loads(line)
        channel.write(json.dumps(calls[name](**values)) + "\n")
        channel.flush()


def finish(script: str, lines: list[Line]) -> None:
    """Print the lines as a table and write them as JSON, under the script's name."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    target = RESULTS / f"{Path(script).stem}.json"
    target.write_text(json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=1) + "\n")
    for line in lines:
        print(
            f"{line.work:<64} ours {_shown(line.ours)} peer {_shown(line.peer)} limit {_shown(line.limit)}"
            f" {line.unit:<7} ratio {line.ratio:8.2f} goal {line.goal:<8} {'met' if line.met else 'MISSED'}"
        )


def _shown(value: float | None) -> str:
    return f"{'–':>9}" if value is None else f"{value:9.3g}" if value < 1000 else f"{value:9,.0f}"
