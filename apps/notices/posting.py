"""One HTTP request to a receiver, and what came of it in a word."""

from typing import Final, NamedTuple

import urllib3
from django.db import models
from django.utils.translation import gettext_lazy as _

TIMEOUT: Final = urllib3.Timeout(connect=5, read=10)


class Failure(models.TextChoices):
    """Why a message did not arrive."""

    STATUS = "status", _("refused by the receiver")
    REDIRECT = "redirect", _("redirected elsewhere")
    TIMEOUT = "timeout", _("no answer in time")
    CERTIFICATE = "certificate", _("certificate not trusted")
    UNREACHABLE = "unreachable", _("not reachable")
    INACTIVE = "inactive", _("webhook switched off")


class Outcome(NamedTuple):
    """``status``: the HTTP status, None without an answer; ``failure`` "" when the message arrived."""

    status: int | None
    failure: str


def post(address: str, body: str, headers: dict[str, str]) -> Outcome:
    """Send a message once. No redirect is followed and nothing of the answer but its status is read."""
    with urllib3.PoolManager(timeout=TIMEOUT, retries=False) as pool:
        try:
            answer = pool.request(
                "POST", address, body=body.encode(), headers=headers, redirect=False, preload_content=False
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
