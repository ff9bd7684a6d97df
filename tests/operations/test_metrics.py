"""The numbers a monitoring system collects."""

import datetime
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from apps.exchange.models import Batch
from apps.notices.models import Delivery
from apps.records.models import Record
from tests.delivered import load_rules
from tests.exchange import files
from tests.notices.factories import make_webhook
from tests.operations.test_health import lose_months
from tests.records import factories
from tests.records.factories import enter, put

TOKEN = "a-token-for-this-test"


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def scrape(client: Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def number(client: Client, name: str, **labels: str) -> float | None:
    return scrape(client).get((f"credit_city_{name}", tuple(sorted(labels.items()))))


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer another"}, {"Authorization": "Bearer "}])
def test_the_page_does_not_exist_without_the_token(client: Client, headers: dict[str, str]) -> None:
    assert client.get("/metrics", headers=headers).status_code == 404


@pytest.mark.django_db
def test_the_page_does_not_exist_where_no_token_is_set(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
def test_requests_are_counted_by_page_never_by_address(client: Client) -> None:
    labels = {"page": "admin:login", "method": "GET", "status": "200"}
    before = number(client, "request_seconds_count", **labels) or 0
    client.get("/admin/login/?next=/admin/subjects/subject/%3Fq=张三")
    assert number(client, "request_seconds_count", **labels) == before + 1
    assert not any("张三" in value for _name, found in scrape(client) for _label, value in found)


def test_without_a_database_requests_are_still_told(client: Client, no_database: None) -> None:
    client.get("/readyz")
    found = scrape(client)
    assert found["credit_city_database", ()] == 0
    assert found["credit_city_request_seconds_count", (("method", "GET"), ("page", "ready"), ("status", "503"))] >= 1
    assert not any(name.startswith("credit_city_jobs") for name, _labels in found)


@pytest.mark.django_db
def test_jobs_that_wait_are_told_with_the_age_of_the_oldest(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('exchange', 'x', 'todo')"
        )
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '90 seconds'")
        cursor.execute("INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('q', 'x', 'failed')")
    assert number(client, "jobs", queue="exchange", status="todo") == 1
    assert number(client, "jobs", queue="q", status="failed") == 1
    assert number(client, "oldest_waiting_job_seconds", queue="exchange") == pytest.approx(90, abs=30)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("since", [3, 0])
def test_the_months_that_history_is_ready_for_are_told(
    client: Client, owner_connection: psycopg.Connection, since: int
) -> None:
    assert (number(client, "months_ahead"), number(client, "database")) == (3, 1)
    lose_months(owner_connection, since)
    try:
        assert number(client, "months_ahead") == since - 1
    finally:
        owner_connection.execute("SELECT make_months_ahead()")


@pytest.mark.django_db
def test_messages_to_webhooks_that_have_not_arrived_are_told(client: Client) -> None:
    webhook = make_webhook()
    for state in ("waiting", "failed", "failed", "given-up", "delivered"):
        Delivery.objects.create(webhook=webhook, event="x", state=state)
    found = {state: number(client, "webhook_messages", state=state) for state in Delivery.State.values}
    assert found == {"waiting": 1, "failed": 2, "given-up": 1, "delivered": None}


@pytest.mark.django_db
def test_imports_and_the_publication_clock_are_told_per_department(client: Client) -> None:
    load_rules()
    market = factories.office("market-supervision")
    files.load(market, files.xlsx(files.table([files.row(market, 1), files.row(market, 2, fine_amount="x")])))
    late = put(enter(market), "submitted")
    Record.objects.filter(pk=late.pk).update(deadline=datetime.date(2020, 1, 2))
    Record.objects.exclude(pk=late.pk).update(deadline=datetime.date(2100, 1, 2))
    assert number(client, "import_batches", state=Batch.State.LOADED) == 1
    assert number(client, "import_rows", result="accepted") == 1
    assert number(client, "import_rows", result="rejected") == 1
    assert number(client, "publication_clock_records", clock="waiting", department="market-supervision") == 2
    assert number(client, "publication_clock_records", clock="overdue", department="market-supervision") == 1
