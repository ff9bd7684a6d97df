"""A worker that is killed leaves nothing half-done, and the next one ends with the rows of an undisturbed run."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection, connections, transaction
from procrastinate.contrib.django import app

from apps.audit.context import every_department
from apps.exchange import actions, runs, tasks
from apps.exchange.models import Batch, BatchEntry, BatchProgress
from apps.exchange.progress import CHECKING, LOADING, MATCHING, Progress
from apps.records.models import Record
from apps.subjects.models import Identifier, Subject
from tests.delivered import load_rules
from tests.records import factories
from tests.records.factories import Office, item

from . import files

ROWS = 4000
PATIENCE = 60
PHASES = (CHECKING, MATCHING, LOADING)


@pytest.fixture
def market(transactional_db: None) -> Office:
    load_rules()
    return factories.office("market-supervision")


def content(market: Office) -> bytes:
    return files.text(files.table([files.row(market, number) for number in range(1, ROWS + 1)]))


def waiting_batch(market: Office, data: bytes) -> Batch:
    """A checked batch whose load was confirmed."""
    with transaction.atomic():
        batch = runs.receive(
            user=market.clerk, item=item(), department=market.department, name="处罚.csv", chunks=[data]
        )
    runs.check(batch.pk)
    batch.refresh_from_db()
    assert batch.state == Batch.State.CHECKED
    return actions.load_all(user=market.clerk, obj=batch)


def stored() -> tuple[set[Any], set[Any], set[Any]]:
    """What is in the tables, keys and times aside; doubles would make the counts differ."""
    records = Record.objects.values_list(
        "document_number", "subject__uscc", "state", "decided_on", "deadline", "archive_on", "author", "data__facts"
    )
    subjects = Subject.objects.values_list("uscc", "name", "kind")
    identifiers = Identifier.objects.values_list("subject__uscc", "scheme", "value")
    found = set(records), set(subjects), set(identifiers)
    assert (Record.objects.count(), Subject.objects.count()) == (len(found[0]), len(found[1]))
    assert BatchEntry.objects.count() == Record.objects.count()
    return found


def start_worker() -> subprocess.Popen[bytes]:
    login = {key: connection.settings_dict[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "ROLES")}
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.exchange.worker_settings",
        "TEST_DATABASE": json.dumps(login),
        "MEDIA_ROOT": str(django_settings.MEDIA_ROOT),
    }
    command = [sys.executable, "-m", "django", "procrastinate", "worker", "--queues", tasks.QUEUE, "--one-shot"]
    return subprocess.Popen(
        command,
        cwd=Path(django_settings.BASE_DIR),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def until(condition: Callable[[], bool], worker: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert worker.poll() is None, "the worker ended before the moment came"
        assert time.monotonic() < end
        time.sleep(0.005)


def lose(worker: subprocess.Popen[bytes]) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()


def requeue() -> list[int]:
    return asyncio.run(_requeue())


async def _requeue() -> list[int]:
    with app.replace_connector(app.connector.get_worker_connector()) as worker_app:
        async with worker_app.open_async():
            return await tasks.requeue_stalled(seconds_since_heartbeat=0)


# The tables that hold the worker up while they are locked, so that it cannot be through before it is killed.
HELD_UP = {
    CHECKING: f"LOCK TABLE {Identifier._meta.db_table} IN ACCESS EXCLUSIVE MODE",
    MATCHING: f"LOCK TABLE {Identifier._meta.db_table} IN ACCESS EXCLUSIVE MODE",
    LOADING: f"LOCK TABLE {Record._meta.db_table} IN SHARE MODE",
}


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_neither_loses_nor_doubles_rows(market: Office, owner_connection: psycopg.Connection) -> None:
    data = content(market)
    undisturbed = waiting_batch(market, data)
    runs.load(undisturbed.pk)
    expected = stored()
    actions.undo(user=market.clerk, obj=undisturbed, reason="对照")
    assert not Record.objects.exists()

    batch = waiting_batch(market, data)
    # The first job has been left behind by the run above, which needed none.
    for phase in PHASES:
        BatchProgress.objects.filter(batch=batch).delete()
        reached = BatchProgress.objects.filter(batch=batch, phase__in=PHASES[PHASES.index(phase) :])
        with owner_connection.transaction():
            owner_connection.execute(HELD_UP[phase])
            worker = start_worker()
            until(reached.exists, worker)
            lose(worker)
        assert not Record.objects.exists()
        assert requeue()
        batch.refresh_from_db()
        assert batch.state == Batch.State.LOADING
    worker = start_worker()
    assert worker.wait(PATIENCE) == 0
    batch.refresh_from_db()
    assert (batch.state, batch.accepted) == (Batch.State.LOADED, ROWS)
    assert stored() == expected


@pytest.mark.django_db(transaction=True)
def test_two_workers_load_a_batch_once(market: Office) -> None:
    batch = waiting_batch(market, files.text(files.table([files.row(market, number) for number in range(1, 301)])))
    outcomes: list[Any] = []

    def work() -> None:
        try:
            outcomes.append(runs.load(batch.pk, progress=Progress()))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    assert Record.objects.count() == 300


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_the_work_goes_on(market: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    batch = waiting_batch(market, files.text(files.table([files.row(market, number) for number in range(1, 101)])))
    monkeypatch.setattr("apps.exchange.engine.load.SLICE", 20)
    monkeypatch.setattr("apps.exchange.progress._EVERY_SECONDS", 0.0)
    monkeypatch.setattr("apps.exchange.engine.load.insert_keys", _looking(batch, seen))
    runs.load(batch.pk)
    # Another connection sees the progress though nothing of the load is committed yet.
    assert seen == [("loading", 100, 0)]
    batch.refresh_from_db()
    assert batch.state == Batch.State.LOADED
    assert not BatchProgress.objects.exists()


def _looking(batch: Batch, seen: list[Any]) -> Callable[..., None]:
    def look(*args: Any) -> None:
        def other() -> None:
            with transaction.atomic(), every_department():
                found = BatchProgress.objects.get(batch=batch)
                seen.append((found.phase, found.total, Record.objects.count()))
            connections.close_all()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    return look
