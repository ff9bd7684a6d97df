"""Some changes nobody makes without saying why; the database refuses them, whatever door they come through."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from apps.audit.context import acting
from apps.exchange.models import Batch
from apps.records.models import Record
from apps.subjects.models import Subject
from tests.delivered import load_rules
from tests.records.factories import Office, enter, item, office, put
from tests.subjects import factories as subjects

WRONG_CHECK = "91350211M0000XUF46"
"""A unified code that was issued with a wrong check character."""

Change = Callable[[], Any]


@pytest.fixture
def market(db: None) -> Office:
    load_rules()
    return office("market-supervision")


@pytest.fixture
def published(market: Office) -> Record:
    return put(enter(market), "published")


def set_state(row: Any, state: str, **more: Any) -> Change:
    return lambda: type(row).objects.filter(pk=row.pk).update(state=state, **more)


@pytest.fixture
def changes(market: Office, published: Record) -> dict[str, Change]:
    """The changes that need a reason, through the ORM and in SQL."""
    one, other, merged, damaged = (subjects.subject(number) for number in (7001, 7002, 7003, 7004))
    with acting(reason="同一主体"):
        Subject.objects.filter(pk=merged.pk).update(merged_into=other)
    batch = Batch.objects.create(
        department=market.department,
        item=item(),
        uploaded_by=market.clerk,
        state="loaded",
        size=1,
        original_name="x.xlsx",
    )

    def sql(statement: str, *values: Any) -> Change:
        def run() -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)

        return run

    return {
        "withdraw": set_state(published, "withdrawn", withdrawal="revoked"),
        "withdraw in sql": sql("UPDATE records_record SET state = 'withdrawn', withdrawal = 'varied'"),
        "merge": lambda: Subject.objects.filter(pk=one.pk).update(merged_into=other),
        "merge elsewhere": lambda: Subject.objects.filter(pk=merged.pk).update(merged_into=one),
        "take a merge back": lambda: Subject.objects.filter(pk=merged.pk).update(merged_into=None),
        "enter as merged": lambda: subjects.subject(7005, merged_into=other),
        "override": lambda: Subject.objects.filter(pk=damaged.pk).update(uscc=WRONG_CHECK, override_reason="执照如此"),
        "override at once": lambda: subjects.subject(7006, uscc=WRONG_CHECK, override_reason="执照如此"),
        "override in bulk": lambda: Subject.objects.bulk_create(
            [Subject(kind="legal_entity", name="甲", match_name="甲", uscc=WRONG_CHECK, override_reason="执照如此")]
        ),
        "undo": set_state(batch, "undone"),
        "correct": lambda: Record.objects.filter(pk=published.pk).update(document_number="另一号"),
        "correct a field": lambda: Record.objects.filter(pk=published.pk).update(data={"facts": "无"}),
        "correct in sql": sql("UPDATE records_record SET decided_on = decided_on + 1 WHERE id = %s", published.pk),
    }


NAMES = [
    "withdraw", "withdraw in sql", "merge", "merge elsewhere", "take a merge back", "enter as merged", "override",
    "override at once", "override in bulk", "undo", "correct", "correct a field", "correct in sql",
]  # fmt: skip


def test_the_list_is_whole(changes: dict[str, Change]) -> None:
    assert set(changes) == set(NAMES)


@pytest.mark.parametrize(("name", "reason"), [*((name, "") for name in NAMES), ("withdraw", "  ")])
def test_refused_without_a_reason(changes: dict[str, Change], name: str, reason: str) -> None:
    with (
        pytest.raises(IntegrityError, match="A reason is missing") as error,
        acting(reason=reason),
        transaction.atomic(),
    ):
        changes[name]()
    assert "SET LOCAL app.reason" in str(error.value)


@pytest.mark.parametrize("name", NAMES)
def test_done_with_one(changes: dict[str, Change], name: str) -> None:
    with acting(reason="查明属实"):
        changes[name]()
    found = [model.history.filter(history_change_reason="查明属实").count() for model in (Record, Subject, Batch)]
    assert sum(found) == 1


def test_what_says_nothing_new_needs_no_reason(published: Record, market: Office) -> None:
    draft = enter(market)
    Record.objects.filter(pk=draft.pk).update(document_number="草稿另一号")
    Record.objects.filter(pk=published.pk).update(document_number=published.document_number, deadline=None)
    put(draft, "submitted")
    put(draft, "published")
    put(draft, "archived")


class TestDatabaseSession:
    """A psql session: what it may do stands in the history under its own login."""

    @pytest.mark.django_db(transaction=True)
    def test_a_transition_needs_a_reason_there_too(self, owner_connection: psycopg.Connection) -> None:
        load_rules()
        record = put(enter(office()), "published")
        withdraw = "UPDATE records_record SET state = 'withdrawn', withdrawal = 'revoked'"
        with pytest.raises(psycopg.errors.CheckViolation, match=f"withdrawing a record.*row {record.pk}"):
            owner_connection.execute(withdraw)
        with owner_connection.transaction():
            owner_connection.execute("SET LOCAL app.reason = '法院判决'")
            owner_connection.execute(withdraw)
        last = record.history.latest("history_id")
        assert (last.state, last.history_change_reason, last.history_channel) == ("withdrawn", "法院判决", "sql")

    @pytest.mark.django_db(transaction=True)
    def test_a_mended_row_names_the_login(self, owner_connection: psycopg.Connection) -> None:
        load_rules()
        record = put(enter(office()), "published")
        owner_connection.execute("UPDATE records_record SET document_number = '改号'")
        last = record.history.latest("history_id")
        assert (last.document_number, last.history_channel) == ("改号", "sql")
        assert (last.history_user_id, last.history_change_reason) == (None, None)
        assert last.history_database_user == owner_connection.info.user

    @pytest.mark.django_db(transaction=True)
    def test_it_does_not_pass_for_a_person(self, owner_connection: psycopg.Connection) -> None:
        load_rules()
        of = office()
        record = put(enter(of), "published")
        with owner_connection.transaction():
            owner_connection.execute(
                "SELECT set_config('app.user_id', %s, true), set_config('app.channel', 'admin', true)",
                [str(of.clerk.pk)],
            )
            owner_connection.execute("UPDATE records_record SET document_number = '改号'")
        last = record.history.latest("history_id")
        assert (last.history_channel, last.history_user_id) == ("sql", None)
        assert last.history_database_user == owner_connection.info.user
