"""The policy of logins as pure functions: how long a lock lasts, when a password is due, how a device is called."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Failures are counted anew after a day without one."""
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=1)
CLASSES_WANTED: Final = 3


def wait(failures: int, free: int) -> timedelta:
    """How long to wait after so many failures in a row: nothing before the ``free``-th, then doubling to an hour."""
    if failures < free:
        return timedelta(0)
    # Beyond ten doublings the longest wait is reached in any case.
    return min(FIRST_WAIT * 2 ** min(failures - free, 10), LONGEST_WAIT)


def minutes_left(until: datetime, now: datetime) -> int:
    """Whole minutes until then, rounded up, at least one."""
    return max(1, -int((now - until).total_seconds() // 60))


def login_name(text: str) -> str:
    """A typed user name in the one form under which failures are counted."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def character_classes(password: str) -> int:
    """How many of capital letters, small letters, digits and other characters a password has."""
    kinds = {
        "upper" if each.isupper() else "lower" if each.islower() else "digit" if each.isdigit() else "other"
        for each in password
    }
    return len(kinds)


def password_due(*, initial: bool, set_at: datetime, now: datetime, days: int) -> str:
    """Why a password must be changed now: "initial" (somebody else chose it), "old" (``days`` have passed) or ""."""
    if initial:
        return "initial"
    return "old" if now - set_at > timedelta(days=days) else ""


_BROWSERS: Final = (
    ("MicroMessenger/", "WeChat"),
    ("Edg/", "Edge"),
    ("QQBrowser/", "QQ Browser"),
    ("Firefox/", "Firefox"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_name(agent: str) -> str | Promise:
    """A browser's own description of itself in two words, "Firefox · Windows"; a fixed text for an unknown one."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return " · ".join(filter(None, (browser, system))) or _("unknown device")


def clean_code(text: str) -> str:
    """A typed code without the spaces and dashes that make it readable, in small letters."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).lower()
