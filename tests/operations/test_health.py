"""What those who watch over the platform may ask, and what they are told."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.operations import health


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    health._migrated = False
    yield
    health._migrated = False


def lose_months(owner: Any, since: int) -> None:
    """Remove the partitions of one table from the month so many from now on."""
    months = owner.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_accessentry'::regclass"
        " AND inhrelid::regclass::text !~ 'default' ORDER BY 1 DESC LIMIT %s",
        [4 - since],
    )
    for (name,) in months.fetchall():
        owner.execute(f"DROP TABLE {name}")


def test_alive_asks_nobody(client: Client) -> None:
    # No database is open to this test: a query would fail it.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_the_schema_is_current_and_honest_about_the_worker(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"database": "ok", "schema": "ok", "worker": "failing", "months": "ok"}


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "told"), [("10 seconds", "ok"), ("5 minutes", "failing")])
def test_a_worker_is_known_by_its_heartbeat(client: Client, age: str, told: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval)", [age])
    assert client.get("/readyz").json()["worker"] == told


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("last", "told"), [(3, "ok"), (2, "failing"), (0, "failing")])
def test_a_month_that_nobody_made_is_told(client: Client, owner_connection: Any, last: int, told: str) -> None:
    lose_months(owner_connection, last)
    try:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["months"]) == (200, told)
    finally:
        owner_connection.execute("SELECT make_months_ahead()")


@pytest.mark.django_db
def test_not_ready_before_the_migrations_ran(client: Client, owner_connection: Any) -> None:
    row = owner_connection.execute(
        "DELETE FROM django_migrations WHERE app = 'records'"
        " AND name = (SELECT max(name) FROM django_migrations WHERE app = 'records') RETURNING app, name, applied"
    ).fetchone()
    try:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["schema"]) == (503, "failing")
    finally:
        owner_connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", row)
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_not_ready_without_a_database_and_nothing_is_told_of_it(client: Client, no_database: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == dict.fromkeys(["database", "schema", "worker", "months"], "failing")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_says_nothing_is_not_waited_for(client: Client) -> None:
    login = {name: connection.settings_dict[name] for name in ("HOST", "PORT")}
    connection.close()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connection.settings_dict.update(HOST="127.0.0.1", PORT=str(silent.getsockname()[1]))
        try:
            begun = time.monotonic()
            answer = client.get("/readyz")
            took = time.monotonic() - begun
        finally:
            connection.settings_dict.update(login)
    assert (answer.status_code, answer.json()["database"]) == (503, "failing")
    assert took < 2 * health.PATIENCE_SECONDS


@pytest.mark.django_db(transaction=True)
def test_a_table_that_somebody_holds_is_not_waited_for(client: Client, owner_connection: Any) -> None:
    with owner_connection.transaction():
        owner_connection.execute("LOCK TABLE procrastinate_workers")
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["worker"]) == (200, "failing")


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.django_db
def test_they_are_only_read(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
