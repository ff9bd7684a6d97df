"""``manage.py init_database``: from an empty server, or an older release, to a database ready for work."""

import os
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from apps.audit.partitions import PartitionError
from apps.core.installation import bring_up
from credit_city import postgres, roles
from credit_city.errors import ConfigurationError


class Command(BaseCommand):
    help = (
        "Create database and roles where they are missing, migrate as the owner, and grant the application role what "
        "it needs. Safe to repeat: run it at each upgrade."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner, app = postgres.database_settings("owner"), postgres.database_settings("app")
            self._prepare(owner, app, verbosity=options["verbosity"])
        except (roles.DatabaseError, ConfigurationError, PartitionError) as error:
            raise CommandError(str(error)) from error

    def _prepare(self, owner: dict[str, Any], app: dict[str, Any], *, verbosity: int) -> None:
        if connection.settings_dict["USER"] != owner["USER"]:
            raise roles.DatabaseError("init_database works as the owner: set DATABASE_ROLE=owner.")
        if app["USER"] == owner["USER"]:
            raise roles.DatabaseError(
                "DATABASE_APP_URL names the same role as DATABASE_URL: the application needs one that owns nothing."
            )
        given = bool(os.environ.get("DATABASE_APP_URL"))
        with roles.maintenance(owner) as maintenance:
            created = roles.ensure_database(maintenance, owner["NAME"])
            roles.ensure_app_role(maintenance, app, may_set_password=not given)
            bring_up(owner, app["ROLES"], verbosity=verbosity)
        try:
            roles.connect(app).close()
        except psycopg.OperationalError as error:
            raise roles.DatabaseError(
                f"The role {app['USER']} cannot log in: {str(error).strip().splitlines()[0]}. "
                + ("Check DATABASE_APP_URL." if given else "Check the server's pg_hba.conf.")
            ) from None
        self.stdout.write(f"Database {owner['NAME']} {'created and ' if created else ''}up to date.")
