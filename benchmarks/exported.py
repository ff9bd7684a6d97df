"""One export through its page, in a process of its own so that its memory can be read:
``python -m benchmarks.exported ROWS`` answers {"seconds", "rows", "peak"}."""

import json
import sys
import time
from datetime import date

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import transaction
from django.urls import reverse

from apps.audit.context import every_department
from apps.records.models import Record
from benchmarks import common

CSV = "1"


def since(rows: int, item: int) -> date:
    """The day since when there are about so many records of an item."""
    with every_department(), transaction.atomic():
        found = Record.objects.filter(item=item).order_by("-decided_on").values_list("decided_on", flat=True)
        return found[min(rows, found.count()) - 1]


def export(rows: int) -> tuple[float, int]:
    """Seconds, and how many rows the file has."""
    item, browser = ours.item().pk, ours.browser(ours.officer())
    address = f"{reverse('admin:records_record_export')}?item__id__exact={item}&decided_on__gte={since(rows, item)}"
    began = time.perf_counter()
    answer = browser.post(address, {"format": CSV, "resource": "0"})
    assert answer.status_code == 200 and answer.streaming, answer.status_code
    lines = sum(piece.count(b"\r\n") for piece in answer.streaming_content)
    return time.perf_counter() - began, lines - 1


if __name__ == "__main__":
    seconds, lines = export(int(sys.argv[1]))
    print(json.dumps({"seconds": seconds, "rows": lines, "peak": common.peak_memory()}))
