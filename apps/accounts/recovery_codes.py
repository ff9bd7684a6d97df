"""Recovery codes: each replaces the second factor once, for the day on which the phone is lost."""

from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from apps.core.crypto import fingerprint, fingerprints

from .chance import readable_secret
from .models import RecoveryCode
from .rules import clean_code

NUMBER: Final = 10
FEW: Final = 3
_KIND: Final = "recovery code"


def make(user: Any) -> list[str]:
    """Ten new codes (49 bits each); older ones are worth nothing from now on. This is the only time they are told."""
    codes = [readable_secret(groups=2, length=5) for _code in range(NUMBER)]
    with transaction.atomic():
        user.recovery_codes.all().delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(user=user, code=fingerprint(_KIND, _value(user, code))) for code in codes
        )
    return codes


def left(user: Any) -> int:
    """How many codes are unused."""
    return user.recovery_codes.filter(used_at=None).count()


def use(user: Any, text: str) -> bool:
    """Whether ``text`` is an unused code of this person; it is used up by this."""
    keys = fingerprints(_KIND, _value(user, text))
    used: int = user.recovery_codes.filter(code__in=keys, used_at=None).update(used_at=timezone.now())
    return used > 0


def _value(user: Any, code: str) -> str:
    return f"{user.pk} {clean_code(code)}"
