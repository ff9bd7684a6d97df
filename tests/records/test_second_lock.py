"""Where the application's own filter is forgotten the database still keeps the rows of others, and what is open to one
piece of work is closed to the next one of the same connection."""

import datetime
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import F, QuerySet
from django.test import Client
from django.utils import timezone

from apps.audit.context import as_public, every_department
from apps.catalogue.models import InformationItem
from apps.core.lookups import Begins
from apps.departments.scope import ScopedQuerySet, acting_as, forget_grants, readable_by, within_department, writable_by
from apps.records import archiving
from apps.records.models import Record
from credit_city import roles
from tests.factories import grant, make_department, make_user
from tests.records.factories import Office, enter, put

pytestmark = pytest.mark.no_context


@pytest.fixture
def rows(market: Office, tax: Office) -> tuple[Record, Record]:
    """A record of each department."""
    with every_department():
        return enter(market), enter(tax)


def seen() -> set[int]:
    """All records that the database gives, asked without any filter."""
    return set(Record._base_manager.values_list("pk", flat=True))


def test_a_query_without_a_filter_finds_the_persons_own_rows(
    rows: tuple[Record, Record], market: Office, tax: Office
) -> None:
    own, foreign = rows
    with acting_as(market.clerk):
        assert seen() == {own.pk}
        assert Record._base_manager.filter(pk=foreign.pk).update(document_number="x") == 0
        assert set(Record.history.values_list("id", flat=True)) == {own.pk}
    with acting_as(tax.viewer):
        assert seen() == {foreign.pk}
        assert Record._base_manager.update(document_number="x") == 0
    assert seen() == set()


def test_a_grant_on_a_department_opens_those_below_it(rows: tuple[Record, Record], market: Office) -> None:
    below = make_department("market-district", parent=market.department)
    lead = make_user("lead")
    grant(lead, "view_records", market.department)
    assert readable_by(lead) == {market.department.pk, below.pk}
    assert writable_by(lead) == frozenset()
    with acting_as(lead):
        assert seen() == {rows[0].pk}
    grant(lead, "handle_objections", below)
    assert writable_by(lead) == {below.pk}


def test_nobody_and_the_closed_account_see_nothing(rows: tuple[Record, Record], market: Office) -> None:
    market.clerk.is_active = False
    for nobody in (market.clerk, make_user("new"), make_user("chief", is_superuser=True)):
        forget_grants(nobody)
        with acting_as(nobody) as context:
            assert context.clearance == ""
            assert seen() == set()


def test_work_for_a_person_within_wider_work_is_narrow(
    rows: tuple[Record, Record], market: Office, tax: Office
) -> None:
    with every_department():
        assert len(seen()) == 2
        with acting_as(market.clerk):
            assert seen() == {rows[0].pk}
            with within_department(tax.department):
                assert seen() == {rows[1].pk}
            assert seen() == {rows[0].pk}
        assert len(seen()) == 2
    assert seen() == set()


