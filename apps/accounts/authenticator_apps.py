"""Codes of authenticator apps (TOTP, RFC 6238): six digits, a new one every thirty seconds."""

import base64
import os
import time
from typing import Any, Final, NamedTuple

import segno
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core import crypto

from .models import Factor
from .rules import clean_code
from .terms import FactorKind

STEP_SECONDS: Final = 30
DIGITS: Final = 6
# A clock may be one step early or late.
_STEPS_OFF: Final = (0, -1, 1)


class SealedSecret(NamedTuple):
    """The key that app and server share, encrypted, and its wrapped data key."""

    sealed: bytes
    wrapped_key: bytes


def new_secret(user: Any) -> SealedSecret:
    """A fresh secret of 160 bits for this person."""
    data_key, wrapped = crypto.new_data_key()
    text = base64.b32encode(os.urandom(20)).decode()
    return SealedSecret(crypto.encrypt(data_key, text, _place(user)), wrapped)


def secret_text(user: Any, secret: SealedSecret) -> str:
    """The secret as apps take it typed: base32, in groups of four. Raises crypto.CryptoError."""
    text = _open(user, secret)
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def picture(user: Any, secret: SealedSecret) -> str:
    """The secret as a QR picture: the address of an SVG (``data:``)."""
    address = TOTP(_key(user, secret), DIGITS, SHA1(), STEP_SECONDS).get_provisioning_uri(
        user.username, _("Credit City")
    )
    made: str = segno.make(address, error="m").svg_data_uri(scale=5, light="#fff")
    return made


def matching_step(user: Any, secret: SealedSecret, code: str, *, after: int) -> int | None:
    """The time step of which ``code`` is the code, among the present one and its neighbours and later than
    ``after``; None when there is none."""
    given = clean_code(code).encode()
    now = int(time.time()) // STEP_SECONDS
    hotp = HOTP(_key(user, secret), DIGITS, SHA1())
    for step in (now + off for off in _STEPS_OFF):
        if step > after and bytes_eq(hotp.generate(step), given):
            return step
    return None


def add(user: Any, secret: SealedSecret, code: str, name: str) -> Factor | None:
    """Make the app a factor of the person when its code is right, else None."""
    step = matching_step(user, secret, code, after=0)
    if step is None:
        return None
    return Factor.objects.create(
        user=user,
        kind=FactorKind.APP,
        name=name,
        secret=secret.sealed,
        wrapped_key=secret.wrapped_key,
        counter=step,
    )


def check(user: Any, code: str) -> bool:
    """Whether ``code`` is one that an app of this person shows now and that nobody has used."""
    with transaction.atomic():
        for factor in user.factors.select_for_update().filter(kind=FactorKind.APP):
            secret = SealedSecret(bytes(factor.secret), bytes(factor.wrapped_key))
            step = matching_step(user, secret, code, after=factor.counter)
            if step is not None:
                factor.counter, factor.used_at = step, timezone.now()
                factor.save(update_fields=["counter", "used_at"])
                return True
    return False


def _place(user: Any) -> bytes:
    return f"accounts.factor {user.pk}".encode()


def _open(user: Any, secret: SealedSecret) -> str:
    return crypto.decrypt(crypto.unwrap(secret.wrapped_key), secret.sealed, _place(user))


def _key(user: Any, secret: SealedSecret) -> bytes:
    return base64.b32decode(_open(user, secret))
