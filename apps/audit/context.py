"""Who acts, why, through which door, and which rows are open to this work.

The context lives in a context variable; the database backend writes it into each transaction as transaction-local
settings. History triggers read ``app.user_id``, ``app.reason``, ``app.channel`` and ``app.request_id`` there (a psql
session has none: its rows say door ``sql`` and the database user), row security reads ``app.departments``,
``app.writable`` and ``app.clearance`` (apps/audit/row_security.py). Nothing is open by default: work that forgets to
say for whom it is done finds no rows.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
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
PUBLIC = "public"
INTERNAL = "internal"


@dataclass(frozen=True)
class Context:
    """Who, why, how, and what is open.

    ``user_id``: the acting user, None for the system itself; ``channel``: a key of CHANNELS.
    ``readable``, ``writable``: ids of the departments whose rows may be read, and changed.
    ``clearance``: INTERNAL opens what belongs to no department and is not public (data of persons), PUBLIC what
    everybody may read and nothing else, "" neither.
    ``everywhere``: all departments at once, see ``every_department``.
    """

    user_id: int | None = None
    reason: str = ""
    channel: str = "system"
    request_id: str = ""
    readable: frozenset[int] = frozenset()
    writable: frozenset[int] = frozenset()
    clearance: str = ""
    everywhere: bool = False


_current: ContextVar[Context | None] = ContextVar("audit_context", default=None)


def current() -> Context:
    """The context of the work under way."""
    return _current.get() or Context()


def _role(context: Context, roles: dict[str, str]) -> str:
    """The database role of the work: the login itself, unless the context is wider or narrower than a login's."""
    if context.everywhere:
        return roles["system"]
    return roles["public"] if context.clearance == PUBLIC else "none"


def write(wrapper: Any) -> None:
    """Write the current context into the open transaction of a database wrapper."""
    context = current()
    settings = {
        "app.user_id": str(context.user_id or ""),
        "app.reason": context.reason,
        "app.channel": context.channel,
        "app.request_id": context.request_id,
        "app.departments": _ids(context.readable),
        "app.writable": _ids(context.writable),
        "app.clearance": context.clearance,
        "role": _role(context, wrapper.settings_dict["ROLES"]),
    }
    # Straight through psycopg: bookkeeping of every transaction is no query of the page.
    calls = ", ".join(f"set_config('{name}', %s, true)" for name in settings)
    wrapper.connection.execute(f"SELECT {calls}", list(settings.values()))


def _ids(departments: frozenset[int]) -> str:
    return ",".join(map(str, sorted(departments)))


@contextmanager
def acting(**changes: Any) -> Iterator[Context]:
    """Do the enclosed work in a changed context: ``with acting(user_id=7, reason="typing error"): ...``.

    Takes the fields of Context; those not named stay as they are. Which rows are open is said by the narrower words:
    ``acting_as`` and ``within_department`` (apps/departments/scope.py), ``every_department``, ``as_public``.
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


def every_department(**changes: Any) -> AbstractContextManager[Context]:
    """Work that concerns the rows of all departments: jobs, commands, loads, merges. Never what one person sees.

    It is done under a database role of its own, to which the policies open every row. ``changes`` as for ``acting``.
    """
    return acting(everywhere=True, clearance=INTERNAL, **changes)


def as_public() -> AbstractContextManager[Context]:
    """What everybody may read: published records whose publication has not ended, the catalogue. Writes are refused.

    It is done under a database role of its own, which may read the tables that say so and nothing else.
    """
    return acting(user_id=None, readable=frozenset(), writable=frozenset(), clearance=PUBLIC, everywhere=False)
