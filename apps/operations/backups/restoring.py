"""Restoring a backup: all of it, checked, or nothing.

The database is restored beside its place under a name of its own, counted, brought up to this release, and compared
with its seals; only then does it get its name. So nobody ever works in half of one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pgtrigger
import psycopg
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _
from psycopg import sql

from apps.audit.seals.findings import Report, sentence
from apps.audit.seals.verification import keep, verify
from apps.core.crypto import master_key_ids
from apps.core.installation import bring_up, connected
from credit_city import roles

from . import programs
from .folder import DATABASE, MEDIA, BackupError, Manifest, digest_of, read, stored_files
from .making import copy, count_rows, last_seal

_LOCK: Final = 0x7265
_SUFFIX: Final = "_restoring"
_LONGEST_NAME: Final = 63 - len(_SUFFIX)
# Policies name roles that this server may not have; they are made anew, as the models declare them.
_LEFT_OUT: Final = (" POLICY ", " ROW SECURITY ")
_MOST_NAMED: Final = 20


def restore(
    folder: Path,
    owner: dict[str, Any],
    app: dict[str, Any],
    *,
    media: Path,
    jobs: int = 1,
    may_set_password: bool = True,
    despite_findings: bool = False,
    tell: Callable[[str], object] = lambda step: None,
) -> Report:
    """Restore the backup in ``folder`` into the database that ``owner`` names; returns what the verification found.

    ``owner`` and ``app`` are entries of ``DATABASES`` of the two roles; the database must not exist, or be empty.
    ``media``: where the stored files go; such as lie there already must be the same. ``jobs``: on how many connections
    to work. ``despite_findings``: give the database its name though its history is not as it was sealed. ``tell``
    hears of each step. Raises BackupError, roles.DatabaseError, OSError; nothing is restored then.
    """
    with _server(owner) as server:
        tell(_("Comparing the files with their digests"))
        manifest = read(folder)
        version = server.info.server_version // 10000
        _refuse_newer_server(manifest, version)
        _refuse_newer_release(manifest)
        _refuse_keys(manifest)
        _refuse_other_files(folder, media)
        with _beside(server, owner["NAME"]) as place:
            new = owner | {"NAME": place, "ROLES": app["ROLES"]}
            tell(_("Restoring the database"))
            _load(folder, new, version, jobs)
            with roles.connect(new) as database:
                _compare(database, manifest)
            tell(_("Migrations, rights and policies"))
            with roles.maintenance(owner) as maintenance:
                roles.ensure_app_role(maintenance, app, may_set_password=may_set_password)
            with connected(new):
                bring_up(new, app["ROLES"], verbosity=0)
                # A dump writes some conditions otherwise than they were declared.
                pgtrigger.install()
                with roles.connect(new) as database:
                    database.execute("ANALYZE")
                tell(_("Comparing the history with its seals"))
                report = verify(processes=jobs)
                keep(report)
            if report.findings and not despite_findings:
                raise BackupError(_not_as_sealed(report))
            tell(_("Stored files"))
            _copy_files(folder, media)
            _give_name(server, place, owner["NAME"])
    return report


def _refuse_newer_server(manifest: Manifest, version: int) -> None:
    if version < (saved := manifest.postgresql // 10000):
        text = _("The backup is of PostgreSQL %(saved)s, this server is %(here)s: restore into a server not older.")
        raise BackupError(text % {"saved": saved, "here": version})


def _refuse_keys(manifest: Manifest) -> None:
    if missing := [key for key in manifest.master_keys if key not in master_key_ids()]:
        text = _(
            "The personal data in this backup cannot be read without the master keys with the ids %(missing)s; "
            "MASTER_KEYS holds %(held)s. Set the keys of the time of the backup, separated by commas."
        )
        raise BackupError(text % {"missing": ", ".join(missing), "held": ", ".join(master_key_ids())})


def _refuse_newer_release(manifest: Manifest) -> None:
    known = MigrationLoader(None, ignore_no_migrations=True)
    names = {f"{app}.{name}" for app, name in known.disk_migrations}
    names |= {f"{app}.{name}" for each in known.disk_migrations.values() for app, name in each.replaces}
    apps = {app for app, _name in known.disk_migrations}
    if unknown := [each for each in manifest.migrations if each not in names and each.partition(".")[0] in apps]:
        text = _("The backup is of a newer release: this one does not know %(names)s. Install that release first.")
        raise BackupError(text % {"names": ", ".join(unknown[:_MOST_NAMED])})


def _refuse_other_files(folder: Path, media: Path) -> None:
    other = [
        str(media / place)
        for place, digest in stored_files(folder)
        if (media / place).exists() and digest_of(media / place) != digest
    ]
    if other:
        text = _("These files are there already and are others than in the backup; set MEDIA_ROOT to another folder:")
        raise BackupError("\n".join([text, *other[:_MOST_NAMED]]))


@contextmanager
def _server(owner: dict[str, Any]) -> Iterator[psycopg.Connection]:
    """A connection outside of the database, which is free to be restored; one restoration of it at a time."""
    name = owner["NAME"]
    if len(name.encode()) > _LONGEST_NAME:
        text = _("The name %(name)s is too long: a database to restore into has at most %(most)s bytes in its name.")
        raise BackupError(text % {"name": name, "most": _LONGEST_NAME})
    with roles.beside(owner) as server:
        if server.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_LOCK, name]).fetchone() != (True,):
            text = _("Another backup is being restored into %(name)s: wait until it is done.")
            raise BackupError(text % {"name": name})
        _refuse_used(owner, server)
        _refuse_login(owner, server)
        yield server


def _refuse_login(owner: dict[str, Any], server: psycopg.Connection) -> None:
    rights = server.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if rights != (True,):
        text = _(
            "A backup is restored beside its place, in a database made for that, and %(user)s may not make one: let an "
            "administrator run `ALTER ROLE %(user)s CREATEDB`, for the time of it."
        )
        raise BackupError(text % {"user": owner["USER"]})


def _refuse_used(owner: dict[str, Any], server: psycopg.Connection) -> None:
    if not _exists(server, owner["NAME"]):
        return
    with roles.connect(owner) as database:
        (tables,) = database.execute(
            "SELECT count(*) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'p')"
            " AND nspname !~ '^pg_' AND nspname <> 'information_schema'"
        ).fetchone() or (0,)
    if tables:
        text = _(
            "The database %(name)s has %(tables)s tables: a backup is restored into a new database or an empty one. "
            "Name another with --into, or drop this one yourself."
        )
        raise BackupError(text % {"name": owner["NAME"], "tables": tables})


@contextmanager
def _beside(server: psycopg.Connection, name: str) -> Iterator[str]:
    """The name of a new database for the time of the restoration; it is gone afterwards, whatever went wrong."""
    place = f"{name}{_SUFFIX}"
    # Left behind by a restoration that was killed: of one under way we would not have got the lock.
    _drop(server, place)
    roles.ensure_database(server, place)
    try:
        yield place
    finally:
        _drop(server, place)


def _load(folder: Path, login: dict[str, Any], version: int, jobs: int) -> None:
    pg_restore = programs.program("pg_restore", version)
    dump = str(folder / DATABASE)
    listing = programs.output(pg_restore, "--list", dump)
    wanted = [line for line in listing.splitlines() if not any(word in line for word in _LEFT_OUT)]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="credit-city-contents-") as contents:
        contents.write("\n".join(wanted))
        contents.flush()
        options = ("--exit-on-error", "--no-owner", "--no-acl", f"--jobs={jobs}", f"--use-list={contents.name}")
        programs.finish(programs.start(pg_restore, login, *options, dump))


def _compare(database: psycopg.Connection, manifest: Manifest) -> None:
    """What was restored must be what was dumped."""
    found, wanted = count_rows(database), manifest.tables
    faults = [
        _("%(table)s: %(found)s rows instead of %(wanted)s")
        % {"table": table, "found": found.get(table, "–"), "wanted": wanted.get(table, "–")}
        for table in sorted({*found, *wanted})
        if found.get(table) != wanted.get(table)
    ]
    if not faults and last_seal(database) != manifest.seal:
        faults.append(_("the last seal is not that of the manifest"))
    if faults:
        text = _("What was restored is not what was saved; nothing is kept of it.")
        raise BackupError("\n".join([text, *faults[:_MOST_NAMED]]))


def _not_as_sealed(report: Report) -> str:
    text = _(
        "The history in this backup is not as it was sealed (%(count)s findings); nothing of it was restored. "
        "Take an older backup, or say --despite-findings to look into it."
    )
    lines = [sentence(finding.as_json()) for finding in report.findings[:_MOST_NAMED]]
    return "\n".join([text % {"count": len(report.findings)}, *lines])


def _copy_files(folder: Path, media: Path) -> None:
    for place, _digest in stored_files(folder):
        if not (media / place).exists():
            copy(folder / MEDIA / place, media / place)


def _give_name(server: psycopg.Connection, place: str, name: str) -> None:
    if _exists(server, name):
        _drop(server, name)
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(place), sql.Identifier(name)))


def _exists(server: psycopg.Connection, name: str) -> bool:
    return server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _drop(server: psycopg.Connection, name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
