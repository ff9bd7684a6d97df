"""How far the work on a batch is, told while its transaction is still open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from .models import BatchProgress

READING: Final = "reading"
CHECKING: Final = "checking"
MATCHING: Final = "matching"
LOADING: Final = "loading"
_EVERY_SECONDS: Final = 0.5


class Progress:
    """Takes reports and tells nobody: for commands and tests."""

    def phase(self, name: str, total: int = 0) -> None:
        """A phase begins; ``total`` rows are to be done in it, 0 when unknown."""

    def done(self, rows: int) -> None:
        """So many rows of the phase are done."""

    def close(self) -> None:
        """No more reports."""


class StoredProgress(Progress):
    """Writes BatchProgress through a connection of its own, at most twice a second.

    A progress that cannot be written is no reason to stop the work.
    """

    def __init__(self, batch_id: int) -> None:
        self._batch_id = batch_id
        self._connection: Any = connection.copy()
        self._phase, self._total, self._done = READING, 0, 0
        self._started = timezone.now()
        self._written = 0.0

    def phase(self, name: str, total: int = 0) -> None:
        self._phase, self._total, self._done = name, total, 0
        self._started = timezone.now()
        self._write()

    def done(self, rows: int) -> None:
        self._done = rows
        if time.monotonic() - self._written >= _EVERY_SECONDS:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        # A transaction, for without one there is no context, and with none no row may be written.
        with self._transaction() as cursor:
            cursor.execute(
                f"INSERT INTO {BatchProgress._meta.db_table} (batch_id, phase, done, total, started_at, beat_at)"
                " VALUES (%s, %s, %s, %s, %s, now()) ON CONFLICT (batch_id) DO UPDATE SET phase = excluded.phase,"
                " done = excluded.done, total = excluded.total, started_at = excluded.started_at, beat_at = now()",
                [self._batch_id, self._phase, self._done, self._total, self._started],
            )

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        self._connection.set_autocommit(False)
        try:
            with self._connection.cursor() as cursor:
                yield cursor
            self._connection.commit()
        finally:
            self._connection.rollback()
            self._connection.set_autocommit(True)

    def close(self) -> None:
        self._connection.close()
