"""Making a backup: one snapshot of the database, counted and dumped, and the files that its rows name."""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import django
import psycopg
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from apps.audit.declarations import declaring
from apps.audit.row_security import differences
from apps.audit.seals import texts
from apps.core.crypto import KEY_ID_BYTES, master_key_ids
from credit_city import roles

from . import programs
from .folder import DATABASE, MEDIA, BackupError, Manifest, write_sums

_BLOCK: Final = 1 << 20
_DUMP: Final = ("--format=directory", "--enable-row-security", "--no-owner", "--no-acl")


def make(folder: Path, owner: dict[str, Any], *, media: Path, jobs: int = 1) -> Manifest:
    """Write a backup to ``folder``, which must not exist yet; it appears there when it is whole.

    ``owner``: the owner's login, an entry of ``DATABASES``; ``media``: the folder of the stored files; ``jobs``: on how
    many connections to dump. Rows are read in one snapshot, people go on working. Raises BackupError, OSError.
    """
    new = folder.with_name(f"{folder.name}.partial")
    for path in (folder, new):
        if path.exists():
            text = _("%(folder)s exists already: name a new folder, or remove this one.")
            raise BackupError(text % {"folder": path})
    new.mkdir(mode=0o700)
    try:
        with roles.connect(owner) as database:
            manifest = _dump(database, owner, new / DATABASE, jobs)
        # After the snapshot: a file is stored before the row that names it, so none of these is missing.
        digests = _copy_files(media, new / MEDIA)
        manifest.write(new)
        write_sums(new, digests)
        new.rename(folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return manifest


def count_rows(database: psycopg.Connection) -> dict[str, int]:
    """Schema and name of each table of ours -> how many rows it has, in the snapshot of the transaction."""
    tables = database.execute(
        "SELECT nspname, relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1, 2"
    ).fetchall()
    counts = {}
    for schema, table in tables:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        (counts[f"{schema}.{table}"],) = database.execute(query).fetchone() or (0,)
    return counts


def last_seal(database: psycopg.Connection) -> str:
    """The published line of the last seal, empty when there is none."""
    found = database.execute(
        "SELECT number, sealed_at, rows, cardinality(chunk_roots), root, previous FROM audit_seal"
        " ORDER BY number DESC LIMIT 1"
    ).fetchone()
    if found is None:
        return ""
    number, sealed_at, rows, chunks, root, previous = found
    return texts.seal_line(
        number=number, sealed_at=sealed_at, rows=rows, chunks=chunks, root=bytes(root), previous=bytes(previous)
    )


def _dump(database: psycopg.Connection, owner: dict[str, Any], folder: Path, jobs: int) -> Manifest:
    _refuse_blind(database, owner)
    pg_dump = programs.program("pg_dump", database.info.server_version // 10000)
    database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    database.read_only = True
    with database.transaction():
        database.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        made_at, snapshot = database.execute("SELECT now(), pg_export_snapshot()").fetchone() or (None, None)
        process = programs.start(pg_dump, owner, *_DUMP, f"--snapshot={snapshot}", f"--jobs={jobs}", f"--file={folder}")
        try:
            manifest = Manifest(
                made_at=timezone.localtime(made_at).isoformat(),
                database=str(owner["NAME"]),
                postgresql=database.info.server_version,
                django=django.get_version(),
                migrations=_migrations(database),
                master_keys=_master_keys(database),
                seal=last_seal(database),
                tables=count_rows(database),
            )
        except BaseException:
            process.kill()
            process.communicate()
            raise
        programs.finish(process)
    return manifest


def _refuse_blind(database: psycopg.Connection, owner: dict[str, Any]) -> None:
    """Row security must open every row to who dumps: it leaves out the others without a word."""
    (goes_round, opened) = database.execute(
        "SELECT rolsuper OR rolbypassrls, coalesce((SELECT pg_has_role(r.oid, s.oid, 'USAGE') FROM pg_roles s"
        " WHERE s.rolname = %s), false) FROM pg_roles r WHERE r.rolname = current_user",
        [owner["ROLES"]["system"]],
    ).fetchone() or (False, False)
    if goes_round:
        return
    if not opened or differences(database, owner["ROLES"]):
        text = _(
            "Row security may hide rows from %(user)s, and a backup would lack them: make it as the owner, after "
            "`manage.py init_database`."
        )
        raise BackupError(text % {"user": owner["USER"]})


def _migrations(database: psycopg.Connection) -> list[str]:
    rows = database.execute("SELECT DISTINCT app, name FROM django_migrations ORDER BY 1, 2")
    return [f"{app}.{name}" for app, name in rows]


def _master_keys(database: psycopg.Connection) -> list[str]:
    """The ids of the keys that wrap something, and of the current one, under which numbers are found."""
    found = set()
    for model in declaring("wrapped_keys"):
        for column in model.wrapped_keys:  # type: ignore[attr-defined]
            query = sql.SQL(
                "SELECT DISTINCT encode(substr({column}, 2, {length}), 'hex') FROM {table} WHERE length({column}) > 0"
            ).format(
                column=sql.Identifier(column),
                table=sql.Identifier(model._meta.db_table),
                length=sql.Literal(KEY_ID_BYTES),
            )
            found |= {key for (key,) in database.execute(query)}
    current = master_key_ids()[0]
    return [current, *sorted(found - {current})]


def _copy_files(source: Path, target: Path) -> dict[str, str]:
    """Copy the stored files; returns place in the backup -> digest. One that is removed meanwhile is left out."""
    digests = {}
    for parent, _folders, names in os.walk(source):
        for name in sorted(names):
            path = Path(parent, name)
            if path.is_symlink() or not path.is_file():
                continue
            place = path.relative_to(source)
            try:
                digests[f"{MEDIA}/{place.as_posix()}"] = copy(path, target / place)
            except FileNotFoundError:
                continue
    return digests


def copy(source: Path, target: Path) -> str:
    """Copy a file, under its name only when it is whole; returns its SHA-256. Raises OSError."""
    digest = sha256()
    with open(source, "rb") as file:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        with open(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out:
            while block := file.read(_BLOCK):
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        part.rename(target)
    return digest.hexdigest()
