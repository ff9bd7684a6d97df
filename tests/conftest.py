"""The database of the tests: made and migrated by the owner, then used as the application role, as in production.

What the application role may not do (rewrite history, change the schema) fails in tests too.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test.client import ClientHandler
from procrastinate.tasks import Task
from psycopg import sql

from apps.audit.context import Context, acting, every_department
from apps.core import translations
from credit_city import postgres, roles
from credit_city.embedded import ServerError

# What the owner's login does at an installation (tests.factories.installing), within the test's own transaction.
AS_OWNER = """
    CREATE OR REPLACE FUNCTION tests_as_owner(statement text) RETURNS bigint AS $$
    DECLARE
        result bigint;
    BEGIN
        IF statement ~ 'RETURNING "' THEN
            EXECUTE statement INTO result;
        ELSE
            EXECUTE statement;
            GET DIAGNOSTICS result = ROW_COUNT;
        END IF;
        RETURN result;
    END;
    $$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
"""


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the project's own server when it is the one to use; the last process that used it stops it."""
    if not hasattr(session.config, "workerinput"):
        # The pages are tested in the language of their users.
        for catalogue in translations.catalogues():
            translations.compile_catalogue(catalogue)
    if postgres.is_embedded():
        try:
            postgres.server.acquire()
        except ServerError as error:
            pytest.exit(str(error), returncode=3)


def pytest_unconfigure(config: pytest.Config) -> None:
    postgres.server.release()


@pytest.fixture(scope="session")
def owner_settings() -> dict[str, Any]:
    """The owner's login; its ``NAME`` becomes the test database once that exists."""
    return postgres.database_settings("owner")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    owner_settings: dict[str, Any], django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Let Django create the test database as the owner."""
    _log_in(owner_settings)


@pytest.fixture(scope="session")
def django_db_setup(
    owner_settings: dict[str, Any],
    django_db_modify_db_settings: None,
    django_db_setup: None,
    django_db_blocker: Any,
) -> Iterator[None]:
    """Hand the fresh test database over to the application role, and back to the owner for its removal."""
    from apps.audit.declarations import add_only_tables, unwritten_tables
    from apps.audit.history import history_tables
    from apps.audit.installation import install
    from apps.audit.row_security import public_tables, sync_policies

    # One role for all workers of a run, apart from the one of the development database.
    role = postgres.app_role_of(f"test_{owner_settings['NAME']}")
    app = owner_settings | {
        "USER": role,
        "PASSWORD": postgres.app_password(role),
        "ROLES": postgres.roles_beside(role),
    }
    with roles.maintenance(owner_settings) as maintenance:
        roles.ensure_app_role(maintenance, app, may_set_password=True)
    owner_settings["NAME"] = connection.settings_dict["NAME"]
    with roles.connect(owner_settings) as database:
        install(database)
        roles.grant(
            database,
            app["ROLES"],
            append_only=[*history_tables(), *unwritten_tables()],
            add_only=add_only_tables(),
            public=public_tables(),
        )
        database.execute(AS_OWNER)
        sync_policies(database, app["ROLES"])
        # Nobody misses a test's rows after a power cut.
        database.execute(
            sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(owner_settings["NAME"]))
        )
    with django_db_blocker.unblock():
        _log_in(app)
    yield
    with django_db_blocker.unblock():
        _log_in(owner_settings)


def _log_in(login: dict[str, Any]) -> None:
    """Make Django connect with this login from now on, in every thread."""
    connection.close()
    connection.settings_dict.update({key: login[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "ROLES")})


EMPTY_TABLES = """
DO $$
DECLARE
    found regclass;
    filled regclass[] := '{}';
    guarded regclass[];
    is_filled boolean;
BEGIN
    FOR found IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relname <> 'django_migrations'
        AND relnamespace IN ('public'::regnamespace, 'history'::regnamespace)
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', found) INTO is_filled;
        IF is_filled THEN
            filled := filled || found;
        END IF;
    END LOOP;
    IF cardinality(filled) = 0 THEN
        RETURN;
    END IF;
    -- CASCADE reaches tables that are empty, and their guards.
    SELECT array_agg(tgrelid::regclass) INTO guarded FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE tgname = 'refuse_truncate' AND (tgrelid = ANY (filled) OR relnamespace = 'public'::regnamespace);
    FOREACH found IN ARRAY guarded LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER refuse_truncate', found);
    END LOOP;
    EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE';
    FOREACH found IN ARRAY guarded LOOP
        EXECUTE format('ALTER TABLE %s ENABLE TRIGGER refuse_truncate', found);
    END LOOP;
END $$
"""


@pytest.fixture(scope="session", autouse=True)
def _flush_as_owner(owner_settings: dict[str, Any]) -> Iterator[None]:
    """After a test with real transactions Django empties all tables. The application role may not; the owner does, in
    one transaction in which no table is guarded against it."""
    with pytest.MonkeyPatch.context() as patch:

        def execute_sql_flush(operations: DatabaseOperations, statements: list[str]) -> None:
            with roles.connect(owner_settings) as owner:
                # Rather an error than a test run that waits for a transaction somebody left open.
                owner.execute("SET lock_timeout = '20s'")
                owner.execute(EMPTY_TABLES)

        patch.setattr(DatabaseOperations, "execute_sql_flush", execute_sql_flush)
        yield


@pytest.fixture(autouse=True)
def _test_sees_all(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test looks on from outside: it plants and reads the rows of every department. What it calls through a door of
    the product (a page, a command, a job) starts with nothing open, as in life. ``no_context`` on a test leaves the
    test itself without a context too."""
    if request.node.get_closest_marker("no_context"):
        yield
        return
    with ExitStack() as stack:
        database = request.node.get_closest_marker("django_db")
        if "transactional_db" in request.fixturenames or (database and database.kwargs.get("transaction")):
            request.getfixturevalue("transactional_db")
            connection.ensure_connection()
            # Outside of a transaction, where no context reaches.
            stack.enter_context(_session_as(connection.settings_dict["ROLES"]["system"]))
        stack.enter_context(every_department())
        yield


@pytest.fixture(scope="session", autouse=True)
def _doors_start_without_context() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for door, entry in ((ClientHandler, "__call__"), (BaseCommand, "execute"), (Task, "__call__")):
            patch.setattr(door, entry, _without_context(getattr(door, entry)))
        yield


def _without_context(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def called(*args: Any, **kwargs: Any) -> Any:
        with acting(**vars(Context())), _session_as("none"):
            return call(*args, **kwargs)

    return called


@contextmanager
def _session_as(role: str) -> Iterator[None]:
    """The test's connection, if there is one, acts as the role where no transaction says otherwise."""
    session = connection.connection
    if session is None or session.closed or connection.in_atomic_block:
        yield
        return
    before = session.execute("SELECT current_setting('role'), set_config('role', %s, false)", [role]).fetchone()
    try:
        yield
    finally:
        if not session.closed:
            session.execute("SELECT set_config('role', %s, false)", [before[0]])


@pytest.fixture
def owner_connection(db: None, owner_settings: dict[str, Any]) -> Iterator[psycopg.Connection]:
    """A second connection to the test database, as owner, autocommit: sees and changes committed rows only."""
    with roles.connect(owner_settings) as owner:
        yield owner


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    """Uploads and the list of seals of a test stay in the test's own folder."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SEALS_FILE = tmp_path / "published" / "seals.jsonl"
