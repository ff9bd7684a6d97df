"""Follows the links from the desk: where something about a person stands, an entry of the access log names them."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve, reverse

from apps.audit.access import Purpose
from apps.records.attachments import attach
from apps.records.models import Record
from tests.audit.reading import entries
from tests.delivered import load_rules
from tests.exchange import files
from tests.exchange.test_persons import persons
from tests.records.factories import Office, enter_about_person, item, office, put
from tests.records.files import PDF, upload
from tests.records.test_pages import logged_in
from tests.subjects.factories import identity_number

LINK = re.compile(r'(?:href|action)="([^"#]*)"')


@pytest.fixture
def market(db: None) -> Office:
    load_rules()
    return office("market-supervision")


def links(base: str, text: str) -> list[str]:
    found = (urlsplit(urljoin(base, unescape(link))) for link in LINK.findall(text))
    return [
        f"{link.path}?{link.query}".rstrip("?")
        for link in found
        if not link.netloc and link.path.startswith("/admin/") and "/logout/" not in link.path
    ]


def walk(client: Client, record: Record, *starts: str) -> tuple[list[str], list[str]]:
    """Addresses of the pages that tell of the record's person, and of those among them without an entry.

    Every page of one record counts; of other rows, and of the parameters of a page, one is as good as another.
    """
    told, silent = [], []
    waiting, seen = [reverse("admin:index"), *starts], set()
    while waiting:
        address = waiting.pop(0)
        parts = urlsplit(address)
        own = f"/{record.pk}/" in parts.path
        kind = (parts.path if own else resolve(parts.path).view_name, bool(parts.query))
        if kind in seen:
            continue
        seen.add(kind)
        before = len(entries())
        answer = client.get(address)
        if answer.status_code in {301, 302}:
            waiting.append(urljoin(address, answer["Location"]))
            continue
        if answer.status_code != 200 or answer.streaming or "html" not in answer["Content-Type"]:
            continue
        if record.document_number in answer.text or record.subject.name in answer.text:
            told.append(parts.path)
            if not any(record.subject_id in entry.subjects for entry in entries()[before:]):
                silent.append(address)
        waiting += links(address, answer.text)
    return told, silent


def test_the_pages_of_a_clerk(market: Office) -> None:
    files.load(market, persons(files.person_row(market, 1, identity_number(21))), to=item("penalty-person"))
    record = Record.objects.get()
    attach(record, [upload("决定书.pdf", PDF)], market.clerk)
    told, silent = walk(logged_in(market.clerk), record)
    assert silent == []
    pages = [reverse(f"admin:records_record_{name}", args=[record.pk]) for name in ("change", "history", "correct")]
    batch = reverse("admin:exchange_batch_change", args=[record.batch_entry.batch_id])
    assert {reverse("admin:records_record_changelist"), batch, *pages} <= set(told)


def test_the_pages_of_a_viewer(market: Office) -> None:
    record = put(enter_about_person(market), "submitted")
    client = logged_in(market.viewer)
    asked = reverse("admin:subjects_person_purpose", args=[record.subject_id])
    client.post(asked, {"purpose": Purpose.DECISION})
    page = reverse("admin:subjects_subject_change", args=[record.subject_id])
    told, silent = walk(client, record, page)
    assert silent == []
    assert {page, reverse("admin:records_record_change", args=[record.pk])} <= set(told)
