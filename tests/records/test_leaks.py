"""What the walk over all pages (tests/leaks) does not come to: files of lists that somebody narrowed, right values in a
form, and rights that change."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.records.attachments import attach
from apps.records.models import Record
from tests.factories import installing
from tests.leaks.answers import text_of

from .factories import Office, enter, penalty
from .files import upload
from .test_pages import logged_in, page, posted

SECRET = "绝密文号77号"
LIST = reverse("admin:records_record_changelist")


@pytest.fixture
def secret(market: Office) -> Record:
    record = enter(market, document_number=SECRET, content="不可外传的内容")
    attach(record, [upload("不可外传.pdf")], market.clerk)
    return record


@pytest.fixture
def stranger(tax: Office) -> Client:
    enter(tax, document_number="自己的1号")
    return logged_in(tax.clerk)


def leaks(text: str) -> bool:
    return any(each in text for each in (SECRET, "不可外传"))


@pytest.mark.parametrize(
    "query",
    [
        "",
        f"?q={SECRET[:-1]}",
        "?state__exact=draft",
        "?decided_on__year=2025",
        "?document_number__startswith=绝密",
        "?data__content__contains=外传",
        "?department__id__exact={department}",
        "?author__username=market-supervision.clerk",
        "?id__in={record}",
    ],
)
def test_files_of_lists(stranger: Client, secret: Record, query: str) -> None:
    query = query.format(department=secret.department_id, author=secret.author_id, record=secret.pk)
    for kind in ("0", "1"):
        for chosen in ({}, {"export_items": [str(secret.pk)]}):
            # Unpacked, where it is a workbook.
            text = text_of(
                stranger.post(
                    reverse("admin:records_record_export") + query, {"format": kind, "resource": "0", **chosen}
                )
            )
            assert not leaks(text)
            assert query or chosen or "自己的1号" in text


def test_a_duplicate_of_another_department_is_not_told(tax: Office, stranger: Client, secret: Record) -> None:
    values = penalty(tax, subject=secret.subject, document_number=SECRET, content="自己的")
    answer = stranger.post(reverse("admin:records_record_add") + "?item=penalty-legal", posted(values, _save="1"))
    assert answer.status_code == 302
    assert Record.objects.filter(document_number=SECRET).count() == 2


def test_entering_for_another_department(stranger: Client, market: Office) -> None:
    address = reverse("admin:records_record_add") + "?item=penalty-legal&department=market-supervision"
    assert stranger.get(address).status_code == 404
    assert stranger.post(address, posted(penalty(market), _save="1")).status_code == 404
    assert not Record.objects.filter(department=market.department).exists()


def test_after_a_grant_is_taken_nothing_is_left(market: Office, secret: Record) -> None:
    clerk = logged_in(market.clerk)
    assert clerk.get(page(secret)).status_code == 200
    market.clerk.groups.clear()
    assert clerk.get(page(secret)).status_code == 302, "the session has ended with the role"
    clerk = logged_in(market.clerk)
    for address in (page(secret), page(secret, "history"), page(secret, "do", "submit")):
        assert clerk.get(address).status_code in {403, 404}


def test_a_superuser_without_a_grant_sees_no_record(secret: Record, market: Office, settings: Any) -> None:
    settings.DEMO = True  # elsewhere a superuser does not even get in
    market.viewer.groups.clear()
    market.viewer.is_superuser = True
    with installing():
        market.viewer.save()
    client = logged_in(market.viewer)
    assert not leaks(client.get(LIST).text)
    assert client.get(page(secret)).status_code == 404
