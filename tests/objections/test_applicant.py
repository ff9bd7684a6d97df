"""The applicant: checked against the document, sealed under the key of that person, gone with the key."""

import logging

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from apps.objections import actions
from apps.objections.applicants import open_applicant
from apps.objections.models import Case
from apps.records.models import Record
from apps.subjects.models import PersonKey
from apps.subjects.people import open_person
from tests.records import factories as records
from tests.records.factories import Office
from tests.subjects.factories import identity_number

from . import factories as made

pytestmark = pytest.mark.django_db

AGENT = {"relation": Case.Relation.AGENT, "papers": [made.paper("authority")]}


def about_person(office: Office) -> Record:
    return records.put(records.enter_about_person(office), Record.State.PUBLISHED)


def wrong_fields(error: pytest.ExceptionInfo[ValidationError]) -> set[str]:
    return set(error.value.message_dict)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "王" * 201}, "name"),
        ({"address": "路" * 201}, "address"),
        ({"phone": "", "address": ""}, "phone"),
        ({"document_kind": "驾驶证"}, "document_kind"),
        ({"number": "410105198505051239"}, "number"),
        ({"number": ""}, "number"),
    ],
)
def test_what_is_wrong_is_told_by_field(
    centre: made.Centre, office: Office, values: dict[str, str], field: str
) -> None:
    with pytest.raises(ValidationError) as error:
        made.objection(centre, made.published(office), applicant=made.applicant(**values))
    assert wrong_fields(error) == {field}
    for text in values.values():
        assert not text.strip() or text not in str(error.value), "a message never repeats what was typed"
    assert not Case.objects.exists()


def test_the_person_recorded_shows_the_document_on_record(centre: made.Centre, office: Office) -> None:
    record = about_person(office)
    with pytest.raises(ValidationError) as error:
        made.objection(centre, record, relation=Case.Relation.SELF)
    assert wrong_fields(error) == {"number"}
    person = open_person(record.subject)
    own = made.applicant(name=person.name, document_kind=person.document_kind, number=person.number)
    assert made.objection(centre, record, relation=Case.Relation.SELF, applicant=own).state == "received"


def test_an_organisation_does_not_come_itself(centre: made.Centre, office: Office) -> None:
    with pytest.raises(ValidationError) as error:
        made.objection(centre, made.published(office), relation=Case.Relation.SELF)
    assert wrong_fields(error) == {"relation"}


def test_for_a_person_nobody_comes_as_a_representative(centre: made.Centre, office: Office) -> None:
    # An organisation has one; whoever else comes for a person brings an authority, or shows to be the guardian.
    with pytest.raises(ValidationError) as error:
        made.objection(centre, about_person(office), relation=Case.Relation.REPRESENTATIVE)
    assert wrong_fields(error) == {"relation"}
    assert not Case.objects.exists()


def test_an_agent_brings_an_authority(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, about_person(office), relation=Case.Relation.AGENT)
    assert not actions.accept.allowed(centre.officer, case)
    case = made.objection(centre, about_person(office), **AGENT)
    assert actions.accept(user=centre.officer, obj=case).state == "accepted"


def test_nothing_of_it_stands_in_clear_anywhere(
    centre: made.Centre, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    number = identity_number(771, born="19850505")
    given = made.applicant(number=number, name="司马不公开", phone="13877778888", address="中原路一百号")
    with caplog.at_level(logging.DEBUG):
        case = made.objection(centre, made.published(office), applicant=given)
        case = actions.accept(user=centre.officer, obj=case)
        actions.decide_upheld(user=centre.officer, obj=case, grounds="一致")
    assert open_applicant(case) == given
    with connection.cursor() as cursor:
        # The history tables stand here too; their months in a schema of their own.
        cursor.execute(
            "SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        )
        tables = [table for (table,) in cursor.fetchall()]
        assert {"objections_case", "objections_historicalcase", "audit_accessentry"} <= set(tables)
        for table in tables:
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} AS t")
            text = cursor.fetchone()[0] or ""
            for clear in (number, "司马不公开", "13877778888", "中原路一百号"):
                assert clear not in text, table
    for clear in (number, "司马不公开", "13877778888", "中原路一百号"):
        assert clear not in caplog.text


def test_forgetting_the_person_leaves_the_case(centre: made.Centre, office: Office) -> None:
    given = made.applicant()
    case = made.objection(centre, made.published(office), applicant=given)
    past = case.history.first()
    assert open_applicant(case) == given == open_applicant(past)
    key = PersonKey.objects.get(pk=case.applicant["applicant.name"]["key"])
    PersonKey.objects.filter(pk=key.pk).update(wrapped=None, fingerprint=None, destroyed_at=timezone.now())
    case = Case.objects.get()
    assert (open_applicant(case), open_applicant(case.history.first())) == (None, None)
    case = actions.accept(user=centre.officer, obj=case)
    assert actions.decide_upheld(user=centre.officer, obj=case, grounds="一致").state == "closed"


def test_what_others_may_see_of_it() -> None:
    masked = made.applicant(name="欧阳申请", number="410105198505051230", address="中原路").masked
    assert (masked.name, masked.number, masked.phone, masked.address) == (
        "欧阳*", "410***********1230", "138****1234", "",
    )  # fmt: skip
