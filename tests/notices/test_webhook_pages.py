"""The pages of webhooks: who opens them, what they refuse, what they show once."""

from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.audit.context import acting
from apps.departments.models import Department, User
from apps.departments.roles import remove_role
from apps.notices import tasks
from apps.notices.actions import SEND_AGAIN
from apps.notices.events import TEST
from apps.notices.models import Delivery, Webhook
from tests.factories import make_department, make_user, open_pages

from .factories import CASE_CLOSED, make_webhook

pytestmark = pytest.mark.django_db
LIST, MESSAGES = "/admin/notices/webhook/", "/admin/notices/delivery/"
State = Delivery.State


def web(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def root(db: None) -> Department:
    return make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)


@pytest.fixture
def system(root: Department) -> User:
    return make_user("system", department=root, role="system-administrator")


@pytest.fixture
def client(system: User) -> Client:
    return web(system)


def form(**changes: Any) -> dict[str, Any]:
    return {
        "name": "county",
        "address": "https://county.example/hook",
        "events": [CASE_CLOSED.name],
        "is_active": "on",
        "reason": "asked for by letter",
        **changes,
    }


def errors(page: Any) -> str:
    assert page.status_code == 200
    return str(page.context["adminform"].form.errors)


@pytest.mark.parametrize("role", ["security-administrator", "audit-administrator", "clerk", "reviewer"])
def test_nobody_else_opens_them(root: Department, role: str) -> None:
    place = root if role.endswith("administrator") else make_department("market", parent=root)
    client = web(make_user(department=place, role=role))
    webhook = make_webhook()
    delivery = Delivery.objects.create(webhook=webhook, event="x")
    addresses = [LIST, f"{LIST}add/", f"{LIST}{webhook.pk}/change/", MESSAGES, f"{MESSAGES}{delivery.pk}/change/"]
    assert {client.get(address).status_code for address in addresses} == {403}
    assert client.post(f"{LIST}{webhook.pk}/do/new-secret/", {"do-reason": "x"}).status_code == 404
    assert client.post(f"{MESSAGES}{delivery.pk}/do/send-again/").status_code == 404


def test_a_new_webhook_shows_its_secret_once(client: Client, system: User) -> None:
    page = client.post(f"{LIST}add/", form())
    webhook = Webhook.objects.get()
    (secret,) = webhook.secrets(timezone.now())
    assert secret in page.content.decode() and "no-store" in page.headers["Cache-Control"]
    for address in (f"{LIST}{webhook.pk}/change/", f"{LIST}{webhook.pk}/history/", LIST):
        assert secret not in client.get(address).content.decode()
    kept = webhook.history.latest()
    assert (kept.history_user_id, kept.history_change_reason) == (system.pk, "asked for by letter")


def test_without_a_reason_nothing_is_added_or_changed(client: Client) -> None:
    assert "reason" in errors(client.post(f"{LIST}add/", form(reason="")))
    webhook = make_webhook()
    assert "reason" in errors(client.post(f"{LIST}{webhook.pk}/change/", form(reason="", name="other")))
    assert set(Webhook.objects.values_list("name", flat=True)) == {"county"}


@pytest.mark.parametrize(
    "address",
    [
        "http://county.example/hook",
        "https://user:word@county.example/hook",
        "https://county.example/hook#part",
        "https:///hook",
        "https://县.example/hook",
        "https://county.example:99999/hook",
        "https://county.example/a b",
        "ftp://county.example/hook",
        "http://127.0.0.1.county.example/hook",
        "http://127.0.0.1:8000/hook",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://169.254.169.254/latest/meta-data/",
    ],
)
def test_an_address_to_which_nothing_would_be_sent_is_refused(client: Client, settings: Any, address: str) -> None:
    settings.WEBHOOKS_TO_THIS_MACHINE = False
    assert "is not possible" in errors(client.post(f"{LIST}add/", form(address=address)))


def test_on_this_machine_demo_mode_sends_without_https(client: Client, settings: Any) -> None:
    settings.WEBHOOKS_TO_THIS_MACHINE = True
    client.post(f"{LIST}add/", form(address="http://localhost:9000/hook"))
    assert Webhook.objects.exists()
    assert "is not possible" in errors(client.post(f"{LIST}add/", form(address="http://county.example/", name="b")))


def test_an_event_that_no_app_announces_cannot_be_chosen(client: Client) -> None:
    assert "events" in errors(client.post(f"{LIST}add/", form(events=["test.nothing"])))


