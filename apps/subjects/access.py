"""Which rows are about natural persons, and who may open the page of one.

A person is never listed. The page opens to a user who has just found the person by the exact document number, in the
same session, and to one who may see a record about the person. What a record is, this app does not know: whoever
keeps rows about subjects registers a hook in ``AppConfig.ready``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db.models import Q
from django.http import HttpRequest

from apps.audit.access import Logged
from apps.core.terms import SubjectKind

SESSION_KEY: Final = "found_persons"
REMEMBERED: Final = 20
"""So many persons found last are remembered in a session."""

person_visible_hooks: list[Callable[[Any, int], bool]] = []
"""``hook(user, subject_id)``: whether the user may see a row about this person."""


def person_rows(*subjects: str) -> tuple[Logged, ...]:
    """Rows about natural persons leave an entry in the access log: ``access_log = person_rows("subject")``.

    ``subjects`` are the foreign keys to Subject, "" the subject itself. Individual businesses are not among them: what
    is on record of them is the public register data of a business.
    """
    return tuple(
        Logged(Q(**{f"{path}__kind".removeprefix("__"): SubjectKind.NATURAL_PERSON}), path or "pk") for path in subjects
    )


def remember_found(request: HttpRequest, subject_id: int) -> None:
    """The user has found this person by the exact number."""
    found = [known for known in request.session.get(SESSION_KEY, []) if known != subject_id]
    request.session[SESSION_KEY] = [*found, subject_id][-REMEMBERED:]


def may_open_person(request: HttpRequest, subject_id: int) -> bool:
    """Whether this user may open the person's page. Faces answer 404 otherwise."""
    if subject_id in request.session.get(SESSION_KEY, []):
        return True
    return any(hook(request.user, subject_id) for hook in person_visible_hooks)
