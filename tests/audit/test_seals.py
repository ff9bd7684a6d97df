"""Sealing takes every row once, however late it was committed, and says so in a list that only grows."""

import itertools
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit import tasks
from apps.audit.history import history_tables
from apps.audit.models import Seal, SealChunk
from apps.audit.seals import sealing, texts
from apps.audit.seals.publication import PublicationError, lines, publish
from apps.audit.seals.sealing import AlreadySealing, seal_history, watermark_of
from apps.audit.seals.tables import sealed_tables
from apps.core.models import CalendarDay
from tests.audit.sealing import TABLE, add_day, found, make_days, second_application

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sealed_list(settings: Any) -> Path:
    return settings.SEALS_FILE


def sealed_ids() -> list[int]:
    """The ids of the sealed rows of the calendar's history, seal after seal."""
    return [
        row
        for ids in SealChunk.objects.filter(table_name=TABLE)
        .order_by("seal_id", "position")
        .values_list("ids", flat=True)
        for row in ids
    ]


def test_every_history_table_is_sealed() -> None:
    assert set(history_tables()) <= {table.name for table in sealed_tables()}


def test_a_row_is_sealed_once() -> None:
    first = make_days(3)
    (seal,) = seal_history()
    assert (seal.number, seal.rows, sealed_ids()) == (1, 3, first)
    assert seal_history() == []
    second = make_days(2)
    (seal,) = seal_history()
    assert (seal.number, seal.rows, sealed_ids()) == (2, 2, first + second)


def test_a_row_committed_late_is_sealed_late() -> None:
    with second_application() as slow:
        add_day(slow)
        (quick,) = make_days()
        seal_history(settle_seconds=0)
        assert sealed_ids() == [quick]
        assert watermark_of(TABLE) < quick - 1
        assert found() == []
        slow.commit()
    late = CalendarDay.history.exclude(pk=quick).get().pk
    assert late < quick
    seal_history()
    assert sealed_ids() == [quick, late]
    assert watermark_of(TABLE) == quick
    assert found() == []


def test_the_watermark_waits_for_writers_and_follows_when_they_gave_up() -> None:
    with second_application() as slow:
        add_day(slow)
        (quick,) = make_days()
        seal_history(settle_seconds=0)
        assert watermark_of(TABLE) == 0
    (seal,) = seal_history()
    assert (seal.rows, watermark_of(TABLE)) == (0, quick)
    assert seal_history() == []
    assert found() == []


def test_a_writer_that_is_soon_done_is_waited_for() -> None:
    with second_application() as slow:
        add_day(slow)
        (quick,) = make_days()
        seen = set(connection.cursor().connection.execute(sealing._WRITERS, [[TABLE]]).fetchall())
        assert len(seen) == 1
        slow.commit()
        seal_history()
        assert watermark_of(TABLE) == quick
        assert len(sealed_ids()) == 2


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["write", "write", "commit", "roll back", "seal"])), max_size=25
    )
)
def test_no_order_of_commits_loses_or_invents_a_row(steps: list[tuple[int, str]]) -> None:
    with second_application() as one, second_application() as two, second_application() as three:
        for who, what in steps:
            other = (one, two, three)[who]
            if what == "write":
                add_day(other)
            elif what == "commit":
                other.commit()
            elif what == "roll back":
                other.rollback()
            else:
                seal_history(settle_seconds=0)
                assert found() == []
        for other in (one, two, three):
            other.commit()
    seal_history()
    assert sorted(sealed_ids()) == sorted(CalendarDay.history.values_list("pk", flat=True))
    assert found() == []


def test_many_rows_are_cut_into_chunks_and_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "CHUNK_ROWS", 4)
    monkeypatch.setattr(sealing, "MOST_ROWS", 10)
    rows = make_days(23)
    seals = seal_history()
    assert [(seal.rows, len(seal.chunk_roots)) for seal in seals] == [(10, 3), (10, 3), (3, 1)]
    assert sealed_ids() == rows
    assert watermark_of(TABLE) == rows[-1]
    assert found() == []


