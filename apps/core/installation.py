"""From a database of any age, or an empty one, to one that this release works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import connection

from apps.audit.declarations import add_only_tables, unwritten_tables
from apps.audit.history import history_tables
from apps.audit.installation import install
from apps.audit.row_security import public_tables, sync_policies
from credit_city import roles

_LOGIN = ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS", "ROLES")


@contextmanager
def connected(login: dict[str, Any]) -> Iterator[None]:
    """Let Django work in the database and as the role of ``login``, an entry of ``DATABASES``, in every thread."""
    before = {key: connection.settings_dict[key] for key in _LOGIN}
    connection.close()
    connection.settings_dict.update({key: login[key] for key in _LOGIN})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def bring_up(owner: dict[str, Any], names: dict[str, str], *, verbosity: int = 1) -> None:
    """Migrate, then give the database what belongs to no migration: months, guards, rights, policies.

    ``owner``: the login to which Django is connected; ``names``: the roles that belong together, which exist. Safe to
    repeat. Raises PartitionError.
    """
    call_command("migrate", interactive=False, verbosity=max(0, verbosity - 1))
    with roles.connect(owner) as database:
        install(database)
        roles.grant(
            database,
            names,
            append_only=[*history_tables(), *unwritten_tables()],
            add_only=add_only_tables(),
            public=public_tables(),
        )
        sync_policies(database, names)