def test_a_savepoint_rolled_back_leaves_the_outer_context(rows: tuple[Record, Record], market: Office) -> None:
    with acting_as(market.clerk):
        with pytest.raises(ZeroDivisionError), transaction.atomic(), every_department():
            raise ZeroDivisionError
        assert seen() == {rows[0].pk}
        with pytest.raises(ProgrammingError), transaction.atomic(), every_department(), connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column")
        assert seen() == {rows[0].pk}
        with pytest.raises(ProgrammingError), every_department(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column")
        assert seen() == {rows[0].pk}


def session() -> tuple[str, ...]:
    """What the connection itself says outside of any transaction."""
    names = ("app.departments", "app.writable", "app.clearance", "app.user_id")
    settings = ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT current_user, {settings}")
        return tuple(cursor.fetchone())


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_on_the_connection(rows: tuple[Record, Record], market: Office) -> None:
    empty = (connection.settings_dict["USER"], "", "", "", "")
    for opened in (lambda: acting_as(market.clerk), every_department, as_public):
        with opened(), transaction.atomic():
            assert session() != empty
        assert session() == empty
        with pytest.raises(ZeroDivisionError), opened(), transaction.atomic():
            raise ZeroDivisionError
        assert session() == empty
        with pytest.raises(ProgrammingError), opened(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column")
        assert session() == empty
        # Without a transaction a context opens nothing.
        with opened():
            assert session() == empty
            assert seen() == set()
    with transaction.atomic():
        assert session() == empty
        assert seen() == set()


@pytest.mark.django_db(transaction=True)
def test_a_request_leaves_nothing_to_the_next_one(
    rows: tuple[Record, Record], market: Office, tax: Office, client: Client
) -> None:
    own, foreign = rows
    process = connection.connection.info.backend_pid
    client.force_login(market.clerk)
    page = client.get("/admin/records/record/").content.decode()
    assert own.document_number in page
    assert foreign.document_number not in page
    assert seen() == set()
    client.force_login(tax.clerk)
    page = client.get("/admin/records/record/").content.decode()
    assert foreign.document_number in page
    assert own.document_number not in page
    client.logout()
    client.get("/admin/login/")
    assert seen() == set()
    # All of it on one connection.
    assert connection.connection.info.backend_pid == process


def test_a_filter_taken_out_of_the_application_opens_no_page(
    rows: tuple[Record, Record], market: Office, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, foreign = rows

    def everything(queryset: ScopedQuerySet, user: Any, permission: str | None = None) -> QuerySet:
        return queryset.all()

    monkeypatch.setattr(ScopedQuerySet, "visible_to", everything)
    client.force_login(market.viewer)
    page = client.get("/admin/records/record/").content.decode()
    assert own.document_number in page
    assert foreign.document_number not in page
    assert client.get(f"/admin/records/record/{foreign.pk}/change/").status_code == 404
    assert client.get(f"/admin/records/record/{foreign.pk}/history/").status_code == 404


def test_history_names_the_login_behind_work_in_every_department(market: Office) -> None:
    with every_department():
        record = enter(market)
        last = Record.history.filter(id=record.pk).latest("history_id")
    assert last.history_database_user == connection.settings_dict["USER"]


def test_a_change_by_the_owner_leaves_its_row(db: None, owner_settings: dict[str, Any]) -> None:
    with roles.connect(owner_settings) as owner, owner.transaction(force_rollback=True):
        owner.execute(
            "INSERT INTO records_record (item_id, department_id, subject_id, state, document_name, document_number,"
            " decided_on, authority_name, authority_code, source_name, source_code, data, confidential,"
            " deadline_provisional, author_id, return_reason, withdrawal, withdrawal_reason, created_at, version)"
            " VALUES (1, 1, 1, 'draft', '', 'n', now(), '', '', '', '', '{}', '{}', false, 1, '', '', '', now(), 1)"
        )
        owner.execute("UPDATE records_record SET document_name = 'raw' WHERE document_number = 'n'")
        found = owner.execute(
            "SELECT history_type, history_channel, history_database_user FROM records_historicalrecord"
            " WHERE document_number = 'n' ORDER BY history_id"
        ).fetchall()
        assert found == [("+", "sql", owner.info.user), ("~", "sql", owner.info.user)]


# The public


@pytest.fixture
def published(rows: tuple[Record, Record]) -> Record:
    with every_department():
        return put(rows[0], Record.State.PUBLISHED, archive_on=timezone.localdate())


def public() -> set[int]:
    with as_public():
        return seen()


def test_the_public_sees_what_is_published_until_its_last_day(published: Record) -> None:
    assert public() == {published.pk}
    with every_department():
        Record.objects.filter(pk=published.pk).update(archive_on=timezone.localdate() - datetime.timedelta(days=1))
    assert public() == set()
    with every_department():
        Record.objects.filter(pk=published.pk).update(archive_on=None)
    assert public() == {published.pk}


@pytest.mark.parametrize("state", sorted(set(Record.State.values) - {"published"}))
def test_the_public_sees_no_other_state(published: Record, state: str) -> None:
    with every_department():
        put(published, state)
    assert public() == set()


@pytest.mark.parametrize("disclosure", ["shared", "authorised"])
def test_the_public_sees_no_item_that_is_not_disclosed_to_it(published: Record, disclosure: str) -> None:
    with every_department():
        InformationItem.objects.filter(pk=published.item_id).update(disclosure=disclosure)
    assert public() == set()


def test_the_public_reads_the_names_around_a_record_and_writes_nothing(published: Record) -> None:
    with as_public():
        found = Record.objects.select_related("subject", "item", "department").get()
        assert (found.subject.name, found.item.code) == (published.subject.name, "penalty-legal")
        for statement in (
            "UPDATE records_record SET document_name = 'x'",
            "DELETE FROM records_record",
            "UPDATE catalogue_informationitem SET name = 'x'",
            "SELECT * FROM departments_user",
            "SELECT * FROM records_attachment",
            "SELECT * FROM records_historicalrecord",
            "SELECT * FROM accounts_session",
        ):
            with (
                pytest.raises(ProgrammingError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


# What runs by itself


def test_jobs_open_what_they_need(published: Record) -> None:
    with every_department():
        Record.objects.filter(pk=published.pk).update(archive_on=datetime.date(2026, 1, 1))
    assert archiving.archive_due(datetime.date(2026, 1, 2)) == 1
    assert seen() == set()


# Searching


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("郑市监处罚〔2025〕", {"郑市监处罚〔2025〕1号", "郑市监处罚〔2025〕12号", "郑市监处罚〔2025〕"}),
        ("郑市监处罚〔2025〕1", {"郑市监处罚〔2025〕1号", "郑市监处罚〔2025〕12号"}),
        ("50%_", {"50%_a"}),
        ("a\ud7ff", set()),
        ("a\U0010ffff", {"a\U0010ffffb"}),
    ],
)
def test_begins_is_to_the_letter(market: Office, term: str, found: set[str]) -> None:
    numbers = [
        "郑市监处罚〔2025〕1号",
        "郑市监处罚〔2025〕12号",
        "郑市监处罚〔2025〕",
        "郑市监处罚〔2026〕1号",
        "50%_a",
        "50xya",
    ]
    with every_department():
        for number in (*numbers, "a\U0010ffffb", "b"):
            enter(market, document_number=number)
    with acting_as(market.viewer):
        hits = Record.objects.filter(Begins(F("document_number"), term))
        assert set(hits.values_list("document_number", flat=True)) == found
