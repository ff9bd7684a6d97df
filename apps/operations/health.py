"""Whether this process can serve, and what it depends on."""

import logging
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from apps.audit.partitions import months_ahead

logger = logging.getLogger(__name__)

WORKER_LATE_SECONDS: Final = 60
LEAST_MONTHS_AHEAD: Final = 2
PATIENCE_SECONDS: Final = 3
"""So long is waited for the database: who asks again and again must not hold up the threads that serve pages."""
_migrated = False


def database_answers() -> bool:
    """Whether the database lets the application role in: by a connection of its own, for only the wait for a new one
    has an end when the server's machine is gone or stands still."""
    login = connection.get_connection_params() | {"connect_timeout": PATIENCE_SECONDS}
    with connection.wrap_database_errors:
        connection.get_new_connection(login).close()
    return True


def schema_is_current() -> bool:
    """Whether every migration of this release is applied."""
    # What is applied stays applied for the life of a process; reading all migrations each time would cost 0.1 s.
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def worker_is_alive() -> bool:
    """Whether a background worker has given a sign of life lately."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => %s))",
            [WORKER_LATE_SECONDS],
        )
        return bool(cursor.fetchone()[0])


def months_are_ready() -> bool:
    """Whether history has its partitions for this month and the two to come; a worker at work keeps three ahead."""
    return months_ahead() >= LEAST_MONTHS_AHEAD


NEEDED: Final[dict[str, Callable[[], bool]]] = {"schema": schema_is_current}
"""Without these, and a database that answers, a page cannot be served."""
WATCHED: Final[dict[str, Callable[[], bool]]] = {"worker": worker_is_alive, "months": months_are_ready}
"""Without these pages are served, and work waits."""


def report() -> tuple[bool, dict[str, bool]]:
    """(whether pages can be served, name of each part -> whether it is well)."""
    database = _passes("database", database_answers)
    parts = {name: database and _passes(name, _in_time(check)) for name, check in (NEEDED | WATCHED).items()}
    return all(parts[name] for name in NEEDED), {"database": database, **parts}


def _in_time(check: Callable[[], bool]) -> Callable[[], bool]:
    def checked() -> bool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{PATIENCE_SECONDS}s"])
            return check()

    return checked


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except DatabaseError:
        logger.exception("health: %s", name)
        return False
