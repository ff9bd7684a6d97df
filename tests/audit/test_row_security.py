"""The database's own lock: without a context there are no rows, with one only those it opens, and none but those may
be written. Asked of every table that says it has row security, history included."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.core.checks import run_checks
from django.db import ProgrammingError, connection, models, transaction
from psycopg import sql

from apps.audit import row_security
from apps.audit.context import INTERNAL, acting, as_public, every_department
from apps.audit.history import HistoryRow
from apps.audit.row_security import DepartmentRows, InternalRows, RowsOf, guarded_models, security_of
from apps.departments.models import Department
from apps.departments.scope import within_department
from apps.records.models import Attachment, Record
from credit_city import roles
from tests.factories import make_department

from .planting import owned_models, plant

pytestmark = pytest.mark.no_context

Rows = dict[type[models.Model], models.Model]
OF_DEPARTMENTS = [model for model in owned_models() if isinstance(security_of(model), (DepartmentRows, RowsOf))]
# To the others the application only adds.
CHANGEABLE = [model for model in OF_DEPARTMENTS if not getattr(model, "add_only", False)]
DIRECT = [model for model in owned_models() if isinstance(security_of(model), DepartmentRows)]
WITH_HISTORY = [model for model in guarded_models() if issubclass(model, HistoryRow)]


def label(model: type[models.Model]) -> str:
    return model._meta.label


def number(model: type[models.Model]) -> int:
    return model._base_manager.count()


@contextmanager
def not_kept() -> Iterator[None]:
    """A part of the test's transaction that is rolled back before its foreign keys are checked."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def departments(db: None) -> tuple[Department, Department]:
    return make_department("market"), make_department("tax")


@pytest.fixture
def planted(departments: tuple[Department, Department]) -> Iterator[tuple[Rows, Rows]]:
    """A row of each of both departments in every table, until the end of the test."""
    with not_kept():
        with every_department():
            both = plant(departments[0]), plant(departments[1])
        yield both


def refused() -> Any:
    return pytest.raises(ProgrammingError, match="row-level security")


# Reading


def test_without_a_context_every_table_is_empty(planted: tuple[Rows, Rows]) -> None:
    with every_department():
        assert {label(model) for model in guarded_models() if number(model) < 2} == set()
    assert {label(model) for model in guarded_models() if number(model)} == set()


def test_a_context_that_opens_no_department_opens_none(planted: tuple[Rows, Rows]) -> None:
    with acting(user_id=1, clearance=INTERNAL):
        assert {label(model) for model in OF_DEPARTMENTS if number(model)} == set()


@pytest.mark.parametrize("model", OF_DEPARTMENTS, ids=label)
def test_a_department_sees_its_own_row(
    planted: tuple[Rows, Rows], departments: tuple[Department, Department], model: type[models.Model]
) -> None:
    for department, rows in zip(departments, planted, strict=True):
        with within_department(department):
            assert [row.pk for row in model._base_manager.all()] == [rows[model].pk]


def test_a_department_sees_the_history_of_its_own_rows(
    planted: tuple[Rows, Rows], departments: tuple[Department, Department]
) -> None:
    for department, rows in zip(departments, planted, strict=True):
        with within_department(department):
            for model in WITH_HISTORY:
                kept: Any = model.instance_type  # type: ignore[attr-defined]
                if kept in OF_DEPARTMENTS:
                    keys = model._base_manager.values_list(kept._meta.pk.attname, flat=True)
                    assert list(keys) == [rows[kept].pk], label(model)


def test_several_departments_are_seen_together(
    planted: tuple[Rows, Rows], departments: tuple[Department, Department]
) -> None:
    with acting(readable=frozenset(each.pk for each in departments)):
        assert {label(model) for model in OF_DEPARTMENTS if number(model) != 2} == set()


def test_what_belongs_to_no_department_wants_a_clearance(planted: tuple[Rows, Rows]) -> None:
    apart = [model for model in owned_models() if isinstance(security_of(model), InternalRows)]
    assert apart
    with acting(clearance=INTERNAL):
        assert {label(model) for model in apart if number(model) != 2} == set()


# Writing


def test_who_may_only_read_changes_nothing(
    planted: tuple[Rows, Rows], departments: tuple[Department, Department]
) -> None:
    with acting(readable=frozenset([departments[0].pk])):
        assert {label(model) for model in OF_DEPARTMENTS if number(model) != 1} == set()
        for model in CHANGEABLE:
            key = model._meta.pk.attname
            assert model._base_manager.update(**{key: models.F(key)}) == 0, label(model)
            assert model._base_manager.all()._raw_delete("default") == 0, label(model)
            assert not model._base_manager.select_for_update().exists(), label(model)


def test_rows_of_another_department_are_not_inserted(departments: tuple[Department, Department]) -> None:
    with not_kept(), every_department():
        rows = plant(departments[1])
        for model in reversed(OF_DEPARTMENTS):
            if model not in CHANGEABLE:
                rows[model].pk = None
                with within_department(departments[0]), refused(), transaction.atomic():
                    model._base_manager.bulk_create([rows[model]])
                continue
            model._base_manager.filter(pk=rows[model].pk)._raw_delete("default")
            with within_department(departments[0]), refused(), transaction.atomic():
                model._base_manager.bulk_create([rows[model]])
            # The others of the table stand on it.
            with every_department():
                model._base_manager.bulk_create([rows[model]])


