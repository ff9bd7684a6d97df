"""The two database roles: the owner migrates, the application role owns nothing and cannot rewrite history."""

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


def connect(settings: dict[str, Any], *, database: str | None = None) -> psycopg.Connection:
    """Open an autocommit connection with a Django ``DATABASES`` entry, to its database or to the one named."""
    parameters = {
        "dbname": database or settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"] or None,
        "host": settings["HOST"] or None,
        "port": settings["PORT"] or None,
        **settings.get("OPTIONS", {}),
    }
    known = psycopg.conninfo.make_conninfo(**{key: value for key, value in parameters.items() if value is not None})
    return psycopg.connect(known, autocommit=True, connect_timeout=10)


@contextmanager
def maintenance(settings: dict[str, Any]) -> Iterator[psycopg.Connection]:
    """A connection as owner outside the project's database, holding the lock on roles."""
    try:
        connection = connect(settings, database="postgres")
    except psycopg.OperationalError as error:
        # Some servers let a login into its own database only.
        try:
            connection = connect(settings)
        except psycopg.OperationalError:
            raise DatabaseError(_unreachable(settings, error)) from None
    with connection:
        if connection.info.server_version < OLDEST_VERSION * 10000:
            raise DatabaseError(
                f"The server is PostgreSQL {connection.info.server_version // 10000}; "
                f"Credit City needs {OLDEST_VERSION} or newer."
            )
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
    """Create the application role if it is missing, and refuse one that could go round its limits.

    ``settings`` is the ``DATABASES`` entry of the role ``app``. An existing role keeps its password, except that
    with ``may_set_password`` (the password is ours) one that no longer fits is set anew.
    """
    role, password = settings["USER"], settings["PASSWORD"]
    found = connection.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, pg_has_role(oid, current_user, 'MEMBER')"
        " FROM pg_roles WHERE rolname = %s",
        [role],
    ).fetchone()
    credentials: sql.Composable = sql.SQL("LOGIN")
    if password:
        # The verifier, not the password itself: the statement may end up in the server's log.
        verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        credentials += sql.SQL(" PASSWORD {}").format(sql.Literal(verifier))
    try:
        if found is None:
            limits = sql.SQL("CREATE ROLE {} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT ")
            connection.execute(limits.format(sql.Identifier(role)) + credentials)
            return
        if any(found):
            raise DatabaseError(
                f"The role {role} is a superuser, goes round row security, makes roles or acts as the owner "
                f"{connection.info.user}: the application needs a role without any of these."
            )
        if may_set_password and password:
            try:
                connect(settings, database=connection.info.dbname).close()
            except psycopg.OperationalError:
                connection.execute(sql.SQL("ALTER ROLE {} ").format(sql.Identifier(role)) + credentials)
    except psycopg.errors.InsufficientPrivilege:
        raise DatabaseError(
            f"The login {connection.info.user} may not create or change the role {role}: grant it CREATEROLE, or "
            "let an administrator make the role and name it in DATABASE_APP_URL."
        ) from None


def grant(connection: psycopg.Connection, role: str, *, append_only: Iterable[str]) -> None:
    """Give the application role what it needs in the connected database and take from everybody what nobody needs.

    ``append_only``: tables the role may read and never write (history rows come from triggers that run as owner).
    One transaction: at no moment may the role write history.
    """
    database, app = sql.Identifier(connection.info.dbname), sql.Identifier(role)
    protected = [*append_only, "django_migrations"]
    with connection.transaction():
        for statement in (
            "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}",
            "GRANT USAGE ON SCHEMA public TO {app}",
            "REVOKE CREATE ON SCHEMA public FROM {app}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
            "REVOKE TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA public FROM {app}",
            "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {app}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {app}",
        ):
            connection.execute(sql.SQL(statement).format(database=database, app=app))
        for table in protected:
            if connection.execute("SELECT to_regclass(%s)", [f'public."{table}"']).fetchone() != (None,):
                connection.execute(
                    sql.SQL("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(
                        sql.Identifier("public", table), app
                    )
                )
