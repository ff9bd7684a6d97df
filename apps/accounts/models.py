"""What the platform keeps about logging in: sessions, factors, passwords used, locks, and the log of logins."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.audit.row_security import Open
from apps.audit.upkeep import Upkeep

from . import rules
from .terms import EventKind, FactorKind, LockScope


class Session(AbstractBaseSession):
    """One browser's login. ``expire_date`` moves with each request, at most to the longest a session may last."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), null=True, related_name="sessions"
    )
    address = models.GenericIPAddressField(_("address"), null=True)
    agent = models.CharField(_("browser"), max_length=300, blank=True)
    begun_at = models.DateTimeField(_("begun"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    upkeep = Upkeep()
    row_security = Open(why="read to know who is asking")

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        default_permissions = ()

    @classmethod
    def get_session_store_class(cls) -> Any:
        from .sessions import SessionStore

        return SessionStore

    @property
    def device(self) -> str | Promise:
        """Browser and system in two words."""
        return rules.device_name(self.agent)


class LoginEvent(models.Model):
    """A line of the log of logins. Lines are added, never changed; none holds a password, a code or a name that
    was typed and belongs to nobody."""

    at = models.DateTimeField(_("time"), default=timezone.now, db_index=True)
    kind = models.CharField(_("event"), max_length=24, choices=EventKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("user"),
        null=True,
        related_name="login_events",
        help_text=_("Nobody: there is no account of the name that was typed."),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("done by"), null=True, related_name="+"
    )
    address = models.GenericIPAddressField(_("address"), null=True)
    agent = models.CharField(_("browser"), max_length=300, blank=True)
    device_key = models.BinaryField(_("device key"), max_length=32, null=True)
    detail = models.CharField(_("detail"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    channel = models.CharField(_("door"), max_length=16, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    add_only = True
    sealed = True
    row_security = Open(why="written before anybody is logged in; only the audit administrator has a page of it")

    class Meta:
        verbose_name = _("login event")
        verbose_name_plural = _("log of logins")
        ordering = ["-at", "-pk"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["user", "-at"], name="login_event_of_user"),
            models.Index(
                fields=["user", "device_key"], condition=models.Q(kind=EventKind.LOGIN), name="login_event_device"
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M} {self.get_kind_display()}"

    @property
    def device(self) -> str | Promise:
        """Browser and system in two words."""
        return rules.device_name(self.agent)


class Notice(models.Model):
    """An event of which a person is told on the desk until the person has taken note."""

    event = models.OneToOneField(LoginEvent, models.CASCADE, primary_key=True, verbose_name=_("event"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="login_notices"
    )

    row_security = Open(why="names its own reader")

    class Meta:
        verbose_name = _("login notice")
        verbose_name_plural = _("login notices")
        default_permissions = ()

    @property
    def is_login(self) -> bool:
        """Whether it tells of an unusual login."""
        return self.event.kind == EventKind.LOGIN


class LoginLock(models.Model):
    """Failed attempts that are counted together, and until when the next one is refused.

    ``key`` is a keyed fingerprint: a name that was typed and belongs to nobody is not kept.
    """

    scope = models.CharField(_("counted by"), max_length=8, choices=LockScope)
    key = models.BinaryField(pgettext_lazy("login lock", "key"), max_length=32)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), null=True, related_name="login_locks"
    )
    address = models.GenericIPAddressField(_("address"), null=True)
    failures = models.PositiveIntegerField(_("failures"), default=0)
    last_at = models.DateTimeField(_("last attempt"))
    until = models.DateTimeField(_("locked until"), null=True)

    row_security = Open(why="asked before anybody is logged in")

    class Meta:
        verbose_name = _("login lock")
        verbose_name_plural = _("login locks")
        ordering = ["-last_at"]
        default_permissions = ("view", "change")
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="login_lock_once")]

    def __str__(self) -> str:
        return str(self.user or self.address or _("a name without an account"))


class PasswordUse(models.Model):
    """A password that an account has or had, as its hash: for the age of the present one and against going back."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="passwords_used"
    )
    password = models.CharField(_("hash"), max_length=128)
    initial = models.BooleanField(_("chosen by somebody else"))
    set_at = models.DateTimeField(_("set"), default=timezone.now)

    row_security = Open(why="asked before anybody is logged in")

    class Meta:
        verbose_name = _("password used")
        verbose_name_plural = _("passwords used")
        ordering = ["-pk"]
        default_permissions = ()


class Factor(models.Model):
    """A second factor of a person.

    Of an authenticator app ``secret`` is its key, sealed by the data key in ``wrapped_key``; of a passkey it is the
    credential's public part. ``counter`` only grows: the last time step of a code that was taken, or the count of the
    passkey's signatures; what does not lie above it is a replay.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="factors")
    kind = models.CharField(_("kind"), max_length=8, choices=FactorKind)
    name = models.CharField(_("name"), max_length=50)
    secret = models.BinaryField(_("secret"))
    wrapped_key = models.BinaryField(_("data key"), null=True)
    counter = models.BigIntegerField(_("counter"), default=0)
    added_at = models.DateTimeField(_("added"), default=timezone.now)
    used_at = models.DateTimeField(_("last used"), null=True)

    wrapped_keys = ("wrapped_key",)
    row_security = Open(why="asked before anybody is logged in")

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} – {self.name}"


class RecoveryCode(models.Model):
    """A code that replaces the second factor once; kept as a keyed fingerprint."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="recovery_codes"
    )
    code = models.BinaryField(pgettext_lazy("recovery", "code"), max_length=32)
    used_at = models.DateTimeField(_("used"), null=True)

    row_security = Open(why="asked before anybody is logged in")

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        default_permissions = ()
