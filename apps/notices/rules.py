"""Webhooks without the database: which addresses are possible, how a message is signed, when it is tried again."""

import datetime
import ipaddress
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


def is_possible_address(address: str, *, this_machine: bool) -> bool:
    """Whether messages may be sent there: https, a host, neither user nor fragment, no character that would have to be
    encoded, not this very machine by number. ``this_machine``: that too, and plain http to it as well."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    if not address.isascii() or any(character.isspace() or not character.isprintable() for character in address):
        return False
    if this_machine and parts.scheme == "http":
        return host in LOOPBACK
    return parts.scheme == "https" and (this_machine or not _is_number(host) or is_elsewhere(host))


def is_elsewhere(ip: str) -> bool:
    """Whether an IP address is that of another machine: not loopback, not of the link (cloud hosts tell secrets at
    169.254.169.254), none of many, and none of these in the clothes of IPv6. Inside the city's network it may be."""
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or (address in _TRANSLATED and _last_four(address))
        if hidden:
            return is_elsewhere(str(hidden))
    return not (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or address in _THIS_NETWORK
        or str(address) == "255.255.255.255"
    )


_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
_THIS_NETWORK: Final = ipaddress.ip_network("0.0.0.0/8")


def _last_four(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


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
