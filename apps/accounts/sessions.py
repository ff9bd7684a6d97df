"""The session engine (``SESSION_ENGINE``): Django's own in the database, with owner, device and two ends.

A session ends ``SESSION_IDLE_SECONDS`` after the last request of a person, and in any case
``SESSION_LONGEST_SECONDS`` after the login.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from .clients import address_of, agent_of

_BEGUN: Final = "begun"
_ADDRESS: Final = "address"
_AGENT: Final = "agent"
_TOUCHED_EVERY: Final = timedelta(minutes=1)


class SessionStore(DatabaseStore):
    """A session that knows whose it is, from where, and when it began."""

    seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> Any:
        from .models import Session

        return Session

    def begin(self, request: Any) -> None:
        """A person has logged in here."""
        self[_BEGUN] = timezone.now().isoformat()
        self[_ADDRESS], self[_AGENT] = address_of(request), agent_of(request)

    def load(self) -> dict[str, Any]:
        row = self._get_session_from_db()  # type: ignore[attr-defined]
        if row is None:
            return {}
        self.seen_at = row.seen_at
        return self.decode(row.session_data)

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """The end of the session unless it is used again: idle time from now, never past the longest time."""
        idle = super().get_expiry_date(**kwargs)
        begun = self.get(_BEGUN)
        if begun is None:
            return idle
        return min(idle, datetime.fromisoformat(begun) + timedelta(seconds=settings.SESSION_LONGEST_SECONDS))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        row.address, row.agent = data.get(_ADDRESS), data.get(_AGENT, "")
        if _BEGUN in data:
            row.begun_at = datetime.fromisoformat(data[_BEGUN])
        return row

    def touch(self) -> None:
        """A person is at work: put off the idle end. Written once a minute at most."""
        now = timezone.now()
        if self.seen_at is None or now - self.seen_at > _TOUCHED_EVERY:
            self.seen_at = now
            sessions: Any = self.model.objects
            sessions.filter(pk=self.session_key).update(seen_at=now, expire_date=self.get_expiry_date())


def handle(session_key: str) -> str:
    """The name of a session for pages: the key itself would let whoever reads it in."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]


def live(user: Any) -> Any:
    """The sessions of a person that have not ended, the latest seen first."""
    return user.sessions.filter(expire_date__gt=timezone.now()).order_by("-seen_at")


def end(user: Any, *, keep: str | None = None, only: str | None = None) -> int:
    """End a person's sessions: all, all but the one of the key ``keep``, or the one of the handle ``only``.

    Returns how many there were.
    """
    keys = [row.pk for row in live(user) if row.pk != keep and (only is None or handle(row.pk) == only)]
    user.sessions.filter(pk__in=keys).delete()
    return len(keys)
