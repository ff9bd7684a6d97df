"""Rows to seal, and hands that reach round the application."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

from apps.audit.seals import texts
from apps.audit.seals.findings import Report
from apps.audit.seals.tables import sealed_tables
from apps.audit.seals.verification import verify
from apps.core.models import CalendarDay
from credit_city import roles

TABLE = "core_historicalcalendarday"
_days = count()


def day() -> datetime.date:
    """A Monday that no test has used yet, and that no delivered calendar knows."""
    return datetime.date(2100, 1, 4) + datetime.timedelta(weeks=next(_days))


def make_days(number: int = 1) -> list[int]:
    """Make calendar days, one history row each; returns the ids of the history rows."""
    made = [
        CalendarDay.objects.create(date=day(), is_working=False, name="元旦", source="国办通知") for _ in range(number)
    ]
    return list(
        CalendarDay.history.filter(date__in=[each.date for each in made]).order_by("pk").values_list("pk", flat=True)
    )


@contextmanager
def second_application() -> Iterator[psycopg.Connection]:
    """Another process of the application, in a transaction of its own that is rolled back unless it commits."""
    with roles.connect(connection.settings_dict) as other:
        other.autocommit = False
        yield other
        other.rollback()


def add_day(other: psycopg.Connection) -> datetime.date:
    """Make a calendar day through another connection."""
    date = day()
    other.execute(
        "INSERT INTO core_calendarday (date, is_working, name, source, updated)"
        " VALUES (%s, false, '元旦', '通知', now())",
        [date],
    )
    return date


def found(**options: Any) -> list[tuple[str, int | None]]:
    """What a verification finds: kind, and history row or seal."""
    report: Report = verify(**options)
    return [(finding.kind.value, finding.history_id or finding.seal or finding.line) for finding in report.findings]


def leaves(owner: psycopg.Connection, table: str = TABLE) -> list[bytes]:
    """What the rows of a table are sealed as today, computed by another session."""
    (known,) = (each for each in sealed_tables() if each.name == table)
    texts.fixed_form(owner)
    query = sql.SQL("SELECT {} FROM {} AS h ORDER BY {}").format(
        texts.row_hash(table, known.columns, "h"), sql.Identifier(table), sql.Identifier(known.key)
    )
    return [digest for (digest,) in owner.execute(query)]
