"""What a request tells of the machine it came from: address, browser, and whether the device was here before."""

import ipaddress
import secrets
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.core.crypto import fingerprint

_COOKIE: Final = "device"
_COOKIE_SECONDS: Final = 400 * 24 * 3600
"""Browsers keep no cookie longer."""


def address_of(request: HttpRequest) -> str | None:
    """The address of the person's machine, None where it is not known.

    Behind a proxy it is what the proxy itself wrote: the last entry of the header, whatever stands before it.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        text = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return None


def agent_of(request: HttpRequest) -> str:
    """The browser's description of itself, 300 characters of it."""
    return request.META.get("HTTP_USER_AGENT", "")[:300].replace("\x00", "")


def device_key(request: HttpRequest) -> bytes | None:
    """The fingerprint of the mark that an earlier login left in this browser, None for a browser without one."""
    mark = request.COOKIES.get(_COOKIE, "")
    return fingerprint("login device", mark) if len(mark) >= 32 else None


def mark_device(request: HttpRequest) -> bytes:
    """The key of this device; one without a mark gets one with the next ``keep_mark``."""
    key = device_key(request)
    if key is None:
        request.COOKIES[_COOKIE] = secrets.token_urlsafe(32)
        key = device_key(request)
    assert key is not None
    return key


def keep_mark(request: HttpRequest, response: HttpResponse) -> Any:
    """Leave the device's mark in the browser, for the next login; returns the response."""
    response.set_cookie(
        _COOKIE,
        request.COOKIES[_COOKIE],
        max_age=_COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
