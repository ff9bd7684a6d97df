"""Django's PostgreSQL backend, with one addition: every transaction begins with its context.

The settings are transaction-local, so a pooled connection cannot carry one user's context to the next.
"""

from typing import Any

from django.db.backends.postgresql import base

from apps.audit import context


class DatabaseWrapper(base.DatabaseWrapper):
    def set_autocommit(self, autocommit: bool, *args: Any, **kwargs: Any) -> None:
        super().set_autocommit(autocommit, *args, **kwargs)
        if not autocommit:
            context.write(self)
