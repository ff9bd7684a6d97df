"""All benchmarks in one run: ``python -m benchmarks.run [NAME ...]``.

``DATABASE_URL`` names a superuser's login and any database of the server: databases whose names begin with
``credit_city_bench`` are made beside it and dropped at the end (``KEEP=1`` keeps them for the next run). ``SCALE``:
small (minutes), 1m, 10m. Results lie under ``var/bench``; a full run writes ``docs/performance.md``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks import render, small
from benchmarks.common import RESULTS, ROOT, scale

DATABASES = {
    "DATABASE_URL": "credit_city_bench",
    "SMALL_DATABASE_URL": "credit_city_bench_small",
    "PEER_DATABASE_URL": "credit_city_bench_peer",
}
MANAGE = str(ROOT / "manage.py")
SCRIPTS = (
    "imports", "lists", "search", "entry", "exports", "history", "rowsecurity", "history_pages", "access", "inbox",
    "clerks",
)  # fmt: skip


def main(names: list[str]) -> int:
    if unknown := set(names) - set(SCRIPTS):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}, only: {', '.join(SCRIPTS)}.")
    url = os.environ.get("DATABASE_URL")
    if not url:
        sys.exit("Set DATABASE_URL to a superuser's login on a PostgreSQL server for measuring; docs/operations.md.")
    environment = os.environ | {name: _beside(url, database) for name, database in DATABASES.items()}
    environment |= {"DEMO": "1", "SECURE": "0"}
    environment.pop("DATABASE_APP_URL", None)
    (ROOT / "var" / "secrets").mkdir(mode=0o700, parents=True, exist_ok=True)
    RESULTS.mkdir(parents=True, exist_ok=True)
    if not names:
        for old in RESULTS.glob("*.json"):
            old.unlink()
    began = time.monotonic()
    with psycopg.connect(url, autocommit=True) as server:
        if not all(_exists(server, database) for database in DATABASES.values()):
            _drop(server)
            _prepare(server, environment)
        failed = [name for name in names or SCRIPTS if _run(environment, "-m", f"benchmarks.{name}")]
        if not os.environ.get("KEEP"):
            _drop(server)
        about = render.about(server, scale(), time.monotonic() - began)
    if not names and not failed:
        render.write(about)
    print(f"Failed: {', '.join(failed)}" if failed else f"Done in {time.monotonic() - began:.0f} s.")
    return 1 if failed else 0


def _prepare(server: psycopg.Connection, environment: dict[str, str]) -> None:
    size = scale()
    for variable, subjects, records in (
        ("DATABASE_URL", size.subjects, size.records),
        ("SMALL_DATABASE_URL", small.SUBJECTS, small.RECORDS),
    ):
        there = environment | {"DATABASE_URL": environment[variable]}
        _must(there, MANAGE, "init_database")
        _must(there, MANAGE, "load_reference")
        _must(there | {"DATABASE_ROLE": "owner"}, "-m", "benchmarks.people")
        _must(there, MANAGE, "generate_city", "--subjects", str(subjects), "--records", str(records), "--jobs", "2")
    _must(environment, MANAGE, "compile_translations")
    # The locale of ours: an index serves LIKE there.
    server.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'").format(
            sql.Identifier(DATABASES["PEER_DATABASE_URL"])
        )
    )
    _must(environment, "-m", "benchmarks.naive.fill")


def _must(environment: dict[str, str], *arguments: str) -> None:
    if _run(environment, *arguments):
        sys.exit("The databases could not be prepared.")


def _run(environment: dict[str, str], *arguments: str) -> int:
    print(f"--- {' '.join(Path(each).name for each in arguments)}", flush=True)
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=False).returncode


def _beside(url: str, database: str) -> str:
    login, _, rest = url.partition("://")[2].partition("/")
    options = rest.partition("?")[2]
    return f"postgres://{login}/{database}" + (f"?{options}" if options else "")


def _exists(server: psycopg.Connection, name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _drop(server: psycopg.Connection) -> None:
    for name in DATABASES.values():
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
