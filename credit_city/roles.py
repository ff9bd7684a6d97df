"""The database roles: the owner migrates, the application role owns nothing and cannot rewrite history.

Two roles without a login stand beside it, and it turns into one of them for a transaction: ``system``, to which row
security opens every department, and ``public``, which reads what everybody may read (apps/audit/context.py).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

OLDEST_VERSION = 15
# One number for all clusters: who holds it may change roles and grants. Advisory locks are per database, hence
# always taken in the maintenance database.
ROLES_LOCK = 0x63726564


class DatabaseError(Exception):
    """The database cannot be set up; the text is one line that names the mend."""


def parameters(settings: dict[str, Any], *, database: str | None = None) -> dict[str, Any]:
    """What libpq needs to know of a Django ``DATABASES`` entry, for its database or the one named."""
    known = {
        "dbname": database or settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"] or None,
        "host": settings["HOST"] or None,
        "port": settings["PORT"] or None,
        **settings.get("OPTIONS", {}),
    }
    return {key: value for key, value in known.items() if value is not None}


def connect(settings: dict[str, Any], *, database: str | None = None) -> psycopg.Connection:
    """Open an autocommit connection with a Django ``DATABASES`` entry, to its database or to the one named."""
    known = psycopg.conninfo.make_conninfo(**parameters(settings, database=database))
    return psycopg.connect(known, autocommit=True, connect_timeout=10)


def beside(settings: dict[str, Any]) -> psycopg.Connection:
    """A connection outside the database of a ``DATABASES`` entry, which need not exist. Raises DatabaseError."""
    try:
        connection = connect(settings, database="postgres")
    except psycopg.OperationalError as error:
        # Some servers let a login into its own database only.
        try:
            connection = connect(settings)
        except psycopg.OperationalError:
            raise DatabaseError(_unreachable(settings, error)) from None
    version = connection.info.server_version // 10000
    if version < OLDEST_VERSION:
        connection.close()
        raise DatabaseError(f"The server is PostgreSQL {version}; Credit City needs {OLDEST_VERSION} or newer.")
    return connection


@contextmanager
def maintenance(settings: dict[str, Any]) -> Iterator[psycopg.Connection]:
    """A connection as owner outside the project's database, holding the lock on roles. Raises DatabaseError."""
    with beside(settings) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [ROLES_LOCK])
        yield connection


def _unreachable(settings: dict[str, Any], error: Exception) -> str:
    reason = str(error).strip().splitlines()[0].strip()
    return f"Cannot reach PostgreSQL at {settings['HOST']}:{settings['PORT']} as {settings['USER']}: {reason}"


