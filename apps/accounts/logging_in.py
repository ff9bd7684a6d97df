"""From the right password to an open session: the second factor between, the notices after."""

import time
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.audit.context import acting
from apps.departments.models import User

from . import passwords
from .clients import address_of, mark_device
from .events import FAILURES, is_known_device, record
from .models import LoginEvent
from .terms import EventKind

WAITING_SECONDS: Final = 5 * 60
"""A right password opens the page of the second factor for so long."""
PROOF_SECONDS: Final = 10 * 60
"""For so long after the last proof a person may change factors without giving the password again."""
ADDRESS_REMEMBERED: Final = timedelta(days=90)

_WAITING: Final = "waiting_login"
_FACTOR: Final = "second_factor"
_PASSWORD_DUE: Final = "password_due"
_PROVED_AT: Final = "proved_at"


def wait_for_factor(request: Any, user: User, next_page: str) -> None:
    """The password was right; who it is stays in the session until the second factor is."""
    request.session.cycle_key()
    request.session[_WAITING] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "at": time.time(),
        "next": next_page,
    }


def waiting(request: HttpRequest) -> tuple[User, str] | None:
    """Who gave the right password a moment ago, and where to go on; None when nobody did, or the time is over."""
    found = request.session.get(_WAITING)
    if not found or time.time() - found["at"] > WAITING_SECONDS:
        return None
    user = User.objects.filter(pk=found["user"], is_active=True).first()
    if user is None or not constant_time_compare(found["password"], user.get_session_auth_hash()):
        return None
    return user, found["next"]


def finish(request: HttpRequest, user: User, factor: str) -> None:
    """Open the session; ``factor`` proved the person besides the password ("" where none is asked for)."""
    before = user.login_events.filter(kind=EventKind.LOGIN).first()
    request.session.pop(_WAITING, None)
    login(request, user)
    request.session[_PROVED_AT] = time.time()
    request.session[_PASSWORD_DUE] = passwords.why_due(user)
    factor_proved(request, factor)
    with acting(user_id=user.pk):
        unusual = before is not None and not _is_usual(request, user)
        mark_device(request)
        record(EventKind.LOGIN, user, request, detail=factor, tell=unusual)
    if before is not None:
        _tell_last_login(request, user, before)


def factor_proved(request: Any, factor: str) -> None:
    """The person of this session has shown a second factor."""
    request.session[_FACTOR] = factor


def has_shown_factor(request: Any) -> bool:
    """Whether the session was opened with all that is asked for."""
    return bool(request.session.get(_FACTOR)) or not settings.SECOND_FACTOR_REQUIRED


def password_due(request: Any) -> str:
    """Why a new password must be chosen before anything else: "initial", "old" or ""."""
    due: str = request.session.get(_PASSWORD_DUE, "")
    return due


def password_is_new(request: Any) -> None:
    """A new password was chosen."""
    request.session[_PASSWORD_DUE] = ""
    prove(request)


def prove(request: Any) -> None:
    """The person has just given the password again."""
    request.session[_PROVED_AT] = time.time()


def has_proved(request: Any) -> bool:
    """Whether the person gave the password within the last ten minutes."""
    proved_at: float = request.session.get(_PROVED_AT, 0)
    return time.time() - proved_at < PROOF_SECONDS


def _is_usual(request: Any, user: User) -> bool:
    """Whether the person has logged in from this device, and lately from this address."""
    address = address_of(request)
    lately = user.login_events.filter(kind=EventKind.LOGIN, at__gt=timezone.now() - ADDRESS_REMEMBERED)
    known_place = address is None or lately.filter(address=address).exists()
    return known_place and is_known_device(user.username, mark_device(request))


def _tell_last_login(request: HttpRequest, user: User, before: LoginEvent) -> None:
    words = {
        "at": date_format(timezone.localtime(before.at), "DATETIME_FORMAT"),
        "address": before.address or "–",
        "device": before.device,
    }
    messages.info(request, _("Last login: %(at)s from %(address)s, %(device)s.") % words)
    failures = user.login_events.filter(kind__in=FAILURES, at__gt=before.at).count()
    if failures:
        text = ngettext(
            "%(number)d failed attempt since then. If it was not you, tell the system administrator.",
            "%(number)d failed attempts since then. If it was not you, tell the system administrator.",
            failures,
        )
        messages.warning(request, text % {"number": failures})
