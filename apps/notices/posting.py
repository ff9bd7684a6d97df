"""One HTTP request to a receiver, and what came of it in a word."""

import socket
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from . import rules

TIMEOUT: Final = urllib3.Timeout(connect=5, read=10)
PLACES: Final = 4
"""So many of the addresses that a name stands for are tried."""


class Failure(models.TextChoices):
    """Why a message did not arrive."""

    STATUS = "status", _("refused by the receiver")
    REDIRECT = "redirect", _("redirected elsewhere")
    TIMEOUT = "timeout", _("no answer in time")
    CERTIFICATE = "certificate", _("certificate not trusted")
    UNREACHABLE = "unreachable", _("not reachable")
    FORBIDDEN = "forbidden", _("leads to this very machine")
    INACTIVE = "inactive", _("webhook switched off")


class Outcome(NamedTuple):
    """``status``: the HTTP status, None without an answer; ``failure`` "" when the message arrived."""

    status: int | None
    failure: str


def post(address: str, body: str, headers: dict[str, str]) -> Outcome:
    """Send a message once. No redirect is followed and nothing of the answer but its status is read.

    The name is looked up once, and what was looked at is what is connected to: a name that leads elsewhere a moment
    later leads nowhere. Nothing is sent to this very machine (``rules.is_elsewhere``) outside of demo mode.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or {"https": 443, "http": 80}[parts.scheme]
    try:
        found = dict.fromkeys(str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return Outcome(None, Failure.UNREACHABLE)
    places = [each for each in found if settings.WEBHOOKS_TO_THIS_MACHINE or rules.is_elsewhere(each)]
    outcome = Outcome(None, Failure.FORBIDDEN)
    for place in places[:PLACES]:
        if parts.scheme == "https":
            pool: urllib3.HTTPConnectionPool = urllib3.HTTPSConnectionPool(
                place, port, timeout=TIMEOUT, retries=False, server_hostname=host, assert_hostname=host
            )
        else:
            pool = urllib3.HTTPConnectionPool(place, port, timeout=TIMEOUT, retries=False)
        with pool:
            outcome = _post(pool, address, body, {"Host": parts.netloc, **headers})
        if outcome.failure != Failure.UNREACHABLE:
            break
    return outcome


def _post(pool: urllib3.HTTPConnectionPool, address: str, body: str, headers: dict[str, str]) -> Outcome:
    try:
        target = urllib3.util.parse_url(address).request_uri
        answer = pool.request(
            "POST", target, body=body.encode(), headers=headers, redirect=False, preload_content=False
        )
    except urllib3.exceptions.SSLError:
        return Outcome(None, Failure.CERTIFICATE)
    except urllib3.exceptions.HTTPError as error:
        # What refuses the connection is a timeout to urllib3.
        late = isinstance(error, urllib3.exceptions.TimeoutError)
        refused = isinstance(error, urllib3.exceptions.NewConnectionError)
        return Outcome(None, Failure.TIMEOUT if late and not refused else Failure.UNREACHABLE)
    answer.close()
    if 200 <= answer.status < 300:
        return Outcome(answer.status, "")
    return Outcome(answer.status, Failure.REDIRECT if 300 <= answer.status < 400 else Failure.STATUS)