def ensure_database(connection: psycopg.Connection, name: str) -> bool:
    """Create the database (UTF-8, sorted by code point) if it is missing; return whether it was."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        return False
    locale = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
    if connection.info.server_version < 170000:
        locale = "LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
    statement = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' "
    try:
        try:
            connection.execute(sql.SQL(statement + locale).format(sql.Identifier(name)))
        except psycopg.errors.WrongObjectType:  # this machine does not know C.UTF-8
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege:
        raise DatabaseError(
            f"The login {connection.info.user} may not create the database {name}: let an administrator run "
            f"`CREATE DATABASE {name} OWNER {connection.info.user}`, or grant it CREATEDB."
        ) from None
    return True


def ensure_app_role(connection: psycopg.Connection, settings: dict[str, Any], *, may_set_password: bool) -> None:
    """Make the application role and those beside it where they are missing, and refuse what could go round its limits.

    ``settings`` is the ``DATABASES`` entry of the role ``app``. An existing role keeps its password, except that
    with ``may_set_password`` (the password is ours) one that no longer fits is set anew.
    """
    role, password = settings["USER"], settings["PASSWORD"]
    credentials: sql.Composable = sql.SQL("LOGIN")
    if password:
        # The verifier, not the password itself: the statement may end up in the server's log.
        verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        credentials += sql.SQL(" PASSWORD {}").format(sql.Literal(verifier))
    try:
        made = _ensure(connection, role, credentials)
        if not made and may_set_password and password:
            try:
                connect(settings, database=connection.info.dbname).close()
            except psycopg.OperationalError:
                connection.execute(sql.SQL("ALTER ROLE {} ").format(sql.Identifier(role)) + credentials)
        for beside in (settings["ROLES"]["system"], settings["ROLES"]["public"]):
            _ensure(connection, beside, sql.SQL("NOLOGIN"))
            _let_become(connection, role, beside)
        # What row security opens to the system role it opens to the owner too: migrations, dumps, history triggers.
        _let_be(connection, settings["ROLES"]["system"])
    except psycopg.errors.InsufficientPrivilege:
        raise DatabaseError(
            f"The login {connection.info.user} may not create or change the role {role} and those beside it: grant it "
            "CREATEROLE, or let an administrator make the roles as docs/operations.md says."
        ) from None


def _ensure(connection: psycopg.Connection, role: str, credentials: sql.Composable) -> bool:
    """Make a role without privileges; return whether it was missing. Raises DatabaseError for one that has some."""
    found = connection.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, pg_has_role(oid, current_user, 'MEMBER')"
        " FROM pg_roles WHERE rolname = %s",
        [role],
    ).fetchone()
    if found is None:
        limits = sql.SQL("CREATE ROLE {} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT ")
        connection.execute(limits.format(sql.Identifier(role)) + credentials)
    elif any(found):
        raise DatabaseError(
            f"The role {role} is a superuser, goes round row security, makes roles or acts as the owner "
            f"{connection.info.user}: the application needs a role without any of these."
        )
    return found is None


def _let_become(connection: psycopg.Connection, role: str, beside: str) -> None:
    """Let ``role`` turn into ``beside`` when it says so; what it does otherwise must not count as done by both."""
    knows_set = connection.info.server_version >= 160000
    with connection.transaction():
        if not _has(connection, role, beside, "SET" if knows_set else "MEMBER"):
            _give(connection, beside, role, " WITH INHERIT FALSE, SET TRUE" if knows_set else "")
        if _has(connection, role, beside, "USAGE"):
            raise DatabaseError(
                f"The role {role} would have the rights of {beside} all the time: let an administrator run "
                f"`ALTER ROLE {role} NOINHERIT; REVOKE {beside} FROM {role};`."
            )


def _let_be(connection: psycopg.Connection, system: str) -> None:
    """Give the owner the rights of the system role all the time."""
    owner = connection.info.user
    if not _has(connection, owner, system, "USAGE"):
        _give(
            connection,
            system,
            owner,
            " WITH INHERIT TRUE, SET TRUE" if connection.info.server_version >= 160000 else "",
        )


def _give(connection: psycopg.Connection, role: str, member: str, options: str) -> None:
    grant_to = sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(member))
    connection.execute(grant_to + sql.SQL(options))


def _has(connection: psycopg.Connection, role: str, other: str, how: str) -> bool:
    row = connection.execute("SELECT pg_has_role(%s, %s, %s)", [role, other, how]).fetchone()
    return row == (True,)


def grant(
    connection: psycopg.Connection,
    names: dict[str, str],
    *,
    append_only: Iterable[str],
    add_only: Iterable[str] = (),
    public: Iterable[str] = (),
) -> None:
    """Give the roles what they need in the connected database and take from everybody what nobody needs.

    ``names``: the roles that belong together (``ROLES`` of the settings). ``append_only``: tables the application may
    read and never write (history rows come from triggers that run as owner). ``add_only``: tables to which it may add
    rows, and change none. ``public``: tables that the public role may read, all others are closed to it. One
    transaction: at no moment may the application write history.
    """
    database, protected = sql.Identifier(connection.info.dbname), [*append_only, "django_migrations"]
    with connection.transaction():
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        for role in (sql.Identifier(names["app"]), sql.Identifier(names["system"])):
            for statement in (
                "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
                "GRANT USAGE ON SCHEMA public TO {role}",
                "REVOKE CREATE ON SCHEMA public FROM {role}",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
                "REVOKE TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA public FROM {role}",
                "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}",
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {role}",
            ):
                connection.execute(sql.SQL(statement).format(database=database, role=role))
            for table in _existing(connection, protected):
                connection.execute(sql.SQL("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(table, role))
            for table in _existing(connection, add_only):
                connection.execute(sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(table, role))
            for sequence in _sequences(connection, protected):
                connection.execute(sql.SQL("REVOKE USAGE, UPDATE ON SEQUENCE {} FROM {}").format(sequence, role))
            for sequence in _sequences(connection, add_only):
                connection.execute(sql.SQL("REVOKE UPDATE ON SEQUENCE {} FROM {}").format(sequence, role))
        everybody = sql.Identifier(names["public"])
        connection.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(everybody))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(everybody))
        for table in _existing(connection, public):
            connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(table, everybody))


def _existing(connection: psycopg.Connection, tables: Iterable[str]) -> Iterator[sql.Identifier]:
    for table in tables:
        if connection.execute("SELECT to_regclass(%s)", [f'public."{table}"']).fetchone() != (None,):
            yield sql.Identifier("public", table)


def _sequences(connection: psycopg.Connection, tables: Iterable[str]) -> Iterator[sql.Identifier]:
    """The sequences that belong to columns of these tables."""
    rows = connection.execute(
        "SELECT s.relname FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'"
        " JOIN pg_class t ON t.oid = d.refobjid WHERE d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass"
        " AND t.relnamespace = 'public'::regnamespace AND t.relname = ANY (%s)",
        [list(tables)],
    )
    for (name,) in rows:
        yield sql.Identifier("public", name)
