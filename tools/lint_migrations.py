#!/usr/bin/env python3
"""Would a new migration stop people from working while it runs, or break the release that still runs beside it?

    .venv/bin/python tools/lint_migrations.py              judge the migrations that no release has yet
    .venv/bin/python tools/lint_migrations.py --release    take all migrations there are for released

PostgreSQL's statements of each migration go through squawk. A migration that must break a rule says which and why:
``accepted = {"ban-drop-column": "no release since 1.4 reads it"}`` beside its ``operations``.

Exit code 0: nothing to object. 1: something is; each objection on a line of its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RELEASED = ROOT / "tools" / "released_migrations.txt"
# Of squawk's rules those that are taste, and not what a change costs those at work.
TASTE = (
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-robust-stmts",
    "prefer-text-field",
    "prefer-timestamptz",
)
# The time to wait for a lock is given to the whole upgrade: docs/contributing.md.
ELSEWHERE = ("require-lock-timeout", "require-statement-timeout", "require-timeout-settings")

MOST = 160
"""Of a statement so many characters are shown."""


def objections(migration: Any, state: Any) -> Iterator[str]:
    """What squawk finds in a migration and the migration does not accept, and what it accepts for nothing.

    ``state``: the project's state before it. Needs a database to speak to; nothing is changed in it.
    """
    found: dict[str, list[str]] = {}
    for line, rule, message in _judged(_text(migration, state), in_transaction=migration.atomic):
        found.setdefault(rule, []).append(f"{line[:MOST]}: {message}")
    accepted = getattr(migration, "accepted", {})
    for rule, places in found.items():
        if not accepted.get(rule, "").strip():
            yield from (f"{migration}: {rule}: {place}" for place in places)
    for rule in sorted(accepted.keys() - found.keys()):
        yield f"{migration}: {rule} is accepted, but the migration does not break it: take it out"


def _text(migration: Any, state: Any) -> str:
    """What the migration makes PostgreSQL do."""
    from django.db import connection

    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state, editor, collect_sql=True)
    return "\n".join(editor.collected_sql)


def _judged(text: str, *, in_transaction: bool) -> Iterator[tuple[str, str, str]]:
    """Of each finding: the line, the rule, the reason."""
    from credit_city.roles import OLDEST_VERSION

    done = subprocess.run(
        [
            Path(sys.executable).with_name("squawk"),
            "--reporter=json",
            f"--pg-version={OLDEST_VERSION}",
            f"--exclude={','.join(TASTE + ELSEWHERE)}",
            *(["--assume-in-transaction"] if in_transaction else []),
            "--stdin-filepath=migration.sql",
        ],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout.strip():
        sys.exit(f"squawk: {done.stderr.strip() or done.returncode}")
    lines = text.splitlines()
    for finding in json.loads(done.stdout):
        yield lines[finding["line"]].strip(), finding["rule_name"], finding["message"]


def main(arguments: list[str]) -> int:
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credit_city.settings")
    os.environ["DATABASE_ROLE"] = "owner"
    from credit_city import postgres

    postgres.ensure_running(command="lint_migrations")
    import django
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    django.setup()
    loader = MigrationLoader(None)
    ours = [key for key in sorted(loader.disk_migrations) if apps.get_app_config(key[0]).name.startswith("apps.")]
    if arguments == ["--release"]:
        RELEASED.write_text("".join(f"{app}.{name}\n" for app, name in ours))
        return 0
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    released = set(RELEASED.read_text().split())
    new = [key for key in ours if ".".join(key) not in released]
    found = [
        line for key in new for line in objections(loader.graph.nodes[key], loader.project_state(key, at_end=False))
    ]
    print("\n".join([*found, f"{len(new)} new migrations, {len(found)} objections"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
