"""Webhooks without the database: which addresses are possible, how a message is signed, when it is tried again."""

import datetime
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from standardwebhooks import Webhook

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

RETRIES: Final = 8
WAIT_BASE: Final = 4
"""A message that failed is tried again after 4, 16, 64 seconds and so on: eight times in 24 hours and 16 minutes."""

OLD_SECRET_HOURS: Final = 24
"""So long after a new secret was made messages are signed by the old one too."""


def is_possible_address(address: str, *, plain_on_loopback: bool) -> bool:
    """Whether messages may be sent there: https, a host, neither user nor fragment, no character that would have to be
    encoded. ``plain_on_loopback``: http to this very machine as well."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    if not address.isascii() or any(character.isspace() or not character.isprintable() for character in address):
        return False
    return parts.scheme == "https" or (plain_on_loopback and parts.scheme == "http" and host in LOOPBACK)


def wait_after(attempts: int) -> datetime.timedelta | None:
    """How long after so many failed attempts the next one is made; None when there is none."""
    return datetime.timedelta(seconds=WAIT_BASE**attempts) if attempts <= RETRIES else None


def message(event: str, created_at: datetime.datetime, payload: Mapping[str, Any]) -> str:
    """The body of a message, the same text at each attempt."""
    content = {"type": event, "timestamp": created_at.isoformat(), "data": payload}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def headers(identifier: str, at: datetime.datetime, body: str, secrets: Iterable[str]) -> dict[str, str]:
    """The headers by which a receiver knows whom a message is from (Standard Webhooks 1.0.0), one signature per secret.

    ``at``: the moment of this attempt.
    """
    moment = at.astimezone(datetime.UTC)
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Credit-City",
        "webhook-id": identifier,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(identifier, moment, body) for secret in secrets),
    }
