"""Our side of the benchmarks: the project itself as its web server runs it, over the generated city."""

from __future__ import annotations

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credit_city.settings")
os.environ.setdefault("LOG_LEVEL", "WARNING")
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from apps.catalogue.models import InformationItem  # noqa: E402
from apps.departments.models import Department, User  # noqa: E402
from apps.records.models import Record  # noqa: E402
from benchmarks.common import timed  # noqa: E402
from credit_city import postgres, roles  # noqa: E402

LARGEST = "market-supervision"
CENTRE = "credit-centre"
CLERK, OFFICER = "bench.clerk", "bench.officer"
PENALTY = "penalty-legal"


def person(name: str) -> User:
    """Somebody whom ``benchmarks.people`` made."""
    return User.objects.get(username=name)


def clerk() -> User:
    """A clerk of the department that has most records."""
    return person(CLERK)


def officer() -> User:
    """A person who sees the records of all departments."""
    return person(OFFICER)


def department(slug: str = LARGEST) -> Department:
    return Department.objects.get(slug=slug)


def item(code: str = PENALTY) -> InformationItem:
    return InformationItem.objects.get(code=code)


def browser(user: User) -> Client:
    """A browser of somebody who is logged in."""
    client = Client(headers={"accept-language": "zh-hans"}, SERVER_NAME="127.0.0.1")
    client.force_login(user)
    return client


def page(client: Client, address: str, status: int = 200) -> float:
    """Seconds until the page has been rendered and read to its end."""

    def read() -> None:
        answer = client.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code == status and body, (address, answer.status_code)

    return timed(read)


def queries(client: Client, address: str) -> int:
    """Number of SQL queries of a page; the bounds of transactions do not count."""
    with CaptureQueriesContext(connection) as captured:
        page(client, address)
    bounds = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return sum(not query["sql"].startswith(bounds) for query in captured.captured_queries)


def published() -> Record:
    """The last published penalty of the department that has most records, in a transaction of ``every_department``."""
    found = Record.objects.filter(department__slug=LARGEST, item__code=PENALTY, state=Record.State.PUBLISHED)
    return found.latest("pk")


def owner() -> Any:
    """A connection as the owner, outside Django, autocommit."""
    return roles.connect(postgres.database_settings("owner"))
