"""One import by the project's own path, in a process of its own so that its memory can be read:
``python -m benchmarks.load FILE`` answers {"seconds", "batch", "peak"}."""

import json
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks import ours  # isort: skip  (sets Django up)

from apps.core.sheets import Limits
from apps.departments.scope import acting_as
from apps.exchange import runs
from apps.exchange.models import Batch
from benchmarks import common

CHUNK = 64 * 1024
"""Bytes at a time, as an upload comes in."""


def load(path: Path) -> tuple[float, int]:
    """Seconds from the file to the commit, as the worker and the command do it, and the batch."""
    clerk, department, item = ours.clerk(), ours.department(), ours.item()
    began = time.perf_counter()
    with acting_as(clerk):
        with path.open("rb") as file:
            batch = runs.receive(
                user=clerk,
                item=item,
                department=department,
                name=path.name,
                chunks=iter(partial(file.read, CHUNK), b""),
                limit=Limits().size,
                state=Batch.State.LOADING,
            )
        done = runs.load(batch.pk)
    seconds = time.perf_counter() - began
    assert done is not None and done.state == Batch.State.LOADED, done and done.failure
    return seconds, batch.pk


if __name__ == "__main__":
    seconds, batch = load(Path(sys.argv[1]))
    print(json.dumps({"seconds": seconds, "batch": batch, "peak": common.peak_memory()}))
