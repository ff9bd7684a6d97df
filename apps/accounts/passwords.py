"""Passwords: what they must be made of, that none comes back, and when one is due.

The numbers are settings, because no rule sets them (GB/T 22239 asks for complexity and regular change and names no
number), and because who keeps the accounts must not be the one who can lower the bar for all from a page.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.context import current

from . import rules
from .chance import readable_secret
from .models import PasswordUse


class CharacterClassesValidator:
    """Three of four: capital letters, small letters, digits, other characters."""

    def validate(self, password: str, user: Any = None) -> None:
        if rules.character_classes(password) < rules.CLASSES_WANTED:
            raise ValidationError(self.get_help_text(), code="password_too_uniform")

    def get_help_text(self) -> str:
        return _(
            "Your password must contain at least three of: capital letters, small letters, digits, other characters."
        )


class NotUsedBeforeValidator:
    """None of the passwords an account had last. Keeps each new one's hash for that, and whose choice it was."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is None or user.pk is None:
            return
        for used in user.passwords_used.all()[: settings.PASSWORDS_REMEMBERED]:
            if check_password(password, used.password):
                raise ValidationError(self.get_help_text(), code="password_used_before")

    def password_changed(self, password: str, user: Any = None) -> None:
        PasswordUse.objects.create(user=user, password=user.password, initial=current().user_id != user.pk)
        older = user.passwords_used.all()[settings.PASSWORDS_REMEMBERED :].values("pk")
        user.passwords_used.filter(pk__in=older).delete()

    def get_help_text(self) -> str:
        number = settings.PASSWORDS_REMEMBERED
        return ngettext(
            "Your password can’t be the last one you used.",
            "Your password can’t be one of the last %(number)d you used.",
            number,
        ) % {"number": number}


def one_time_password() -> str:
    """A random password (77 bits) that is easily read out and typed, for one login."""
    return readable_secret(groups=4, length=4)


def why_due(user: Any) -> str:
    """Why this person must choose a new password now: "initial", "old", or "" when nothing is due."""
    if user.is_demo:
        return ""
    last = user.passwords_used.first()
    if last is None:
        return "old"
    return rules.password_due(initial=last.initial, set_at=last.set_at, now=timezone.now(), days=settings.PASSWORD_DAYS)


def has_lapsed(user: Any) -> bool:
    """Whether the password is a one-time password that was not used in time."""
    last = user.passwords_used.first()
    if user.is_demo or last is None or not last.initial:
        return False
    return bool(rules.password_due(initial=False, set_at=last.set_at, now=timezone.now(), days=settings.ONE_TIME_DAYS))
