"""Telling receivers outside what happened."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from . import tasks
from .events import EVENTS, WebhookEvent
from .models import Delivery, Webhook

Value = str | int | datetime.date | None


def emit(event: WebhookEvent, payload: Mapping[str, Value]) -> int:
    """Send an event to all webhooks that chose it, once the transaction of the caller is committed; returns how many.

    Raises ValueError for an event that is not registered and for a payload that holds more than the event names.
    """
    if EVENTS.get(event.name) is not event:
        raise ValueError(f"the event {event.name!r} is not registered")
    if more := payload.keys() - set(event.fields):
        raise ValueError(f"the event {event.name!r} does not name {', '.join(sorted(more))}")
    kept = {name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in payload.items()}
    number = uuid.uuid4()
    chosen = Webhook.objects.filter(is_active=True, events__contains=[event.name])
    return send(Delivery(webhook=webhook, event_id=number, event=event.name, payload=kept) for webhook in chosen)


def send(deliveries: Iterable[Delivery]) -> int:
    """Store new messages and have them sent, in one transaction; returns how many they are."""
    with transaction.atomic():
        made = Delivery.objects.bulk_create(deliveries)
        if made:
            jobs: list[Any] = [{"delivery_id": each.pk, "round": each.round} for each in made]
            tasks.deliver.batch_defer(*jobs)
    return len(made)
