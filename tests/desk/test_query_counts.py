"""Every list, form and history of the admin costs a committed number of queries, however many rows there are."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.paginator import LargeTablePaginator
from apps.departments.terms import Role
from apps.records.models import Record
from tests.factories import grant, make_department, make_user
from tests.leaks.addresses import addresses, patterns
from tests.leaks.personas import persona
from tests.leaks.world import World, world
from tests.planting import PERSONA, numbered_from, plant

COUNTS = Path(__file__).with_name("query_counts.json")
ELSEWHERE: Final = 20
"""The bound of a page that query_counts.json does not name."""
VIEWS: Final = {"changelist", "add", "change", "history"}
OTHERS: Final = (
    Role.CENTRE_OFFICER,
    Role.SYSTEM_ADMINISTRATOR,
    Role.SECURITY_ADMINISTRATOR,
    Role.AUDIT_ADMINISTRATOR,
)
"""Who opens what a reviewer may not: the first of them who may."""


@pytest.fixture
def city(db: None) -> World:
    """A reviewer who works in two departments; the rows of the second one are not planted yet."""
    made = world(Role.REVIEWER)
    for codename in ("view_records", "enter_records", "review_records"):
        grant(made.persona.user, codename, made.theirs.office.department)
    return made


@pytest.fixture
def clients(city: World) -> list[Client]:
    return logged_in(city)


def logged_in(made: World) -> list[Client]:
    """Clients of the world's own persona and of ``OTHERS``, in this order."""
    with numbered_from(PERSONA):
        people = [made.persona, *(persona(role, made.ours) for role in OTHERS)]
    clients = [Client() for _ in people]
    for client, who in zip(clients, people, strict=True):
        client.force_login(who.user)  # type: ignore[arg-type]
    return clients


def pages() -> Iterator[tuple[str, str]]:
    """Name and address of each page that the admins have; of a row's pages, those of one row."""
    for pattern in patterns():
        view = pattern.name.rpartition("_")[2]
        if pattern.admin and view in VIEWS:
            yield f"{pattern.admin.opts.label_lower} {view}", addresses(pattern, {})[0]


def record_pages() -> Iterator[tuple[str, str]]:
    """What is done most: the list of records in its forms, and the ways from there."""
    record = Record.objects.filter(state=Record.State.PUBLISHED, subject__uscc__isnull=False).earliest("pk")
    listed, entry = (reverse(f"admin:records_record_{view}") for view in ("changelist", "add"))
    yield "records.record, searched by name", f"{listed}?q={record.subject.name[:2]}"
    yield "records.record, searched by number", f"{listed}?q={record.document_number}"
    yield "records.record, overdue", f"{listed}?clock=overdue"
    yield "records.record, one year", f"{listed}?decided_on__year=2025"
    yield "records.record, entry form", f"{entry}?item={record.item.code}"
    yield "records.record, correction", reverse("admin:records_record_correct", args=[record.pk])
    yield "records.record, export", reverse("admin:records_record_export")
    yield "records.record, lookup", f"{reverse('admin:records_record_lookup')}?q={record.subject.name[:2]}"


def queries(client: Client, address: str) -> int:
    """How many the page costs; it has been opened before."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200, address
    # Savepoints are those of the test's own transaction; that a person is at work is written once a minute.
    others = ("SAVEPOINT", "RELEASE SAVEPOINT", 'UPDATE "accounts_session"')
    return sum(not query["sql"].startswith(others) for query in captured)


def opened(clients: list[Client]) -> dict[str, tuple[Client, str]]:
    """Name of a page -> who opens it, and its address."""
    found = {}
    logging.disable(logging.WARNING)
    for name, address in [*pages(), *record_pages()]:
        who = next((client for client in clients if client.get(address).status_code == 200), None)
        if who:
            found[name] = who, address
    logging.disable(logging.NOTSET)
    return found


def test_pages_cost_the_committed_number_of_queries_and_no_more_with_more_rows(
    city: World, clients: list[Client]
) -> None:
    """Fewer is welcome: then lower the number in query_counts.json. More needs a reason."""
    found = opened(clients)
    few = {name: queries(*page) for name, page in found.items()}
    plant(city.theirs, owned=True)
    for number in range(5):
        make_user(department=make_department(f"more-{number}", parent=city.ours.office.department))
    opened(clients)
    many = {name: queries(*page) for name, page in found.items()}
    assert {name: (few[name], number) for name, number in many.items() if number > few[name]} == {}
    committed = json.loads(COUNTS.read_text(encoding="utf-8"))
    assert {name: number for name, number in few.items() if number > committed.get(name, ELSEWHERE)} == {}
    assert committed.keys() <= few.keys(), "a page that is gone keeps no number"


def test_a_list_of_more_records_than_are_counted_costs_twelve_at_most(
    clients: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LargeTablePaginator, "count_bound", 3)
    address = reverse("admin:records_record_changelist")
    clients[0].get(address)
    assert queries(clients[0], address) <= 12
