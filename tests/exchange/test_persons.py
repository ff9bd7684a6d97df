"""Natural persons: found by fingerprint, sealed before the database; the number appears nowhere in plain."""

import json
import logging
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from apps.core.terms import SubjectKind
from apps.exchange.models import Batch
from apps.records.models import Record
from apps.records.sealing import open_sealed
from apps.subjects.actions import register_person
from apps.subjects.models import PersonKey, Subject
from apps.subjects.people import open_person
from tests.records.factories import Office, item
from tests.subjects.factories import identity_number

from . import files

NUMBER = files.PERSON_HEADERS["identity"]


def persons(*rows: dict) -> bytes:
    return files.xlsx(files.table(rows, files.PERSON_HEADERS))


def send(of: Office, data: bytes, **options: bool):
    return files.send(of, data, to=item("penalty-person"), **options)


def test_a_person_is_brought_in_once_and_found_again(market: Office) -> None:
    number = identity_number(21)
    data = persons(files.person_row(market, 1, number), files.person_row(market, 2, number.lower() + " "))
    report = send(market, data)
    assert (report.accepted, report.subjects_created) == (2, 1)
    subject = Subject.objects.get()
    assert (subject.kind, subject.name, subject.match_name) == (SubjectKind.NATURAL_PERSON, "张*", "")
    person = open_person(subject)
    assert (person.name, person.number, person.document_kind) == ("张伟", number, "身份证")
    assert Subject.objects.find_person("身份证", number).get() == subject
    assert send(market, data).duplicates == 2
    assert PersonKey.objects.count() == 1


def test_a_person_entered_by_hand_is_the_same(market: Office) -> None:
    number = identity_number(22)
    known = register_person(document_kind="身份证", number=number, name="张伟")
    report = send(market, persons(files.person_row(market, 1, number)))
    assert (report.subjects_created, Record.objects.get().subject_id) == (0, known.subject_id)


def test_a_number_known_as_a_representative_s_becomes_a_person(market: Office) -> None:
    number = identity_number(23)
    values = {"representative": "张伟", "representative_document_kind": "身份证"}
    company = files.row(market, 1, representative_document_number=number, **values)
    files.send(market, files.xlsx(files.table([company])))
    assert send(market, persons(files.person_row(market, 2, number))).accepted == 1
    assert PersonKey.objects.count() == 1


def test_another_name_under_a_known_number_is_an_error_without_either(market: Office) -> None:
    number = identity_number(24)
    register_person(document_kind="身份证", number=number, name="王芳")
    report = send(market, persons(files.person_row(market, 1, number)))
    assert {code for _row, _column, code in files.found(report)} == {"person_name_differs"}
    told = json.dumps(report.errors.to_dicts(), ensure_ascii=False)
    assert "王芳" not in told and "张伟" not in told and number not in told


def test_two_names_for_one_number_in_a_file_are_an_error(market: Office) -> None:
    number = identity_number(25)
    report = send(
        market, persons(files.person_row(market, 1, number), files.person_row(market, 2, number, subject_name="李"))
    )
    assert [(row, code) for row, _column, code in files.found(report)] == [(3, "person_name_differs")]


def test_a_wrong_number_is_an_error_that_does_not_repeat_it(market: Office) -> None:
    number = identity_number(26)
    wrong = number[:16] + ("1" if number[16] != "1" else "2") + number[17]
    report = send(market, persons(files.person_row(market, 1, wrong)))
    assert files.found(report) == {(2, NUMBER, "code_checksum")}
    assert wrong not in json.dumps(report.errors.to_dicts(), ensure_ascii=False)
    assert not PersonKey.objects.exists()


def test_a_penalty_on_the_spot_is_refused(market: Office) -> None:
    row = files.person_row(market, 1, identity_number(28), document_number="郑市监当罚〔2025〕1号")
    report = send(market, persons(row))
    assert {code for _row, _column, code in files.found(report)} == {"simplified_procedure"}


def test_a_representative_s_number_is_sealed(market: Office) -> None:
    number = identity_number(29)
    values = {"representative": "李四", "representative_document_kind": "身份证"}
    row = files.row(market, 1, representative_document_number=number, **values)
    report = files.send(market, files.xlsx(files.table([row])))
    record = Record.objects.get()
    assert open_sealed(record) == {"representative_document_number": number}
    assert not any(number in cell for line in report.preview_rows for cell in line)


def test_the_number_is_nowhere_in_plain(market: Office, caplog: pytest.LogCaptureFixture, tmp_path, settings) -> None:
    """Database, history, logs, stored file, output: after a load with right rows, a wrong one and a conflict."""
    caplog.set_level(logging.DEBUG)
    numbers = [identity_number(number) for number in (31, 32, 33)]
    wrong = numbers[2][:16] + ("1" if numbers[2][16] != "1" else "2") + numbers[2][17]
    rows = [files.person_row(market, place, number) for place, number in enumerate(numbers, 1)]
    rows.append(files.person_row(market, 9, wrong))
    rows.append(files.person_row(market, 1, numbers[0], facts="另一事实"))
    path = tmp_path / "人员.xlsx"
    path.write_bytes(persons(*rows))
    out = StringIO()
    options = {"item": "penalty-person", "department": market.department.slug, "user": market.clerk.username}
    call_command("import_records", str(path), stdout=out, json=True, **options)
    assert json.loads(out.getvalue())["accepted"] == 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            try:
                cursor.execute("SAVEPOINT looking")
                cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text ~ %s', ["|".join([*numbers, wrong])])
                assert cursor.fetchone()[0] == 0, table
            except psycopg.errors.InsufficientPrivilege:
                cursor.execute("ROLLBACK TO looking")
    told = out.getvalue() + caplog.text
    stored = b"".join(file.read_bytes() for file in settings.MEDIA_ROOT.rglob("*") if file.is_file())
    assert Batch.objects.get().size == path.stat().st_size
    for number in [*numbers, wrong]:
        assert number not in told
        assert number.encode() not in stored
    assert b"xl/worksheets" not in stored
