"""The steps of ``make run`` that need Django, as one role each: ``python -m credit_city.prepare owner | app``."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from credit_city import postgres
from credit_city.bootstrap import say
from credit_city.errors import ConfigurationError, fail
from credit_city.listening import demo_mode

LOG = postgres.VAR / "log" / "prepare.log"
DEMO_LOGINS = postgres.VAR / "demo_logins.txt"

Step = tuple[str, str, dict[str, Any]]

OWNER_STEPS: list[Step] = [
    ("Database and roles", "init_database", {}),
]
DEMO_OWNER_STEPS: list[Step] = [
    ("Demo administrators", "load_demo_administrators", {}),
]
APP_STEPS: list[Step] = [
    # First, for what follows speaks to people and keeps texts in the language of the authority.
    ("Translations", "compile_translations", {}),
    ("Checks", "check", {"databases": ["default"]}),
    ("Static files", "collectstatic", {"interactive": False}),
    ("Reference data", "load_reference", {}),
]
DEMO_STEPS: list[Step] = [
    ("Demo data (a minute the first time)", "load_demo", {}),
]
PRODUCTION_STEPS: list[Step] = [
    ("Safety of the accounts", "check", {"deploy": True, "tags": ["accounts"], "databases": ["default"]}),
]


def run(steps: list[Step], call: Callable[..., Any]) -> None:
    """Run the steps in order; what they say goes to the log, an error ends the process with one line."""
    with open(LOG, "a") as log:
        for title, command, options in steps:
            say(title)
            try:
                call(command, stdout=log, stderr=log, **options)
            except Exception as error:
                traceback.print_exc(file=log)
                reason = str(error).strip().splitlines() or [type(error).__name__]
                fail(f"{command}: {reason[0]} (log: {_shown(LOG)})")


def _shown(path: Path) -> str:
    return os.path.relpath(path)


def main(role: str) -> None:
    os.environ["DATABASE_ROLE"] = role
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credit_city.settings")
    postgres.ensure_running(command="prepare")
    try:
        import django
        from django.core.management import call_command

        django.setup()
    except ConfigurationError as error:
        fail(str(error))
    if role == "owner":
        run(OWNER_STEPS + (DEMO_OWNER_STEPS if demo_mode() else []), call_command)
    elif demo_mode():
        run(APP_STEPS + DEMO_STEPS, call_command)
        DEMO_LOGINS.write_text(demo_logins())
    else:
        run(APP_STEPS + PRODUCTION_STEPS, call_command)


def demo_logins() -> str:
    """The demo accounts, for the screen."""
    from django.utils import translation

    from apps.departments.demo import ACCOUNTS, PASSWORD

    with translation.override("en"):
        rows = [f"  {one.username:<16} {one.role.label}, {one.department}" for one in ACCOUNTS]
    return "\n".join([f"Demo logins, all with the password {PASSWORD}", *rows, ""])


if __name__ == "__main__":
    main(sys.argv[1])
