"""Who acts, why, and through which door: the context that the database writes into every history row.

The context lives in a context variable; the database backend writes it into each transaction as
transaction-local settings (``app.user_id``, ``app.reason``, ``app.channel``, ``app.request_id``), where the
history triggers read it. A psql session has none: its rows say door ``sql`` and the database user.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _
from psycopg.pq import TransactionStatus

CHANNELS = {
    "admin": _("admin page"),
    "file": _("file"),
    "command": _("command"),
    "api": _("API"),
    "system": _("system"),
    "sql": _("database session"),
}


@dataclass(frozen=True)
class Context:
    """``user_id``: the acting user, None for the system itself; ``channel``: a key of CHANNELS."""

    user_id: int | None = None
    reason: str = ""
    channel: str = "system"
    request_id: str = ""


_current: ContextVar[Context | None] = ContextVar("audit_context", default=None)


def current() -> Context:
    """The context of the work under way."""
    return _current.get() or Context()


def write(wrapper: Any) -> None:
    """Write the current context into the open transaction of a database wrapper."""
    context = current()
    # Straight through psycopg: bookkeeping of every transaction is no query of the page.
    wrapper.connection.execute(
        "SELECT set_config('app.user_id', %s, true), set_config('app.reason', %s, true),"
        " set_config('app.channel', %s, true), set_config('app.request_id', %s, true)",
        [str(context.user_id or ""), context.reason, context.channel, context.request_id],
    )


@contextmanager
def acting(**changes: Any) -> Iterator[Context]:
    """Do the enclosed work in a changed context: ``with acting(user_id=7, reason="typing error"): ...``.

    Takes the fields of Context; those not named stay as they are.
    """
    token = _current.set(replace(current(), **changes))
    try:
        if connection.in_atomic_block:
            write(connection)
        yield current()
    finally:
        _current.reset(token)
        # After a database error the transaction takes no more statements; its rollback forgets the settings anyway.
        if connection.in_atomic_block and connection.connection.info.transaction_status == TransactionStatus.INTRANS:
            write(connection)
