"""Notices for the tests, of a kind that the tests bring along."""

from typing import Any

from apps.departments.models import User
from apps.notices import events, kinds
from apps.notices.models import Delivery, Notice, Webhook
from apps.notices.sending import Link, notify
from tests.planting import Side, plants

CASE_WAITS = kinds.NoticeKind(
    "test-case-waits",
    "A case waits for you",
    "Case %(number)s of %(person)s waits for you: %(stage)s, due %(due)s.",
    choices={"stage": [("check", "being checked"), ("decision", "to be decided")]},
)
kinds.register(CASE_WAITS)


def tell(*people: User, number: str = "YY-7", person: str = "张三", link: Link | None = None, **options: Any) -> int:
    """Tell people that a case waits."""
    parameters: Any = {"number": number, "person": person, "stage": "check", "due": "2026-12-29"}
    return notify(people, kind=CASE_WAITS, parameters=parameters, link=link, **options)


@plants(Notice)
def plant_notices(side: Side) -> None:
    for person in (side.office.clerk, side.office.reviewer):
        tell(
            person,
            number=side.text(Notice, "parameters"),
            once=side.text(Notice, "once"),
            link=Link("admin:departments_department_change", [side.office.department.pk]),
        )


CASE_CLOSED = events.WebhookEvent("test.case.closed", "Case closed", ("number", "state", "due"))
events.register(CASE_CLOSED)


def make_webhook(address: str = "https://example.org/hook", **values: Any) -> Webhook:
    """A webhook that wants to hear of CASE_CLOSED."""
    webhook = Webhook(**{"name": "county", "address": address, "events": [CASE_CLOSED.name], **values})
    webhook.renew_secret()
    webhook.save()
    return webhook


@plants(Webhook, Delivery)
def plant_webhooks(side: Side) -> None:
    webhook = make_webhook(name=side.text(Webhook, "name"), address=f"https://{side.text(Webhook, 'address')}.example/")
    Delivery.objects.create(
        webhook=webhook, event=CASE_CLOSED.name, payload={"number": side.text(Delivery, "payload")}, state="delivered"
    )
