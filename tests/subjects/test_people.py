"""Natural persons: found by the exact number, readable by key alone."""

import logging
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from apps.audit.context import every_department
from apps.core import crypto
from apps.subjects import actions, people
from apps.subjects.models import PersonalData, PersonKey, Subject
from apps.subjects.people import Document
from tests.subjects.factories import identity_number, subject

NUMBER = identity_number(7)
NAME = "欧阳测试"


def register(number=NUMBER, name=NAME, kind="身份证"):
    return actions.register_person(document_kind=kind, number=number, name=name)


@pytest.mark.django_db
def test_the_exact_number_finds_the_person_however_it_is_typed():
    person = Subject.objects.get(pk=register().subject_id)
    wide = "".join(chr(ord(character) + 0xFEE0) for character in NUMBER)
    for typed in (NUMBER, f" {NUMBER[:6]} {NUMBER[6:]} ", wide, NUMBER.lower()):
        assert Subject.objects.find_person("身份证", typed).get() == person
    assert not Subject.objects.find_person("身份证", identity_number(8)).exists()
    # The same text as the number of another document is somebody else's.
    assert not Subject.objects.find_person("护照号", NUMBER).exists()
    assert people.open_person(person) == people.Person(NAME, "身份证", NUMBER)
    assert (person.name, people.open_person(person).masked_number) == ("欧阳*", NUMBER[:3] + "*" * 11 + NUMBER[-4:])


@pytest.mark.django_db
def test_the_same_person_is_entered_once_and_another_name_is_told():
    first = register()
    again = register()
    assert (first.created, again.created) == (True, False)
    assert first.subject_id == again.subject_id
    assert again.name_agrees
    assert not register(name="别人").name_agrees
    assert Subject.objects.count() == PersonalData.objects.count() == 1


@pytest.mark.django_db
def test_many_at_once_with_repetitions_known_and_new(django_assert_max_num_queries):
    register()
    documents = [Document("身份证", identity_number(number), f"某{number}") for number in range(20)] * 2
    documents.append(Document("身份证", NUMBER, NAME))
    with django_assert_max_num_queries(12):
        found = actions.register_persons(documents)
    assert [one.subject_id for one in found[:20]] == [one.subject_id for one in found[20:40]]
    assert Subject.objects.count() == 20  # number 7 is in both
    assert all(one.name_agrees for position, one in enumerate(found) if position not in (7, 27))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        (("身份证", "410102199001011235", "某人"), {"number"}),
        (("身份证", "", "某人"), {"number"}),
        (("身份证", NUMBER, "  "), {"name"}),
        (("驾驶证", NUMBER, ""), {"document_kind", "name"}),
    ],
)
def test_wrong_documents_are_refused_without_repeating_the_number(document, wrong):
    with pytest.raises(ValidationError) as caught:
        register(kind=document[0], number=document[1], name=document[2])
    assert set(caught.value.message_dict) == wrong
    assert not document[1] or document[1] not in str(caught.value)


@pytest.mark.django_db
def test_neither_name_nor_number_stands_anywhere_in_the_database(caplog):
    with caplog.at_level(logging.DEBUG):
        person = Subject.objects.get(pk=register().subject_id)
        actions.rename(user=None, subject=person, name="诸葛改名")
        people.open_person(person)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type IN"
            " ('text', 'character varying', 'character', 'json', 'jsonb', 'tsvector', 'bytea', 'ARRAY')"
        )
        columns = cursor.fetchall()
        assert len(columns) > 100
        for table, column, kind in columns:
            text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            for secret in (NUMBER, NUMBER[:12], NUMBER[-8:], NAME, "诸葛改名"):
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE position(%s IN {text}) > 0', [secret])
                assert cursor.fetchone() == (0,), f"{table}.{column}"
    logged = "".join(record.getMessage() for record in caplog.records if record.name != "django.db.backends")
    assert NUMBER not in logged
    assert NAME not in logged


@pytest.mark.django_db
def test_a_new_name_leaves_the_old_one_readable_in_the_history_alone():
    person = Subject.objects.get(pk=register().subject_id)
    actions.rename(user=None, subject=person, name="诸葛改名")
    data = PersonalData.objects.get()
    plain = crypto.unwrap(data.key.wrapped)
    names = [
        crypto.decrypt(plain, row.name_encrypted, people.NAME_CONTEXT)
        for row in PersonalData.history.order_by("history_id")
    ]
    assert names == [NAME, "诸葛改名"]
    assert people.open_person(person).name == "诸葛改名"
    assert not person.names.exists()


@pytest.mark.django_db
def test_a_destroyed_key_forgets_the_person_and_frees_the_number():
    first = register()
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonKey.objects.update(wrapped=None)  # half a destruction is none
    PersonKey.objects.update(wrapped=None, fingerprint=None, destroyed_at="2024-01-01T00:00Z")
    with pytest.raises(crypto.KeyDestroyed):
        people.open_person(Subject.objects.get(pk=first.subject_id))
    assert not Subject.objects.find_person("身份证", NUMBER).exists()
    assert register().subject_id != first.subject_id


@pytest.mark.django_db
def test_persons_are_in_no_search_and_cannot_be_put_there():
    person = Subject.objects.get(pk=register().subject_id)
    company = subject(1, "欧阳有限公司")
    assert list(Subject.objects.organisations()) == [company]
    for text in ("欧阳", "欧阳*", NUMBER, NUMBER[:10], "*"):
        assert person not in Subject.objects.search(text)
        assert person not in Subject.objects.first_hits(text)[0]
    for change in ({"match_name": "欧阳"}, {"uscc": company.uscc}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Subject.objects.filter(pk=person.pk).update(**change)
    with pytest.raises(ValidationError):
        actions.add_identifier(user=None, subject=person, scheme="tax_number", value="410105594672399")
    with pytest.raises(ValidationError):
        actions.set_code(user=None, subject=person, uscc=company.uscc)


@pytest.mark.django_db(transaction=True)
def test_two_clerks_entering_one_person_at_once_enter_one():
    barrier, found = threading.Barrier(4), []

    def enter():
        barrier.wait()
        with every_department():
            found.append(register())
        connection.close()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.subject_id for one in found}) == 1
    assert sum(one.created for one in found) == 1
    assert Subject.objects.count() == PersonKey.objects.count() == 1
