"""Rows are judged alike in memory and by the database, and where memory cannot tell, the database is asked."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.logged import KEYS, Judged, select
from apps.catalogue.models import InformationItem
from apps.records.models import Record
from apps.subjects.models import Subject
from tests.delivered import load_rules
from tests.records.factories import Office, enter, enter_about_person, item, office
from tests.subjects.factories import identity_number


@pytest.fixture
def market(db: None) -> Office:
    load_rules()
    return office("market-supervision")


@pytest.fixture
def records(market: Office) -> list[Record]:
    """About an organisation, a person, an organisation with a sealed value, and a restricted one."""
    sealed = {
        "legal_representative": "张小明",
        "representative_document_kind": "身份证",
        "representative_document_number": identity_number(17),
    }
    found = [enter(market), enter_about_person(market), enter(market, **sealed)]
    Record.objects.filter(pk=(restricted := enter(market)).pk).update(item=item("honours"))
    InformationItem.objects.filter(code="honours").update(disclosure="shared")
    return [*found, restricted]


def by_the_database(keys: list[int], *, opened: bool) -> tuple[set[int], set[int]]:
    sql, params = select(Record, opened)
    with connection.cursor() as cursor:
        cursor.execute(sql, [keys if value is KEYS else value for value in params])
        rows = cursor.fetchall()
    return {key for key, _subject in rows}, {subject for _key, subject in rows}


@pytest.mark.parametrize("opened", [False, True])
def test_memory_and_database_agree(records: list[Record], opened: bool) -> None:
    keys = [record.pk for record in records]
    rows = list(Record.objects.select_related("subject", "item").filter(pk__in=keys))
    judged = Judged()
    with CaptureQueriesContext(connection) as queries:
        judged.judge(rows, opened=opened)
    assert not queries.captured_queries and not judged.unknown
    assert (set(judged.keys), judged.subjects) == by_the_database(keys, opened=opened)
    assert set(judged.keys) == {records[1].pk, records[3].pk} | ({records[2].pk} if opened else set())


def test_what_is_not_loaded_is_left_to_the_database(records: list[Record]) -> None:
    for queryset in (
        Record.objects.all(),
        Record.objects.select_related("item"),
        Record.objects.select_related("subject"),
        Record.objects.select_related("subject", "item").defer("confidential"),
        Record.history.all(),
    ):
        judged = Judged()
        (row,) = queryset.filter(id=records[0].pk)
        with CaptureQueriesContext(connection) as queries:
            judged.judge([row], opened=True)
        assert not queries.captured_queries
        assert (list(judged.unknown), list(judged.keys)) == ([row.pk], [])


def test_one_ground_in_memory_is_enough(records: list[Record]) -> None:
    person = Subject.objects.get(pk=records[1].subject_id)
    judged = Judged()
    judged.judge([person], opened=True)
    assert (list(judged.keys), judged.subjects, list(judged.unknown)) == ([person.pk], {person.pk}, [])
