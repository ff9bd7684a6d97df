"""What the benchmarks ask of the peer, one call a line (``benchmarks.common.Talker``)."""

from __future__ import annotations

import os
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.naive.settings"
django.setup()

import tablib  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from benchmarks.common import answer_calls, timed  # noqa: E402

from .models import Department, Record  # noqa: E402
from .resources import FORMS, Exported  # noqa: E402

_clients: dict[str, Client] = {}


def page(user: str, address: str) -> float:
    """Seconds of a page."""
    if user not in _clients:
        _clients[user] = Client()
        _clients[user].force_login(User.objects.get(username=user))

    def read() -> None:
        answer = _clients[user].get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    return timed(read)


def queries(user: str, address: str) -> int:
    """SQL queries of a page."""
    with CaptureQueriesContext(connection) as captured:
        page(user, address)
    return len(captured)


def load(file: str, form: str, department: str) -> float:
    """Seconds of an import of a csv file, from its text to the commit."""
    resource = FORMS[form](Department.objects.get(slug=department))

    def work() -> None:
        with open(file, encoding="utf-8-sig") as text:
            data = tablib.Dataset().load(text.read(), format="csv")
        result = resource.import_data(data, dry_run=False, raise_errors=True, use_transactions=True)
        assert not result.has_errors() and not result.has_validation_errors()

    return timed(work)


def export(file: str, rows: int) -> float:
    """Seconds of import-export's own export of the newest rows to csv."""
    resource = Exported()
    newest = resource.get_queryset().filter(pk__in=Record.objects.order_by("-pk").values("pk")[:rows])

    def work() -> None:
        with open(file, "w", encoding="utf-8") as out:
            out.write(resource.export(newest).csv)

    return timed(work)


def count() -> int:
    return Record.objects.count()


CALLS: dict[str, Any] = {each.__name__: each for each in (page, queries, load, export, count)}

if __name__ == "__main__":
    answer_calls(CALLS)
