"""One attempt to deliver a message, and what follows from its outcome."""

from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.departments.models import User
from apps.departments.terms import Role

from . import rules
from .kinds import NoticeKind
from .models import Delivery, Webhook
from .posting import Failure, Outcome, post
from .sending import Link, notify

WEBHOOK_FAILS: Final = NoticeKind(
    "webhook-fails",
    _("A webhook does not answer"),
    _("“%(name)s” took no message for a day: %(failure)s. Messages to it that were given up can be sent again."),
    icon="webhook",
    tone="danger",
    mailed=("name",),
    choices={"failure": Failure.choices},
)


class NotDelivered(Exception):
    """The message did not arrive and is to be tried again."""


def attempt(delivery_id: int, round: int) -> None:
    """Send a message that is still to be sent. Raises NotDelivered when it is to be tried again.

    The row is held while the message is under way, so that a second job for it does nothing; a process that is killed
    between the receiver's answer and the commit sends it again, under the same number.
    """
    with transaction.atomic():
        delivery = (
            Delivery.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("webhook")
            .filter(pk=delivery_id, round=round, state__in=Delivery.OPEN)
            .first()
        )
        if delivery is None:
            return
        if delivery.webhook.is_active:
            _note(delivery, _send(delivery))
        else:
            delivery.state, delivery.failure, delivery.next_try = Delivery.State.GIVEN_UP, Failure.INACTIVE, None
        delivery.save(update_fields=["state", "attempts", "tried_at", "next_try", "status", "failure"])
    if delivery.state == Delivery.State.FAILED:
        raise NotDelivered(f"message {delivery.pk}: {delivery.failure} {delivery.status or ''}".rstrip())


def _send(delivery: Delivery) -> Outcome:
    delivery.tried_at = timezone.now()
    delivery.attempts += 1
    body = rules.message(delivery.event, delivery.created_at, delivery.payload)
    secrets = delivery.webhook.secrets(delivery.tried_at)
    headers = rules.headers(str(delivery.event_id), delivery.tried_at, body, secrets)
    return post(delivery.webhook.address, body, headers)


def _note(delivery: Delivery, outcome: Outcome) -> None:
    delivery.status, delivery.failure = outcome
    delivery.next_try = None
    webhook = Webhook.objects.filter(pk=delivery.webhook_id)
    if not outcome.failure:
        delivery.state = Delivery.State.DELIVERED
        webhook.exclude(failing_since=None).update(failing_since=None)
    elif wait := rules.wait_after(delivery.attempts):
        delivery.state, delivery.next_try = Delivery.State.FAILED, timezone.now() + wait
    else:
        delivery.state = Delivery.State.GIVEN_UP
        # Told once, until a message arrives again.
        if webhook.filter(failing_since=None).update(failing_since=timezone.now()):
            _tell_administrators(delivery)


def _tell_administrators(delivery: Delivery) -> None:
    people = User.objects.filter(membership__group__role__role=Role.SYSTEM_ADMINISTRATOR).distinct()
    notify(
        people,
        kind=WEBHOOK_FAILS,
        parameters={"name": delivery.webhook.name, "failure": delivery.failure},
        link=Link("admin:notices_webhook_change", [delivery.webhook_id]),
    )
