"""What the system administrator does to webhooks and their messages."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.context import acting
from apps.departments.actions import Action, NotVisible, StateConflict
from apps.departments.roles import holds
from apps.departments.terms import Role

from . import tasks
from .events import TEST
from .models import Delivery, Webhook
from .webhooks import send

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class SystemAction(Action[M]):
    """What a system administrator does to a row that belongs to no department."""

    def why_not(self, user: Any, obj: Any) -> str | Promise:
        if not holds(user, Role.SYSTEM_ADMINISTRATOR):
            return _("Only a system administrator does this.")
        return self.applies(user, obj)

    def __call__(self, *, user: Any, obj: M, reason: str = "", seen: int | None = None, **inputs: Any) -> M:
        """Do it, in one transaction, on the locked row.

        Raises NotVisible, StateConflict (with a text for the user) or ValidationError (reason missing).
        """
        reason = reason.strip()
        if self.asks_reason and not reason:
            raise ValidationError({"reason": _("Please give a reason.")})
        manager: Any = type(obj)._default_manager
        with transaction.atomic(), acting(user_id=user.pk, reason=reason):
            locked = manager.select_for_update(of=("self",)).filter(pk=obj.pk).first()
            if locked is None:
                raise NotVisible
            if why_not := self.why_not(user, locked):
                raise StateConflict(why_not)
            return self.perform(user=user, obj=locked, **inputs)


def _renew_secret(*, user: Any, obj: Webhook) -> Webhook:
    obj.shown_secret = obj.renew_secret()  # type: ignore[attr-defined]
    obj.save(update_fields=["secret", "old_secret", "old_until", "wrapped_key"])
    return obj


def _is_off(user: Any, obj: Webhook) -> str | Promise:
    return "" if obj.is_active else _("This webhook is switched off.")


def _send_test(*, user: Any, obj: Webhook) -> Webhook:
    send([Delivery(webhook=obj, event=TEST.name, payload={"day": timezone.localdate().isoformat()})])
    return obj


def _why_not_again(user: Any, obj: Delivery) -> str | Promise:
    if obj.state == Delivery.State.WAITING:
        return _("This message is waiting to be sent.")
    return _is_off(user, obj.webhook)


def _send_again(*, user: Any, obj: Delivery) -> Delivery:
    obj.state, obj.round, obj.attempts = Delivery.State.WAITING, obj.round + 1, 0
    obj.next_try, obj.status, obj.failure = None, None, ""
    obj.save(update_fields=["state", "round", "attempts", "next_try", "status", "failure"])
    tasks.deliver.defer(delivery_id=obj.pk, round=obj.round)
    return obj


NEW_SECRET = SystemAction[Webhook](
    name="new-secret",
    label=gettext_lazy("New secret"),
    permission="",
    perform=_renew_secret,
    asks_reason=True,
    description=gettext_lazy(
        "The new secret is shown once. For a day messages are signed by both, so that the receiver can change over."
    ),
    icon="key",
)
SEND_TEST = SystemAction[Webhook](
    name="send-test",
    label=gettext_lazy("Send a test"),
    permission="",
    perform=_send_test,
    applies=_is_off,
    description=gettext_lazy(
        "A message that holds the day and nothing else; what becomes of it stands among the messages."
    ),
    icon="send",
)
SEND_AGAIN = SystemAction[Delivery](
    name="send-again",
    label=gettext_lazy("Send again"),
    permission="",
    perform=_send_again,
    applies=_why_not_again,
    description=gettext_lazy("Under the same number, by which the receiver knows what it has had already."),
    icon="replay",
    variant="primary",
)
