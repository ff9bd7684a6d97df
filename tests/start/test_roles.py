"""Two roles in the database: the application works, and cannot go round its limits."""

import psycopg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from apps.audit.history import history_tables
from credit_city import postgres, roles


@pytest.fixture
def server(owner_settings):
    """A connection as owner that holds the lock on roles."""
    with roles.maintenance(owner_settings) as maintenance:
        yield maintenance


@pytest.fixture
def extra_role(server):
    """Makes roles that are gone after the test."""
    made = []

    def make(name: str, options: str = "") -> str:
        made.append(name)
        server.execute(f"DROP ROLE IF EXISTS {name}")
        server.execute(f"CREATE ROLE {name} LOGIN {options}")
        return name

    yield make
    for name in made:
        server.execute(f"DROP ROLE IF EXISTS {name}")


def refused(statement: str) -> bool:
    from django.db import transaction
    from django.db.utils import ProgrammingError

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except ProgrammingError as error:
        return isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege)
    return False


@pytest.mark.django_db
def test_tests_and_product_work_as_a_role_without_privileges():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole AND relpersistence <> 't'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_the_application_reads_and_writes_its_tables_and_stages_in_temporary_ones():
    ContentType.objects.create(app_label="start", model="thing")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE staging (line int) ON COMMIT DROP")
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE sneaked (id int)",
        "CREATE FUNCTION sneaked() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE django_content_type ADD COLUMN sneaked int",
        "ALTER TABLE django_content_type DISABLE TRIGGER ALL",
        "DROP TABLE django_content_type",
        "TRUNCATE django_content_type CASCADE",
        "DELETE FROM django_migrations",
        "CREATE ROLE sneaked",
    ],
)
def test_the_application_cannot_change_the_schema(statement):
    assert refused(statement)


@pytest.mark.django_db
def test_history_is_append_only_for_the_application():
    tables = history_tables()
    assert tables
    for table in tables:
        assert refused(f'INSERT INTO "{table}" DEFAULT VALUES'), table
        assert refused(f'UPDATE "{table}" SET history_change_reason = NULL'), table
        assert refused(f'DELETE FROM "{table}"'), table
        assert refused(f'TRUNCATE "{table}"'), table
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT count(*) FROM "{table}"')


@pytest.mark.django_db
def test_tables_of_a_later_migration_are_usable_at_once(owner_connection):
    owner_connection.execute("CREATE TABLE later (id serial PRIMARY KEY)")
    try:
        with roles.connect(connection.settings_dict) as app:
            assert app.execute("INSERT INTO later DEFAULT VALUES RETURNING id").fetchone() == (1,)
    finally:
        owner_connection.execute("DROP TABLE later")


@pytest.mark.django_db
def test_other_roles_get_into_the_database_no_more(owner_connection):
    row = owner_connection.execute(
        "SELECT count(*) FROM pg_database, aclexplode(datacl) WHERE datname = current_database() AND grantee = 0"
    ).fetchone()
    assert row == (0,)


@pytest.mark.parametrize("options", ["CREATEROLE", "BYPASSRLS", "SUPERUSER"])
def test_a_role_that_could_go_round_its_limits_is_refused(server, extra_role, owner_settings, options):
    try:
        name = extra_role("start_too_strong", options)
    except psycopg.errors.InsufficientPrivilege:
        pytest.skip("this server's owner cannot make such a role in the first place")
    with pytest.raises(roles.DatabaseError, match="start_too_strong"):
        roles.ensure_app_role(server, owner_settings | {"USER": name}, may_set_password=False)


def test_a_role_that_acts_as_the_owner_is_refused(server, extra_role, owner_settings):
    name = extra_role("start_kin")
    try:
        server.execute(f"GRANT {owner_settings['USER']} TO {name}")
    except psycopg.errors.InsufficientPrivilege:
        pytest.skip("this server's owner cannot hand itself out")
    with pytest.raises(roles.DatabaseError, match="acts as the owner"):
        roles.ensure_app_role(server, owner_settings | {"USER": name}, may_set_password=False)


def test_making_the_role_again_changes_nothing(server, extra_role, owner_settings):
    settings = owner_settings | {"USER": extra_role("start_again"), "PASSWORD": "a-b-c-d-e-f-1-2-3"}
    server.execute("DROP ROLE start_again")
    for _ in range(2):
        roles.ensure_app_role(server, settings, may_set_password=True)
    if not postgres.is_embedded():
        roles.connect(settings, database="postgres").close()


def test_an_unreachable_server_is_said_in_one_line(owner_settings):
    with (
        pytest.raises(roles.DatabaseError, match=r"^Cannot reach PostgreSQL at 127\.0\.0\.1:1 as .*") as caught,
        roles.maintenance(owner_settings | {"HOST": "127.0.0.1", "PORT": "1"}),
    ):
        pass
    assert "\n" not in str(caught.value)


@pytest.mark.django_db(transaction=True)
def test_committed_rows_of_a_test_are_emptied_by_the_owner():
    ContentType.objects.create(app_label="start", model="left behind")


@pytest.mark.django_db
def test_nothing_is_left_of_the_test_before():
    assert not ContentType.objects.filter(app_label="start").exists()
