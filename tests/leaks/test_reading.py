"""The watch over the tables of foreign rows notices whoever looks into them, by whatever way."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.models import CalendarYear
from apps.records.models import Record
from tests.factories import make_user

from .reading import Use, Watch, writes_by_table
from .world import World, world


@pytest.fixture
def known(db: None) -> World:
    return world("clerk")


@pytest.fixture
def watch(known: World) -> Watch:
    before = writes_by_table()
    known.plant_theirs()
    return Watch([table for table, written in writes_by_table().items() if written != before.get(table, 0)])


def _copied() -> None:
    # Past Django, as the load of files does.
    with connection.cursor() as cursor, cursor.cursor.copy("COPY (SELECT id FROM records_record) TO STDOUT") as rows:
        list(rows)


def _counted_in_a_function() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN PERFORM count(*) FROM records_record; END $$")


LOOKS: dict[str, Callable[[], Any]] = {
    "all rows": lambda: list(Record.objects.all()),
    "one row, by its key": lambda: Record.objects.filter(pk=1).first(),
    "a count": Record.objects.count,
    "what was": lambda: Record.history.first(),  # type: ignore[attr-defined]
    "a copy": _copied,
    "a function": _counted_in_a_function,
}


def test_a_look_is_noticed_and_a_look_elsewhere_is_none(watch: Watch) -> None:
    for name, look in LOOKS.items():
        look()
        assert watch.since() == Use(read=True, written=False), name
        assert CalendarYear.objects.exists()
        assert watch.since() == Use(read=False, written=False), name


def test_what_was_undone_or_refused_has_been_written(known: World, watch: Watch) -> None:
    with transaction.atomic():
        Record.objects.filter(state=Record.State.DRAFT).update(document_name="x")
        transaction.set_rollback(True)
    assert watch.since() == Use(read=True, written=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user(known.ours.office.clerk.username)
    assert watch.since().written
