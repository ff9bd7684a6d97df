"""The log tells which request went wrong and where in the code, and nothing that anybody wrote."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from apps.audit.context import acting
from apps.operations.logs import DocumentFormatter, LineFormatter, RequestId
from apps.records.models import Record
from tests.delivered import load_rules
from tests.factories import make_department
from tests.records import factories
from tests.records.factories import penalty
from tests.records.test_pages import ADD, logged_in, posted

SECRET = "41010119900307771X"
FORMATTERS = [LineFormatter("%(levelname)s %(request_id)s %(message)s"), DocumentFormatter()]


def written(formatter: logging.Formatter, **extra: Any) -> str:
    error = sys.exc_info()
    record = logging.getLogger("test").makeRecord(
        "test", logging.ERROR, __file__, 1, "it broke", (), error if error[0] else None, extra=extra or None
    )
    RequestId().filter(record)
    return formatter.format(record)


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_an_exception_is_told_by_its_kind_and_place_alone(formatter: logging.Formatter) -> None:
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise RuntimeError(f"no number: {SECRET}") from error
    except RuntimeError:
        line = written(formatter)
    assert SECRET not in line
    assert "builtins.ValueError" in line and "builtins.RuntimeError" in line and "test_logs.py" in line
    assert line.index("ValueError") < line.index("builtins.RuntimeError")


@pytest.mark.django_db
@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a_database_error_is_told_with_its_constraint_and_without_the_row(formatter: logging.Formatter) -> None:
    make_department("known", name=SECRET)
    try:
        with transaction.atomic():
            make_department("other", name=SECRET)
    except IntegrityError as error:
        assert SECRET in str(error)
        line = written(formatter)
    assert SECRET not in line
    assert "23505" in line and "departments_department" in line


def test_a_document_holds_the_known_fields_and_nothing_that_a_library_added() -> None:
    with acting(request_id="abc"):
        found = json.loads(written(DocumentFormatter(), request={"q": SECRET}, job={"number": SECRET}))
    assert set(found) == {"time", "level", "logger", "message", "request_id"}
    assert (found["request_id"], found["level"], found["message"]) == ("abc", "ERROR", "it broke")


@pytest.mark.parametrize("formatter", FORMATTERS)
def test_a_line_tells_its_time_with_the_zone(formatter: logging.Formatter) -> None:
    formatter = LineFormatter("%(asctime)s") if isinstance(formatter, LineFormatter) else formatter
    line = written(formatter)
    [moment] = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", line)
    assert abs((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()) < 60


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "logged"),
    [
        (f"/admin/subjects/subject/{SECRET}/change/", "/admin/subjects/subject/…X/change/"),
        ("/admin/subjects/subject/%E5%BC%A0%E4%B8%89/change/", "/admin/subjects/subject/…/change/"),
        ("/admin/x%0A2026-11-29 INFO forged", "/admin/x…2026-11-29…INFO…forged"),
        ("/admin/records/record/4711/change/", "/admin/records/record/4711/change/"),
    ],
)
def test_what_somebody_typed_into_the_address_bar_is_left_out(
    client: Client, caplog: pytest.LogCaptureFixture, typed: str, logged: str
) -> None:
    with caplog.at_level(logging.INFO):
        answer = client.get(typed)
    [line] = [record.getMessage() for record in caplog.records if record.name == "credit_city.requests"]
    assert re.fullmatch(rf"GET {re.escape(logged)} {answer.status_code} \d+ ms", line)


@pytest.mark.django_db
def test_a_request_is_logged_with_the_id_it_is_answered_with_and_without_its_query(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.addFilter(RequestId())
    with caplog.at_level(logging.INFO, logger="credit_city.requests"):
        answer = client.get(f"/admin/login/?q={SECRET}", headers={"X-Request-ID": "forged"})
    [record] = [record for record in caplog.records if record.name == "credit_city.requests"]
    assert re.fullmatch(r"GET /admin/login/ 200 \d+ ms", record.getMessage())
    assert answer["X-Request-ID"] == record.request_id  # type: ignore[attr-defined]
    assert re.fullmatch("[0-9a-f]{32}", answer["X-Request-ID"])


@pytest.mark.django_db
def test_the_history_bears_the_same_id() -> None:
    load_rules()
    market = factories.office("market-supervision")
    answer = logged_in(market.clerk).post(ADD, posted(penalty(market), _save="1"))
    [entered] = Record.history.all()  # type: ignore[attr-defined]
    assert entered.history_request_id == answer["X-Request-ID"]
