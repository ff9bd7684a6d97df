"""What people are told on the desk, and what receivers outside are sent."""

import base64
import os
import uuid
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History
from apps.audit.row_security import Open, OwnRows
from apps.audit.upkeep import Upkeep
from apps.core import crypto

from . import rules
from .events import title_of
from .kinds import KINDS
from .posting import Failure
from .querysets import NoticeQuerySet

_PLACE: Final = b"notices.webhook.secret"


class Notice(models.Model):
    """One thing that one person is told. Written by ``sending.notify`` only, and never changed but for ``read_at``.

    ``kind`` and ``parameters`` give the text when it is read; ``link_name`` and ``link_arguments`` the page it is
    about. ``once``: of notices of one kind to one person with the same key only the first is written.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("recipient"), related_name="notices", db_index=False
    )
    kind = models.CharField(_("kind of notice"), max_length=40)
    parameters = models.JSONField(_("parameters"), default=dict)
    link_name = models.CharField(_("page"), max_length=100, blank=True)
    link_arguments = models.JSONField(_("arguments of the page"), default=list)
    once = models.CharField(_("once-key"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True)

    objects = NoticeQuerySet.as_manager()
    upkeep = Upkeep()
    row_security = OwnRows("recipient")

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "kind", "once"], condition=~Q(once=""), name="notice_sent_once"
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notice_of_recipient"),
            models.Index(fields=["recipient"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["read_at"], condition=Q(read_at__isnull=False), name="notice_read"),
        ]

    def __str__(self) -> str:
        return str(self.title)

    @property
    def title(self) -> str | Promise:
        """What it is about; of a kind that no app registers any more its code."""
        return KINDS[self.kind].title if self.kind in KINDS else self.kind

    @property
    def text(self) -> str:
        """The whole sentence, plain text."""
        return KINDS[self.kind].sentence(self.parameters) if self.kind in KINDS else ""

    @property
    def address(self) -> str:
        """The page it is about; "" when there is none, or none any more."""
        if not self.link_name:
            return ""
        try:
            return reverse(self.link_name, args=self.link_arguments)
        except NoReverseMatch:
            return ""


class Webhook(models.Model):
    """A receiver outside that is sent messages about chosen events.

    ``secret`` is what messages are signed with, sealed by the data key in ``wrapped_key``; ``old_secret`` is the one
    before it, which signs too until ``old_until``. ``failing_since``: the moment a message to it was given up, until
    one arrives again.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    address = models.CharField(
        _("address"),
        max_length=500,
        help_text=_("Where messages are sent, such as https://example.org/hook. Redirects are not followed."),
    )
    events = ArrayField(models.CharField(max_length=50), verbose_name=_("events"))
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Nothing is sent to a webhook that is switched off.")
    )
    secret = models.BinaryField(_("signing secret"), editable=False)
    old_secret = models.BinaryField(_("old secret"), null=True, editable=False)
    wrapped_key = models.BinaryField(_("data key"), editable=False)
    old_until = models.DateTimeField(_("old secret signs until"), null=True, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)

    history = History(excluded_fields=["secret", "old_secret", "wrapped_key"])
    wrapped_keys = ("wrapped_key",)
    row_security = Open(why="read by whatever work a message is about; only the system administrator has a page of it")

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]
        default_permissions = ("view", "add", "change")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse an address to which nothing would be sent."""
        if not rules.is_possible_address(self.address, this_machine=settings.WEBHOOKS_TO_THIS_MACHINE):
            raise ValidationError(
                {
                    "address": _(
                        "“%(address)s” is not possible: give an https address of another machine, without a user name "
                        "and without a fragment (#), such as https://example.org/hook."
                    )
                    % {"address": self.address}
                }
            )

    def renew_secret(self) -> str:
        """Make a secret, to be saved, and return it as receivers take it. One made before signs for another day."""
        if self.secret:
            key, self.old_secret = crypto.unwrap(self.wrapped_key), self.secret
            self.old_until = timezone.now() + timedelta(hours=rules.OLD_SECRET_HOURS)
        else:
            key, self.wrapped_key = crypto.new_data_key()
        text = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        self.secret = crypto.encrypt(key, text, _PLACE)
        return text

    def secrets(self, at: datetime) -> list[str]:
        """The secrets that sign a message at a moment, the newest first. Raises crypto.CryptoError."""
        key = crypto.unwrap(self.wrapped_key)
        sealed = [self.secret]
        if self.old_secret is not None and self.old_until is not None and at < self.old_until:
            sealed.append(self.old_secret)
        return [crypto.decrypt(key, each, _PLACE) for each in sealed]


class Delivery(models.Model):
    """One message to one receiver. ``payload`` holds what the event names and nothing of a person.

    ``round`` counts how often somebody had it sent, and a job of an earlier round does nothing; ``attempts`` counts in
    this round.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        FAILED = "failed", _("failed, will be tried again")
        DELIVERED = "delivered", _("delivered")
        GIVEN_UP = "given-up", _("given up")

    OPEN: Final = (State.WAITING, State.FAILED)

    webhook = models.ForeignKey(Webhook, models.PROTECT, verbose_name=_("webhook"), related_name="deliveries")
    event_id = models.UUIDField(_("number of the message"), default=uuid.uuid4)
    event = models.CharField(_("event"), max_length=50)
    payload = models.JSONField(_("content"), default=dict)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.WAITING)
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    tried_at = models.DateTimeField(_("last attempt"), null=True)
    next_try = models.DateTimeField(_("next attempt"), null=True)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    failure = models.CharField(_("what went wrong"), max_length=16, choices=Failure, blank=True)

    row_security = Open(why="holds nothing of a person or a record; only the system administrator has a page of it")
    upkeep = Upkeep()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-pk"]
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["webhook", "event_id"], name="message_once")]
        indexes = [
            models.Index(fields=["created_at"], name="message_created"),
            models.Index(fields=["state"], condition=~Q(state="delivered"), name="message_not_delivered"),
        ]

    def __str__(self) -> str:
        return f"{title_of(self.event)} – {self.webhook}"
