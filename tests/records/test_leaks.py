"""A clerk of another department finds no trace of a record, by whatever door."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.departments.admin_actions import CONFIRMED
from apps.records.attachments import attach
from apps.records.models import Record
from tests.factories import installing

from .factories import Office, enter, penalty, put
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


def leaks(answer: Any) -> bool:
    text = answer.text if not answer.streaming else b"".join(answer.streaming_content).decode("utf-8", "replace")
    return any(each in text for each in (SECRET, "不可外传"))


@pytest.mark.parametrize(
    "query",
    [
        "",
        f"?q={SECRET[:-1]}",
        "?q=绝密",
        "?state__exact=draft",
        "?decided_on__year=2025",
        "?clock=overdue",
        "?document_number__startswith=绝密",
        "?document_number__regex=绝",
        "?data__content__contains=外传",
        "?department__slug=market-supervision",
        "?department__id__exact={department}",
        "?author__id__exact={author}",
        "?author__username=market-supervision.clerk",
        "?id__in={record}",
        "?e=1",
        "?all=",
        "?o=1.2.3",
        "?p=99",
    ],
)
def test_lists_and_exports(stranger: Client, secret: Record, query: str) -> None:
    query = query.format(department=secret.department_id, author=secret.author_id, record=secret.pk)
    assert not leaks(stranger.get(LIST + query, follow=True))
    for kind in ("0", "1"):
        answer = stranger.post(
            reverse("admin:records_record_export") + query,
            {"format": kind, "resource": "0", "export_items": [str(secret.pk)]},
            follow=True,
        )
        assert not leaks(answer)


def test_counts_tell_nothing(stranger: Client, secret: Record) -> None:
    changelist = stranger.get(LIST).context["cl"]
    assert changelist.result_count == changelist.full_result_count or changelist.full_result_count is None
    assert changelist.result_count == 1


@pytest.mark.parametrize("state", Record.State.values)
def test_every_page_of_the_record_is_not_there(stranger: Client, secret: Record, state: str) -> None:
    put(secret, state)
    (attachment,) = secret.attachments.all()
    addresses = [
        page(secret),
        page(secret, "correct"),
        page(secret, "history"),
        page(secret, "download", attachment.pk),
        page(secret, "delete"),
        *(page(secret, "do", name) for name in ("submit", "publish", "return", "withdraw", "discard", "nonsense")),
        page(secret, "revert", secret.history.latest("history_id").pk),
    ]
    missing = page(Record(pk=10_000_000))
    for address in addresses:
        answer = stranger.get(address)
        assert answer.status_code in {403, 404}, address
        assert answer.status_code == stranger.get(address.replace(page(secret)[:-7], missing[:-7])).status_code
        assert not leaks(answer)
    data = posted(penalty_like(secret), version="1", reason="x", _save="1")
    for address in [*addresses, page(secret, "detach", attachment.pk)]:
        assert stranger.post(address, data | {"do-reason": "x"}).status_code in {403, 404}, address
    secret.refresh_from_db()
    assert (secret.state, secret.version) == (state, 1) and secret.attachments.exists()


def penalty_like(record: Record) -> dict[str, Any]:
    return {"subject_name": record.subject.name, "penalty_kinds": ["警告"], "content": "改"}


@pytest.mark.parametrize("action", ["submit", "publish", "return", "delete_selected"])
@pytest.mark.parametrize("across", ["0", "1"])
def test_bulk_actions(tax: Office, secret: Record, action: str, across: str) -> None:
    put(secret, "submitted" if action != "submit" else "draft")
    before = Record.objects.values().get(pk=secret.pk)
    for user in (tax.clerk, tax.reviewer):
        data = {"action": action, "_selected_action": [secret.pk], "select_across": across}
        for confirmed in ({}, {CONFIRMED: "1", "do-reason": "x", "post": "yes"}):
            assert not leaks(logged_in(user).post(LIST, data | confirmed, follow=True))
    assert Record.objects.values().get(pk=secret.pk) == before


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


def test_lookup_and_deadline_tell_no_record(stranger: Client, secret: Record) -> None:
    for name in ("lookup", "deadline"):
        answer = stranger.get(reverse(f"admin:records_record_{name}"), {"q": SECRET, "item": "penalty-legal"})
        assert not leaks(answer)


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
    assert not leaks(client.get(LIST))
    assert client.get(page(secret)).status_code == 404


def test_nobody_without_a_login(secret: Record) -> None:
    for address in (LIST, page(secret), page(secret, "history"), reverse("admin:records_record_export")):
        answer = Client().get(address)
        assert answer.status_code == 302 and "login" in answer.url
