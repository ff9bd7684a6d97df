"""All benchmarks in one run: ``python -m benchmarks.run [NAME ...]``.

It measures on a server of its own, the embedded one under ``var/bench``; ``DATABASE_URL`` names another (a superuser's
login and any database). Databases whose names begin with ``credit_city_bench`` are made there and dropped at the end
(``KEEP=1`` keeps them for the next run). ``SCALE``: small (minutes), 1m, 10m. Results lie under ``var/bench``; a full
run writes ``docs/performance.md``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from benchmarks import render, small
from benchmarks.common import RESULTS, ROOT, scale
from credit_city import roles
from credit_city.embedded import Server
from credit_city.embedded.place import PORT
from credit_city.embedded.server import SUPERUSER

DATABASES = {
    "DATABASE_URL": "credit_city_bench",
    "SMALL_DATABASE_URL": "credit_city_bench_small",
    "PEER_DATABASE_URL": "credit_city_bench_peer",
}
TUNING = """\
shared_buffers = 4GB
effective_cache_size = 12GB
maintenance_work_mem = 512MB
max_wal_size = 8GB
checkpoint_timeout = 15min
"""
"""Beside the settings of the embedded server, those of docs/operations.md for a machine that serves a city."""
MANAGE = str(ROOT / "manage.py")
SCRIPTS = (
    "imports", "lists", "search", "entry", "exports", "history", "rowsecurity", "history_pages", "access", "inbox",
    "clerks",
)  # fmt: skip


def main(names: list[str]) -> int:
    if unknown := set(names) - set(SCRIPTS):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}, only: {', '.join(SCRIPTS)}.")
    with _login() as url:
        return _measure(names, url)


@contextmanager
def _login() -> Iterator[str]:
    """The address of a superuser on the server to measure on."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    server = Server(RESULTS / "postgres", tuning=TUNING)
    server.acquire()
    try:
        yield f"postgres://{SUPERUSER}@/postgres?host={quote(str(server.socket_folder))}&port={PORT}"
    finally:
        server.release()


def _measure(names: list[str], url: str) -> int:
    """Run the benchmarks of these names, all of them where none is named. Returns the exit code."""
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
        if _prepared(server) != scale().name:
            _drop(server)
            _prepare(server, environment)
        failed = [name for name in names or SCRIPTS if _run(environment, "-m", f"benchmarks.{name}")]
        about = render.about(server, environment["DATABASE_URL"], scale())
        if not os.environ.get("KEEP"):
            _drop(server)
    seconds = time.monotonic() - began
    if not names and not failed:
        render.write(about | {"minutes": round(seconds / 60)})
    print(f"Failed: {', '.join(failed)}" if failed else f"Done in {seconds:.0f} s.")
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
    # In the locale of ours: an index serves LIKE there.
    roles.ensure_database(server, DATABASES["PEER_DATABASE_URL"])
    _must(environment, "-m", "benchmarks.naive.fill")
    # Last: databases of a preparation that broke off do not count.
    name = sql.Identifier(DATABASES["DATABASE_URL"])
    server.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(size.name)))


def _prepared(server: psycopg.Connection) -> str | None:
    """The scale at which databases of an earlier run lie ready."""
    found = server.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [DATABASES["DATABASE_URL"]]
    ).fetchone()
    return found[0] if found else None


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


def _drop(server: psycopg.Connection) -> None:
    for name in DATABASES.values():
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
