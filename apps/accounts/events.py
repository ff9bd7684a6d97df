"""Writes the log of logins, and tells a person what happened to the own account."""

from typing import Any, Final

from apps.audit.context import current

from .clients import address_of, agent_of, device_key
from .models import LoginEvent, Notice
from .terms import EventKind

TOLD: Final = frozenset(
    {
        EventKind.PASSWORD_CHANGED,
        EventKind.PASSWORD_ISSUED,
        EventKind.FACTOR_ADDED,
        EventKind.FACTOR_REMOVED,
        EventKind.FACTORS_RESET,
        EventKind.CODES_MADE,
        EventKind.CODE_USED,
    }
)
"""Events of which the person is told always; of a login only when it is an unusual one."""
FAILURES: Final = (EventKind.FAILURE, EventKind.FACTOR_FAILURE)


def record(
    kind: EventKind,
    user: Any,
    request: Any = None,
    *,
    by: Any = None,
    detail: str = "",
    reason: str = "",
    tell: bool = False,
) -> LoginEvent:
    """Write a line of the log; ``by``: who did it, where that is not ``user``.

    With ``tell``, or where TOLD names the kind, the person finds a notice on the desk and gets a mail.
    """
    context = current()
    event = LoginEvent.objects.create(
        kind=kind,
        user=user,
        by=by,
        address=address_of(request) if request else None,
        agent=agent_of(request) if request else "",
        device_key=device_key(request) if request else None,
        detail=detail,
        reason=reason,
        channel=context.channel,
        request_id=context.request_id,
    )
    if user is not None and (tell or kind in TOLD):
        Notice.objects.create(event=event, user=user)
        if user.email:
            from .tasks import send_notice

            send_notice.defer(event_id=event.pk)
    return event


def is_known_device(username: str, key: bytes | None) -> bool:
    """Whether somebody of this user name has logged in from the device before."""
    if key is None:
        return False
    return LoginEvent.objects.filter(kind=EventKind.LOGIN, user__username=username, device_key=key).exists()
