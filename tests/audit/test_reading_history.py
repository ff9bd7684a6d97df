"""What django-simple-history offers keeps working on partitioned tables; what is encrypted stays so."""

import datetime

import psycopg
import pytest
from django.utils import timezone

from apps.departments.models import LiaisonOfficer
from apps.subjects.models import PersonalData
from apps.subjects.people import register_person
from tests.factories import make_department
from tests.subjects.factories import identity_number

HISTORY = "departments_historicalliaisonofficer"


@pytest.fixture
def officer(owner_connection: psycopg.Connection) -> LiaisonOfficer:
    """An officer who was entered three years ago, renamed two years ago and got a phone number today."""
    one = LiaisonOfficer.objects.create(department=make_department("market"), name="王", since="2023-01-05")
    LiaisonOfficer.objects.filter(pk=one.pk).update(name="王一")
    LiaisonOfficer.objects.filter(pk=one.pk).update(phone="0371-1")
    for years, name, phone in ((3, "王", ""), (2, "王一", "")):
        owner_connection.execute(
            f"UPDATE {HISTORY} SET history_date = history_date - make_interval(years => %s)"
            " WHERE name = %s AND phone = %s",
            [years, name, phone],
        )
    one.refresh_from_db()
    return one


def ago(**values: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(**values)


@pytest.mark.django_db(transaction=True)
def test_states_are_read_across_partitions(officer: LiaisonOfficer) -> None:
    history = LiaisonOfficer.history
    assert history.as_of(ago(days=4 * 366)).count() == 0
    assert [each.name for each in history.as_of(ago(days=2.5 * 366))] == ["王"]
    assert [(each.name, each.phone) for each in history.as_of(ago(days=366))] == [("王一", "")]
    assert officer.history.as_of(ago(days=366)).name == "王一"
    assert officer.history.latest().phone == "0371-1"
    assert officer.history.earliest().name == "王"


@pytest.mark.django_db(transaction=True)
def test_neighbours_are_compared_across_partitions(officer: LiaisonOfficer) -> None:
    last = officer.history.latest()
    before = last.prev_record
    assert before is not None and before.next_record == last
    (change,) = last.diff_against(before).changes
    assert (change.field, change.old, change.new) == ("phone", "", "0371-1")
    assert before.prev_record.prev_record is None


@pytest.mark.django_db(transaction=True)
def test_a_person_is_not_readable_in_the_partitions(owner_connection: psycopg.Connection) -> None:
    name, number = "赵不公开", identity_number(1)
    person = register_person(name=name, document_kind="身份证", number=number)
    rows = owner_connection.execute("SELECT t::text FROM subjects_historicalpersonaldata t").fetchall()
    assert PersonalData.history.filter(subject_id=person.subject_id).count() == len(rows) == 1
    for secret in (name, number):
        assert secret not in rows[0][0]
        assert secret.encode().hex() not in rows[0][0]
