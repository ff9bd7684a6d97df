"""A batch can be taken back as a whole, where nothing later rests on it."""

import datetime
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection

from apps.departments.actions import NotVisible, StateConflict
from apps.exchange import actions
from apps.exchange.models import Batch
from apps.records import bulk
from apps.records.entry import correct
from apps.records.models import Record
from apps.subjects.actions import register_person
from apps.subjects.models import PersonKey, Subject
from tests.records.factories import Office, enter, item
from tests.subjects.factories import identity_number, registration_number, subject

from . import files

# What an import may touch; history stays, and so does the batch that tells of it.
TABLES = [
    model._meta.db_table
    for label in ("records", "subjects", "catalogue", "departments", "core")
    for model in apps.get_app_config(label).get_models()
    if not model._meta.object_name.startswith("Historical")
]


def dump() -> dict[str, list[Any]]:
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            found[table] = cursor.fetchall()
        return found


def company_rows(market: Office) -> list[dict[str, Any]]:
    values = {"representative": "李四", "representative_document_kind": "身份证"}
    return [
        files.row(market, 1),
        files.row(market, 2, representative_document_number=identity_number(2), **values),
        files.row(market, 3, registration_number=registration_number(3)),
        files.row(market, 4, decided_on="去年"),
    ]


@pytest.fixture
def batch(market: Office) -> Batch:
    subject(1, "郑州第1商贸有限公司")
    return files.load(market, files.xlsx(files.table(company_rows(market))))


def undo(batch: Batch, office: Office, reason: str = "传错了文件") -> Batch:
    return actions.undo(user=office.clerk, obj=batch, reason=reason)


def test_undo_leaves_the_tables_as_before(market: Office) -> None:
    subject(1, "郑州第1商贸有限公司")
    enter(market, subject=subject(901), document_number="原有一号")
    register_person(document_kind="身份证", number=identity_number(9), name="张伟")
    before = dump()
    company = files.load(market, files.xlsx(files.table(company_rows(market))))
    rows = [files.person_row(market, number, identity_number(number)) for number in (9, 41, 42)]
    person = files.load(market, files.xlsx(files.table(rows, files.PERSON_HEADERS)), to=item("penalty-person"))
    assert (company.accepted, company.subjects_created, person.accepted, person.subjects_created) == (3, 2, 3, 2)
    assert dump() != before
    undo(person, market)
    undo(company, market)
    assert dump() == before
    company.refresh_from_db()
    assert company.state == Batch.State.UNDONE


def test_the_history_keeps_what_was_taken_back_and_why(batch: Batch, market: Office) -> None:
    numbers = set(Record.objects.values_list("document_number", flat=True))
    undo(batch, market, reason="传错了文件")
    gone = Record.history.filter(history_type="-")
    assert set(gone.values_list("document_number", flat=True)) == numbers
    assert set(gone.values_list("history_change_reason", "history_user")) == {("传错了文件", market.clerk.pk)}


def test_undo_needs_a_reason(batch: Batch, market: Office) -> None:
    with pytest.raises(ValidationError):
        undo(batch, market, reason=" ")
    assert Record.objects.count() == 3


def test_a_published_record_stands_in_the_way_and_is_named(batch: Batch, market: Office) -> None:
    bulk.publish_many(market.reviewer, Record.objects.filter(document_number="郑市监处罚〔2025〕2号"))
    with pytest.raises(StateConflict, match="〔2025〕2号"):
        undo(batch, market)
    assert Record.objects.count() == 3


def test_a_corrected_record_stands_in_the_way(batch: Batch, market: Office) -> None:
    record = Record.objects.get(document_number="郑市监处罚〔2025〕1号")
    values = {
        "document_number": record.document_number,
        "penalty_kinds": ["警告"],
        "content": "警告",
        "decided_on": datetime.date(2025, 9, 26),
        "authority_name": market.department.name,
        "authority_code": market.department.uscc,
        "source_name": market.department.name,
        "source_code": market.department.uscc,
    }
    correct(user=market.colleague, obj=record, values=values, version=record.version, reason="笔误")
    with pytest.raises(StateConflict, match="〔2025〕1号"):
        undo(batch, market)


def test_a_subject_in_use_elsewhere_stands_in_the_way(batch: Batch, market: Office, tax: Office) -> None:
    enter(tax, subject=Subject.objects.get(name="郑州第2商贸有限公司"))
    with pytest.raises(StateConflict, match="郑州第2商贸有限公司") as refused:
        undo(batch, market)
    # Nothing of the other department's record is told.
    assert "税" not in str(refused.value)


def test_a_subject_that_was_there_before_may_be_used_by_others(batch: Batch, market: Office, tax: Office) -> None:
    enter(tax, subject=Subject.objects.get(name="郑州第1商贸有限公司"))
    undo(batch, market)
    assert Record.objects.count() == 1


def test_a_key_that_somebody_else_uses_meanwhile_stays(batch: Batch, market: Office) -> None:
    values = {
        "representative_document_kind": "身份证",
        "representative_document_number": identity_number(2),
        "legal_representative": "李四",
    }
    record = enter(market, **values)
    undo(batch, market)
    assert PersonKey.objects.get().pk == record.confidential["representative_document_number"]["key"]


def test_reviewers_may_undo_and_others_may_not(batch: Batch, market: Office, tax: Office) -> None:
    for stranger in (market.viewer, tax.clerk):
        with pytest.raises(NotVisible):
            actions.undo(user=stranger, obj=batch, reason="x")
    actions.undo(user=market.reviewer, obj=batch, reason="审核发现传错")
    assert not Record.objects.exists()


def test_a_batch_is_undone_once(batch: Batch, market: Office) -> None:
    undo(batch, market)
    with pytest.raises(StateConflict):
        undo(batch, market)


def test_the_file_can_be_sent_again_after_an_undo(batch: Batch, market: Office) -> None:
    undo(batch, market)
    assert files.load(market, files.xlsx(files.table(company_rows(market)))).accepted == 3
