"""Locks after failed attempts, counted in the database: all web workers see the same.

An attempt is counted before its password is looked at, and taken back when it was right: attempts at the same moment
cannot slip through together. Nobody is locked out by others:

- An account is counted apart for each device from which its owner has logged in before, and for all other devices
  together; who guesses elsewhere locks that elsewhere.
- An address, behind which a whole office may sit, is locked only after many failures, and never for known devices.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from apps.core.crypto import fingerprint
from apps.departments.models import User

from . import rules
from .clients import address_of, device_key
from .events import is_known_device, record
from .models import LoginLock
from .terms import EventKind, LockScope

CLOSED: Final = frozenset({"inactive", "demo", "superuser", "lapsed"})
"""Codes of refusals that a right password met."""


@dataclass(frozen=True)
class _Counter:
    scope: LockScope
    name: str
    free: int

    @property
    def key(self) -> bytes:
        return fingerprint(f"login lock {self.scope}", self.name)

    def locked_until(self) -> datetime | None:
        now = timezone.now()
        found = LoginLock.objects.filter(scope=self.scope, key=self.key, until__gt=now).first()
        return found.until if found else None

    def count(self, **who: Any) -> datetime | None:
        """Count an attempt. Returns until when attempts are refused, where this one is refused already."""
        now = timezone.now()
        with transaction.atomic():
            row, _new = LoginLock.objects.select_for_update().get_or_create(
                scope=self.scope, key=self.key, defaults={"last_at": now, **who}
            )
            if row.until and row.until > now:
                return row.until
            if now - row.last_at > rules.FORGOTTEN_AFTER:
                row.failures = 0
            row.failures += 1
            row.last_at = now
            pause = rules.wait(row.failures, self.free)
            row.until = now + pause if pause else None
            row.save()
        return None

    def forget(self) -> None:
        LoginLock.objects.filter(scope=self.scope, key=self.key).delete()


def _refusal(until: datetime) -> ValidationError:
    minutes = rules.minutes_left(until, timezone.now())
    text = ngettext(
        "Too many failed attempts. Please try again in %(minutes)d minute, or turn to the system administrator.",
        "Too many failed attempts. Please try again in %(minutes)d minutes, or turn to the system administrator.",
        minutes,
    )
    text %= {"minutes": minutes}
    return ValidationError(text, code="locked")


@contextmanager
def password_attempt(request: Any, username: str) -> Iterator[None]:
    """An attempt to log in with a password. Raises ValidationError when it must wait; the same for a name that
    nobody has. A ValidationError from the enclosed check is a failure, and goes on to the caller."""
    user = User.objects.filter(username=username).first()
    device = device_key(request)
    known = is_known_device(username, device)
    name = rules.login_name(username)
    if known and device is not None:
        counter = _Counter(LockScope.DEVICE, f"{name} {device.hex()}", settings.LOGIN_FAILURES)
    else:
        counter = _Counter(LockScope.ACCOUNT, name, settings.LOGIN_FAILURES)
    address = address_of(request)
    place = _Counter(LockScope.ADDRESS, address, settings.ADDRESS_FAILURES) if address else None
    until = place.locked_until() if place and not known else None
    until = until or counter.count(user=user, address=address)
    if until:
        raise _refusal(until)
    try:
        yield
    except ValidationError as error:
        if error.code in CLOSED:
            record(EventKind.REFUSED, user, request, detail=str(error.code))
        else:
            record(EventKind.FAILURE, user, request)
        _tell_of_lock(counter, user, request)
        if place:
            place.count(address=address)
            _tell_of_lock(place, None, request)
        raise
    counter.forget()


@contextmanager
def proof_attempt(request: Any, user: User, kind: EventKind = EventKind.FACTOR_FAILURE) -> Iterator[None]:
    """An attempt to prove who one is after the name is known. Errors as ``password_attempt``."""
    counter = _Counter(LockScope.PROOF, str(user.pk), settings.LOGIN_FAILURES)
    if until := counter.count(user=user, address=address_of(request)):
        raise _refusal(until)
    try:
        yield
    except ValidationError:
        record(kind, user, request)
        _tell_of_lock(counter, user, request)
        raise
    counter.forget()


def _tell_of_lock(counter: _Counter, user: Any, request: Any) -> None:
    if counter.locked_until():
        record(EventKind.LOCKED, user, request, detail=counter.scope.value)
