"""Numbers for Prometheus: requests as they pass, and the state of jobs, messages, imports and clocks when it asks.

No label holds personal data, nor anything a person typed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Final

from django.db import DatabaseError, connection, transaction
from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.values import MutexValue, ValueClass

from apps.audit.context import every_department
from apps.audit.partitions import months_ahead
from apps.departments.models import Department
from apps.exchange.models import Batch
from apps.notices.models import Delivery
from apps.objections import states
from apps.objections.models import Case
from apps.records.models import Record
from apps.records.rules import WAITING

from .health import database_answers

logger = logging.getLogger(__name__)

REQUESTS: Final = Histogram(
    "credit_city_request_seconds",
    "Time from the request's arrival to its answer.",
    ["page", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
"""``page`` is the name of the URL pattern; addresses hold keys of rows."""


class StateCollector(Collector):
    """Asks the database when it is scraped; every web process would give the same answer, so none keeps it.

    Without a database the numbers of requests are still told, and that there is none.
    """

    def collect(self) -> Iterator[Metric]:
        try:
            database_answers()
            # Whoever takes the numbers one by one must not do so with every department open.
            found = list(self._state())
        except DatabaseError:
            logger.exception("metrics")
            found = []
        yield from _gauge("database", "Whether the database answers: 1 or 0.", [], [(bool(found),)])
        yield from found

    def _state(self) -> Iterator[Metric]:
        families = (_jobs, _oldest_job, _worker, _months, _messages, _batches, _rows, _clocks, _cases)
        with transaction.atomic(), every_department():
            for family in families:
                yield from family()


def registry() -> CollectorRegistry:
    """All metrics of all web processes, and the state of the platform."""
    found = CollectorRegistry()
    if ValueClass is MutexValue:
        found.register(_OfThisProcess())
    else:
        MultiProcessCollector(found)
    found.register(StateCollector())
    return found


class _OfThisProcess(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()


def _rows_of(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _gauge(name: str, text: str, labels: list[str], rows: list[tuple]) -> Iterator[Metric]:
    family = GaugeMetricFamily(f"credit_city_{name}", text, labels=labels)
    for *values, number in rows:
        family.add_metric([str(value) for value in values], float(number))
    yield family


def _jobs() -> Iterator[Metric]:
    rows = _rows_of(
        "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs"
        " WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return _gauge("jobs", "Background jobs that wait, run or have failed.", ["queue", "status"], rows)


def _oldest_job() -> Iterator[Metric]:
    rows = _rows_of(
        "SELECT j.queue_name, max(extract(epoch FROM now() - greatest(e.at, j.scheduled_at)))"
        " FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'"
        " WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= now()) GROUP BY 1 ORDER BY 1"
    )
    return _gauge("oldest_waiting_job_seconds", "How long the oldest job that is due has waited.", ["queue"], rows)


def _worker() -> Iterator[Metric]:
    rows = _rows_of("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers")
    known = [row for row in rows if row[0] is not None]
    return _gauge("worker_heartbeat_seconds", "Time since a worker's last sign of life.", [], known)


def _months() -> Iterator[Metric]:
    text = "For how many months to come history has its partitions; below 0, this month's is missing."
    return _gauge("months_ahead", text, [], [(months_ahead(),)])


def _messages() -> Iterator[Metric]:
    open_or_lost = Delivery.objects.exclude(state=Delivery.State.DELIVERED).order_by("state").values_list("state")
    text = "Messages to webhooks that wait, have failed or were given up."
    return _gauge("webhook_messages", text, ["state"], list(open_or_lost.annotate(number=Count("pk"))))


def _batches() -> Iterator[Metric]:
    rows = list(Batch.objects.order_by("state").values_list("state").annotate(number=Count("pk")))
    return _gauge("import_batches", "Import batches by state.", ["state"], rows)


def _rows() -> Iterator[Metric]:
    sums = Batch.objects.aggregate(*(Sum(name, default=0) for name in ("accepted", "rejected", "duplicates")))
    rows = [(name.removesuffix("__sum"), number) for name, number in sorted(sums.items())]
    return _gauge("import_rows", "Rows of all import batches by what came of them.", ["result"], rows)


def _clocks() -> Iterator[Metric]:
    """The publication clock, per department: asked one department and state at a time, which its index answers."""
    today = timezone.localdate()
    waiting = Record.objects.filter(department=OuterRef("pk"), state__in=WAITING).order_by().values("department")

    def number(of: Callable) -> Coalesce:
        counted = of(waiting).annotate(number=Count("pk")).values("number")
        return Coalesce(Subquery(counted, output_field=IntegerField()), 0)

    rows = (
        Department.objects.order_by("slug")
        .annotate(waiting=number(lambda q: q), overdue=number(lambda q: q.filter(deadline__lt=today)))
        .filter(waiting__gt=0)
        .values_list("slug", F("waiting"), F("overdue"))
    )
    counts = [("waiting", slug, waiting) for slug, waiting, _overdue in rows]
    counts += [("overdue", slug, overdue) for slug, _waiting, overdue in rows]
    text = "Records whose publication clock runs, and those past their deadline."
    return _gauge("publication_clock_records", text, ["clock", "department"], counts)


def _cases() -> Iterator[Metric]:
    """The clocks of objections and repair, by kind and stage."""
    today = timezone.localdate()
    running = Case.objects.filter(state__in=states.OPEN).order_by("kind", "stage").values_list("kind", "stage")
    counted = running.annotate(
        number=Count("pk"), late=Count("pk", filter=Q(due__lt=today)), still=Count("pk", filter=~Q(paused_on=None))
    )
    rows = [
        (clock, kind, stage, number)
        for kind, stage, *numbers in counted
        for clock, number in zip(("open", "overdue", "paused"), numbers, strict=True)
    ]
    text = "Objections and applications for repair that are open, overdue or paused."
    return _gauge("cases", text, ["clock", "kind", "stage"], rows)