@pytest.mark.parametrize("model", DIRECT, ids=label)
def test_a_row_is_not_moved_to_another_department(
    planted: tuple[Rows, Rows], departments: tuple[Department, Department], model: type[models.Model]
) -> None:
    own, foreign = departments
    with within_department(own), refused(), transaction.atomic():
        model._base_manager.update(department=foreign)
    # Nor fetched from there.
    with within_department(own):
        assert model._base_manager.filter(department=foreign).update(department=own) == 0


def test_nothing_is_written_without_a_context(planted: tuple[Rows, Rows]) -> None:
    for model in owned_models():
        if not getattr(model, "add_only", False):
            assert model._base_manager.all()._raw_delete("default") == 0, label(model)
        row = planted[0][model]
        with refused(), transaction.atomic():
            model._base_manager.bulk_create([row])


@pytest.mark.parametrize("statement", ["UPDATE {} SET history_type = '+'", "DELETE FROM {}"])
def test_history_is_not_rewritten_from_every_department_either(db: None, statement: str) -> None:
    for model in WITH_HISTORY:
        with (
            every_department(),
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(f'"{model._meta.db_table}"'))


# The public


def test_the_public_reads_no_table_that_does_not_say_so(planted: tuple[Rows, Rows]) -> None:
    public = set(row_security.public_tables())
    with as_public():
        for model in guarded_models():
            table = model._meta.db_table
            if table not in public:
                with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                    number(model)


# The declarations


def test_a_model_that_says_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert row_security.undeclared() == []
    monkeypatch.delattr(Record, "row_security")
    found = {model._meta.label for model in row_security.undeclared()}
    assert found == {"records.Record", "records.HistoricalRecord"}
    assert {each.obj for each in run_checks() if each.id == "audit.E002"} == set(row_security.undeclared())


def test_a_model_of_somebody_else_must_say_so_when_it_points_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_security, "_is_ours", lambda model: False)
    monkeypatch.delattr(Attachment, "row_security")
    assert Attachment in row_security.undeclared()


def test_rows_of_an_open_table_are_no_lock() -> None:
    with pytest.raises(TypeError, match="has no row security to go by"):
        RowsOf("item").write(Record, "records_record")


# The database


@pytest.fixture
def owner(owner_connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The owner, who puts everything back in the end and waits for nobody who holds a table."""
    owner_connection.execute("SET lock_timeout = '10s'")
    yield owner_connection
    row_security.sync_policies(owner_connection, connection.settings_dict["ROLES"])


def differences() -> list[str]:
    """What the application role finds, in a session of its own: looking holds the tables until a transaction ends."""
    with roles.connect(connection.settings_dict) as session:
        return row_security.differences(session, connection.settings_dict["ROLES"])


@pytest.mark.django_db(transaction=True)
def test_the_check_of_the_database_names_what_differs(owner: psycopg.Connection) -> None:
    assert differences() == []
    owner.execute("DROP POLICY read ON records_record")
    found = [each for each in run_checks(databases=["default"]) if each.id == "audit.E001"]
    assert [each.msg for each in found] == ["records_record: the policy read is missing"]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("ALTER POLICY read ON records_record USING (true)", "the policy read is not what the model declares"),
        ("ALTER POLICY insert ON records_record TO PUBLIC", "the policy insert is not what the model declares"),
        ("COMMENT ON POLICY read ON records_record IS NULL", "the policy read is not what the model declares"),
        ("DROP POLICY delete ON records_record", "the policy delete is missing"),
        ("CREATE POLICY mine ON records_record USING (true)", "there is a policy mine that the model does not declare"),
        ("ALTER TABLE records_record NO FORCE ROW LEVEL SECURITY", "row security must be on and forced"),
        ("ALTER TABLE records_record DISABLE ROW LEVEL SECURITY", "row security must be on and forced"),
    ],
)
def test_a_policy_changed_by_hand_is_told_and_put_back(owner: psycopg.Connection, statement: str, told: str) -> None:
    owner.execute(statement)  # type: ignore[call-overload]
    assert differences() == [f"records_record: {told}"]
    changed = row_security.sync_policies(owner, connection.settings_dict["ROLES"])
    assert changed == ["records_record"]
    assert differences() == []


def test_a_table_that_is_open_is_open(owner: psycopg.Connection) -> None:
    owner.execute("ALTER TABLE subjects_subject ENABLE ROW LEVEL SECURITY")
    assert differences() == ["subjects_subject: row security must be off"]


def test_nothing_is_touched_where_nothing_differs(owner: psycopg.Connection) -> None:
    before = owner.execute("SELECT array_agg(oid ORDER BY oid) FROM pg_policy").fetchone()
    assert row_security.sync_policies(owner, connection.settings_dict["ROLES"]) == []
    assert owner.execute("SELECT array_agg(oid ORDER BY oid) FROM pg_policy").fetchone() == before


def test_the_application_cannot_open_a_table(db: None) -> None:
    for statement in (
        "ALTER TABLE records_record DISABLE ROW LEVEL SECURITY",
        "ALTER POLICY read ON records_record USING (true)",
        "DROP POLICY read ON records_record",
        "SET row_security = off; SELECT count(*) FROM records_record",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_login_without_a_context_sees_no_row(owner: psycopg.Connection, db: None) -> None:
    """What ``psql`` shows that somebody opens with the application's password."""
    with roles.connect(connection.settings_dict) as session:
        for model in guarded_models():
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(model._meta.db_table))
            assert session.execute(query).fetchone() == (0,)
