"""Fifty clerks at once, two web workers and one background worker: answer times beside those of one clerk alone,
errors, and whether everything that was entered and handed in is there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import ours  # isort: skip  (sets Django up)

from django.db import transaction

from apps.audit.context import every_department
from apps.exchange.models import Batch
from apps.records.models import Record
from apps.subjects.models import Subject
from benchmarks import common
from benchmarks.people import CROWD, crowd_name
from tests.exchange.files import HEADERS

SECONDS = {"small": 60, "1m": 120, "10m": 180}
ALONE = 120
WARM_UP = 15
PATIENCE = 120
_COLUMNS = (
    "subject_name", "subject_category", "subject_uscc", "document_number", "facts", "penalty_kinds", "content",
    "fine_amount", "decided_on", "authority_name", "authority_code", "source_name", "source_code",
)  # fmt: skip


def main() -> list[common.Line]:
    with tempfile.TemporaryDirectory() as name:
        plan = Path(name) / "plan.json"
        plan.write_text(json.dumps(_plan()), encoding="utf-8")
        with _serving() as address:
            # By all of them: every thread of the server has its templates and its connection before anybody is timed.
            _walk(plan, address, clerks=CROWD, seconds=WARM_UP)
            _settled()
            alone = _walk(plan, address, clerks=1, seconds=ALONE)
            before = _counts()
            crowd = _walk(plan, address, clerks=CROWD, seconds=SECONDS[common.scale().name])
            after = _settled()
    single, p95 = _percentile(alone, 0.5), _percentile(crowd, 0.95)
    requests = sum(entry["num_requests"] for entry in crowd)
    failures = sum(entry["num_failures"] for entry in crowd)
    sent = {entry["name"]: entry["num_requests"] - entry["num_failures"] for entry in crowd}
    lost = {
        "entry": sent.get("entry", 0) - (after["entered"] - before["entered"]),
        "upload": sent.get("upload", 0) - (after["checked"] - before["checked"]),
    }
    detail = {
        "requests": requests,
        "requests of one clerk": sum(entry["num_requests"] for entry in alone),
        "ms, median of one clerk": single,
        "ms, median of fifty": _percentile(crowd, 0.5),
        "entered": sent.get("entry", 0),
        "files": sent.get("upload", 0),
        **{f"ms, 95th percentile: {entry['name']}": _percentile([entry], 0.95) for entry in crowd},
    }
    # What was under way when locust stopped is on record and was not counted: less than nothing is lost then.
    missing = sum(max(0, each) for each in lost.values())
    return [
        common.Line(
            f"{CROWD} clerks at once, 95th percentile against one clerk's median", "ms", p95, None, single,
            **common.at_most(p95 / single, 5), detail=detail,
        ),
        common.Line("errors", "answers", failures, None, None, **common.at_most(failures, 0)),
        common.Line("entered or handed in and not there", "rows", missing, None, None, **common.at_most(missing, 0)),
    ]  # fmt: skip


def _plan() -> dict[str, Any]:
    with every_department(), transaction.atomic():
        item = ours.item().pk
        organisations = Subject.objects.filter(uscc__startswith="91", merged_into=None).order_by("pk")
        companies = list(organisations.values_list("name", "uscc")[:2000])
    clerks = []
    for number in range(CROWD):
        user = ours.person(crowd_name(number))
        office, browser = user.department, ours.browser(user)
        assert office is not None
        clerks.append(
            {
                "cookie": browser.cookies["sessionid"].value,
                "name": office.name,
                "code": office.uscc,
                "departmentId": office.pk,
                "itemId": item,
            }
        )
    words = sorted({name[4:6] for name, _ in companies[:200]})
    return {
        "clerks": clerks,
        "companies": companies,
        "words": words,
        "headers": {("penalty_kinds_choice" if key == "penalty_kinds" else key): HEADERS[key] for key in _COLUMNS},
    }


@contextmanager
def _serving() -> Iterator[str]:
    """Web server and background worker as in production, on a free port of the loopback interface."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"PORT": str(port), "WEB_WORKERS": "2", "DATABASE_ROLE": "app", "LOG_LEVEL": "WARNING"}
    with open(common.RESULTS / "clerks.log", "w") as log:
        started = [
            subprocess.Popen([sys.executable, *arguments], cwd=common.ROOT, env=environment, stdout=log, stderr=log)
            for arguments in (
                ("-m", "gunicorn", "-c", "credit_city/gunicorn_conf.py"),
                ("manage.py", "procrastinate", "worker"),
            )
        ]
        try:
            address = f"http://127.0.0.1:{port}"
            _await(address)
            yield address
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(30)


def _await(address: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/admin/login/", timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    sys.exit("The web server did not start: see clerks.log.")


def _walk(plan: Path, address: str, *, clerks: int, seconds: int) -> list[dict[str, Any]]:
    """What locust counted, by name of the request."""
    with open(common.RESULTS / "locust.log", "a") as log:
        done = subprocess.run(
            [
                sys.executable, "-m", "locust", "-f", str(common.ROOT / "benchmarks" / "locustfile.py"), "--headless",
                "--host", address, "-u", str(clerks), "-r", str(clerks), "-t", f"{seconds}s", "--stop-timeout", "30",
                "--json", "--only-summary", "--exit-code-on-error", "0", "--loglevel", "ERROR",
            ],
            env=os.environ | {"CLERKS": str(plan)}, stdout=subprocess.PIPE, stderr=log, text=True, check=True,
        )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _percentile(entries: list[dict[str, Any]], share: float) -> float:
    """The answer time in milliseconds that so many of all requests did not exceed."""
    times: Counter[float] = Counter()
    for entry in entries:
        times.update({float(each): count for each, count in entry["response_times"].items()})
    left = share * times.total()
    for each in sorted(times):
        left -= times[each]
        if left <= 0:
            return each
    return 0.0


def _counts() -> dict[str, int]:
    with every_department(), transaction.atomic():
        return {
            "entered": Record.objects.filter(document_number__startswith="测并").count(),
            "checked": Batch.objects.filter(original_name="处罚.csv", state=Batch.State.CHECKED, accepted=1).count(),
            "waiting": Batch.objects.filter(state__in=(Batch.State.UPLOADED, Batch.State.CHECKING)).count(),
        }


def _settled() -> dict[str, int]:
    """The counts once the background worker has nothing left to do."""
    for _ in range(PATIENCE):
        if not (found := _counts())["waiting"]:
            break
        time.sleep(1)
    return found


if __name__ == "__main__":
    common.finish(__file__, main())
