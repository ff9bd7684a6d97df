"""What the system administrator does to the logins of others, each time with a reason that goes on record."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.departments.models import RoleGroup, User
from apps.departments.terms import ADMINISTRATORS

from . import passwords, sessions
from .events import record
from .models import LoginLock
from .terms import EventKind


def may_reset(user: Any, target: User) -> bool:
    """Whether ``user`` may give ``target`` a new password or propose to take away the second factors: never of oneself,
    and not of another administrator, for that would be wearing two hats."""
    return (
        user.has_perm("departments.change_user")
        and user.pk != target.pk
        and not target.is_superuser
        and not RoleGroup.objects.filter(group__user=target, role__in=ADMINISTRATORS).exists()
    )


def issue_password(*, user: Any, target: User, reason: str) -> str:
    """Give a person a one-time password, which has to be changed at the next login, and end the person's sessions.

    ``user``: the system administrator; None for a command at the machine itself, which may do it to everybody.
    Returns the password: it is told this once. Raises PermissionDenied and ValidationError (no reason).
    """
    with _resetting(user, target, reason) as locked:
        password = passwords.one_time_password()
        locked.set_password(password)
        locked.save(update_fields=["password"])
        LoginLock.objects.filter(user=locked).delete()
        record(EventKind.PASSWORD_ISSUED, locked, by=user, reason=reason)
    return password


def check_reset(change: Any) -> None:
    """Whether the second factors that a two-person change names can be reset. Raises ValidationError."""
    if not change.person.factors.exists():
        raise ValidationError(_("%(person)s has no second factor.") % {"person": change.person})


def do_reset(change: Any) -> None:
    """Reset them: two persons have agreed."""
    reset_factors(
        target=change.person, reason=change.reason, by=change.proposed_by, second=change.decided_by.get_username()
    )


def reset_factors(*, target: User, reason: str, by: Any = None, second: str = "") -> None:
    """Take away a person's second factors and recovery codes, and end the sessions: at the next login the person sets
    up new ones.

    The database lets nobody do that but the person, two administrators, and the owner's login. ``by`` proposed it,
    ``second`` is the user name of the one who confirmed.
    """
    with transaction.atomic():
        target.factors.all().delete()
        target.recovery_codes.all().delete()
        sessions.end(target)
        LoginLock.objects.filter(user=target).delete()
        record(EventKind.FACTORS_RESET, target, by=by, reason=reason, detail=second)


def end_sessions(*, user: Any, target: User, reason: str) -> int:
    """End all sessions of a person; returns how many there were. Raises PermissionDenied, ValidationError."""
    if not user.has_perm("departments.change_user"):
        raise PermissionDenied
    with _because(user, reason):
        number = sessions.end(target)
        record(EventKind.SESSION_ENDED, target, by=user, reason=reason, detail=str(number))
    return number


def unlock(*, user: Any, lock: LoginLock, reason: str) -> None:
    """Let somebody try again at once. Raises PermissionDenied, ValidationError."""
    if not user.has_perm("accounts.change_loginlock"):
        raise PermissionDenied
    with _because(user, reason):
        record(EventKind.UNLOCKED, lock.user, by=user, reason=reason, detail=lock.scope)
        lock.delete()


@contextmanager
def _resetting(user: Any, target: User, reason: str) -> Iterator[User]:
    with _because(user, reason):
        locked = User.objects.select_for_update().get(pk=target.pk)
        if user is not None and not may_reset(user, locked):
            raise PermissionDenied(_("You have no right to do this to %(person)s.") % {"person": locked})
        yield locked


@contextmanager
def _because(user: Any, reason: str) -> Iterator[None]:
    if not reason.strip():
        raise ValidationError({"reason": _("Please give a reason.")})
    with transaction.atomic(), acting(user_id=user.pk if user else None, reason=reason.strip()):
        yield
