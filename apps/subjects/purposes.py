"""Why somebody reads a person's data.

Opening a person asks for it once: the answer holds for this person, in this session, on this day. Where the work
itself is the purpose (entering or reviewing a record of the own department) the page says so and nobody is asked.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from apps.audit import access as log

SESSION_KEY: Final = "purposes"
REMEMBERED: Final = 50
"""So many persons are remembered in a session, those asked for last."""


class PurposeMissing(Exception):
    """The page shows a person, and this reader has not said why; the middleware leads to the page that asks."""

    def __init__(self, subject_id: int) -> None:
        super().__init__("the purpose of reading this person's data is not known")
        self.subject_id = subject_id


def remember(request: HttpRequest, subject_id: int, purpose: str, matter: str = "") -> None:
    """The reader has said why this person's data is read."""
    known = {key: value for key, value in _today(request).items() if key != str(subject_id)}
    known[str(subject_id)] = [purpose, matter]
    kept = dict(list(known.items())[-REMEMBERED:])
    request.session[SESSION_KEY] = {"day": timezone.localdate().isoformat(), "of": kept}


def _today(request: HttpRequest) -> dict[str, Any]:
    kept = request.session.get(SESSION_KEY, {})
    return kept["of"] if kept.get("day") == timezone.localdate().isoformat() else {}


def require(request: HttpRequest, subject_id: int) -> None:
    """Put the purpose given for this person into the access log. Raises PurposeMissing when none was given today."""
    given = _today(request).get(str(subject_id))
    if given is None:
        raise PurposeMissing(subject_id)
    log.for_purpose(request, *given)


def asking_page(subject_id: int, after: str) -> str:
    """Address of the page that asks why, and then leads to ``after``."""
    return f"{reverse('admin:subjects_person_purpose', args=[subject_id])}?{urlencode({'next': after})}"
