#!/usr/bin/env python
"""Run an administrative command."""

import os
import sys

from credit_city import errors, postgres

# Commands that change the schema, collect statistics or install administrators work as the owner; every other one works
# as the least-privilege role, exactly like the web server and the workers.
OWNER_COMMANDS = {
    "init_database",
    "archive_months",
    "backup",
    "restore",
    "create_administrator",
    "reset_login",
    "generate_city",
    "load_demo_administrators",
    "migrate",
    "pgtrigger",
    "flush",
    "sqlflush",
    "inspectdb",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credit_city.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in OWNER_COMMANDS:
        os.environ["DATABASE_ROLE"] = "owner"
    postgres.ensure_running()

    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except errors.ConfigurationError as error:
        errors.fail(str(error))


if __name__ == "__main__":
    main()