def test_a_new_secret_asks_why_and_is_shown_once(client: Client) -> None:
    webhook = make_webhook()
    (old,) = webhook.secrets(timezone.now())
    client.post(f"{LIST}{webhook.pk}/do/new-secret/", {"do-reason": ""})
    webhook.refresh_from_db()
    assert webhook.secrets(timezone.now()) == [old]
    page = client.post(f"{LIST}{webhook.pk}/do/new-secret/", {"do-reason": "handed over anew"})
    webhook.refresh_from_db()
    new, before = webhook.secrets(timezone.now())
    assert before == old and new in page.content.decode() and "no-store" in page.headers["Cache-Control"]
    assert webhook.history.latest().history_change_reason == "handed over anew"


def test_a_test_message_goes_to_one_webhook_whatever_it_chose(client: Client) -> None:
    webhook = make_webhook()
    make_webhook(name="other")
    page = client.post(f"{LIST}{webhook.pk}/do/send-test/", follow=True)
    delivery = Delivery.objects.get()
    assert (delivery.webhook, delivery.event) == (webhook, TEST.name)
    assert "Test message" in page.content.decode()
    assert ProcrastinateJob.objects.get(task_name="notices.deliver").args["delivery_id"] == delivery.pk


def test_a_webhook_that_is_off_is_sent_no_test(client: Client) -> None:
    webhook = make_webhook(is_active=False)
    page = client.post(f"{LIST}{webhook.pk}/do/send-test/", follow=True).content.decode()
    assert "This webhook is switched off." in page and not Delivery.objects.exists()


def test_what_was_given_up_is_sent_again_under_its_number(client: Client) -> None:
    webhook = make_webhook("http://127.0.0.1:1/")
    delivery = Delivery.objects.create(
        webhook=webhook, event="x", state=State.GIVEN_UP, attempts=9, status=500, failure="status"
    )
    client.post(f"{MESSAGES}{delivery.pk}/do/send-again/")
    again = Delivery.objects.get()
    assert (again.event_id, again.state, again.attempts, again.failure) == (delivery.event_id, State.WAITING, 0, "")
    job = ProcrastinateJob.objects.get(task_name="notices.deliver")
    assert job.args == {"delivery_id": delivery.pk, "round": 2}
    page = client.post(f"{MESSAGES}{delivery.pk}/do/send-again/", follow=True).content.decode()
    assert "waiting to be sent" in page and ProcrastinateJob.objects.count() == 1
    tasks.deliver(delivery_id=delivery.pk, round=1)
    assert Delivery.objects.get().attempts == 0, "a job of the round before does nothing"


def test_a_message_shows_its_content_as_text(client: Client) -> None:
    payload = {"number": "<script>alert(1)</script>"}
    delivery = Delivery.objects.create(webhook=make_webhook(name="<b>x</b>"), event="x", payload=payload)
    page = client.get(f"{MESSAGES}{delivery.pk}/change/").content.decode()
    assert "&lt;script&gt;alert(1)" in page and "<script>alert(1)" not in page and "<b>x</b>" not in page


def test_messages_are_neither_added_nor_changed_nor_deleted_by_hand(client: Client) -> None:
    webhook = make_webhook()
    delivery = Delivery.objects.create(webhook=webhook, event="x")
    for address in (f"{MESSAGES}add/", f"{MESSAGES}{delivery.pk}/delete/", f"{LIST}{webhook.pk}/delete/"):
        assert client.get(address).status_code == 403
    assert client.post(f"{MESSAGES}{delivery.pk}/change/", {"event": "y"}).status_code == 403


def test_who_lost_the_role_does_nothing_more(root: Department, system: User) -> None:
    delivery = Delivery.objects.create(webhook=make_webhook(), event="x", state=State.GIVEN_UP)
    security = make_user(department=root, role="security-administrator")
    remove_role(user=security, target=system, role="system-administrator", department=root, reason="left")  # type: ignore[arg-type]
    open_pages(system, "notices.view_delivery")
    assert SEND_AGAIN.why_not(system, delivery)
    web(system).post(f"{MESSAGES}{delivery.pk}/do/send-again/")
    assert Delivery.objects.get().state == State.GIVEN_UP


@pytest.mark.parametrize(("role", "may"), [("system-administrator", True), ("security-administrator", False)])
def test_the_database_itself_lets_only_the_system_administrator_change_webhooks(
    root: Department, role: str, may: bool
) -> None:
    person = make_user(department=root, role=role)
    make_webhook()
    with acting(user_id=person.pk):
        if may:
            assert Webhook.objects.update(name="renamed") == 1
        else:
            with pytest.raises(ProgrammingError) as refused, transaction.atomic():
                Webhook.objects.update(name="renamed")
            assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