def test_the_seals_are_chained() -> None:
    for _ in range(3):
        make_days()
        seal_history()
    text = list(lines())
    assert [json.loads(line)["number"] for line in text] == [1, 2, 3]
    assert json.loads(text[0])["previous"] == "0" * 64
    for before, line in itertools.pairwise(text):
        assert json.loads(line)["previous"] == sha256(before.encode()).hexdigest()
    assert list(lines(after=2)) == text[2:]


def test_the_published_line_tells_nothing_of_the_rows() -> None:
    make_days()
    seal_history()
    assert json.loads(next(lines())).keys() == {"number", "sealed_at", "rows", "chunks", "root", "previous"}


def test_two_jobs_do_not_seal_at_once(owner_connection: psycopg.Connection) -> None:
    make_days()
    owner_connection.execute("SELECT pg_advisory_lock(%s)", [sealing._LOCK])
    with pytest.raises(AlreadySealing):
        seal_history()
    with pytest.raises(CommandError, match="另一个进程"):
        call_command("seal_history")
    owner_connection.execute("SELECT pg_advisory_unlock(%s)", [sealing._LOCK])
    assert len(seal_history()) == 1


def test_a_job_that_dies_in_the_middle_leaves_nothing() -> None:
    make_days()
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        seal_history()
        raise KeyboardInterrupt
    assert not SealChunk.objects.exists()
    (seal,) = seal_history()
    assert (seal.number, seal.rows) == (1, 1)


def test_the_application_cannot_take_a_seal_back() -> None:
    for table, key in (("audit_seal", "number"), ("audit_sealchunk", "id"), ("audit_verification", "id")):
        for statement in (f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(ProgrammingError) as error, connection.cursor() as cursor:
                cursor.execute(statement)
            assert isinstance(error.value.__cause__, psycopg.errors.InsufficientPrivilege), statement


def test_the_job_seals_and_publishes(sealed_list: Path) -> None:
    make_days()
    tasks.seal_history(0)
    make_days()
    tasks.seal_history(0)
    assert sealed_list.read_text().splitlines() == list(lines())
    assert Seal.objects.count() == 2


def test_the_list_is_added_to_and_never_rewritten(sealed_list: Path) -> None:
    make_days()
    seal_history()
    assert publish() == 1
    before = sealed_list.read_bytes()
    assert publish() == 0
    assert sealed_list.read_bytes() == before
    for _ in range(2):
        make_days()
        seal_history()
    # A worker that was killed between the seal and the list, or stood still for a while.
    assert publish() == 2
    assert sealed_list.read_bytes().startswith(before)
    assert sealed_list.read_text().splitlines() == list(lines())


def test_a_line_that_a_crash_cut_short_is_completed(sealed_list: Path) -> None:
    make_days()
    seal_history()
    publish()
    make_days()
    seal_history()
    whole = "".join(f"{line}\n" for line in lines()).encode()
    first = len(sealed_list.read_bytes())
    for length in (first + 1, len(whole) - 1, len(whole)):
        sealed_list.write_bytes(whole[:length])
        publish()
        assert sealed_list.read_bytes() == whole


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('"rows":1', '"rows":2'),
        lambda text: text + '{"number":2}\n',
        lambda text: text + "???",
        lambda text: text + "???\n",
    ],
)
def test_a_list_that_does_not_fit_is_left_alone(sealed_list: Path, spoil: Any) -> None:
    make_days()
    seal_history()
    publish()
    sealed_list.write_text(spoil(sealed_list.read_text()))
    spoiled = sealed_list.read_bytes()
    make_days()
    with pytest.raises(CommandError, match=r"seals\.jsonl.*无法续写"):
        call_command("seal_history")
    assert sealed_list.read_bytes() == spoiled
    # The history is sealed all the same.
    assert Seal.objects.count() == 2
    with pytest.raises(PublicationError):
        publish()
