"""Merging duplicates: everything moves, and comes back exactly as it was."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.context import acting
from apps.catalogue.models import InformationItem
from apps.records.models import Record
from apps.subjects import actions, merging
from apps.subjects.matching import resolve
from apps.subjects.models import Identifier, PersonalData, Subject, SubjectMerge, SubjectName
from apps.subjects.rules import Outcome
from tests.factories import grant, make_department
from tests.subjects.factories import identity_number, registration_number, subject, uscc, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(department):
    made = user("officer", "subjects.merge_subject")
    for permission in ("view_records", "review_records"):
        grant(made, permission, department)
    return made


@pytest.fixture
def department():
    return make_department("market")


@pytest.fixture
def item():
    return InformationItem.objects.create(code="test-item", name="测试", name_en="Test", subject_kinds=[])


def record(of, department, item, author, number="1"):
    return Record.objects.create(
        subject=of, department=department, item=item, document_number=number, decided_on=datetime.date(2024, 3, 1),
        authority_name="甲局", authority_code="x", source_name="甲局", source_code="x", author=author,
    )  # fmt: skip


def tables():
    """All rows of all tables that a merge may touch, but for the merges themselves."""
    models = [Subject, Identifier, SubjectName, PersonalData, *(model for _, model, _ in merging.movable())]
    return {model._meta.label: sorted(map(str, model._base_manager.values_list())) for model in models}


def test_records_names_and_codes_lead_to_the_remaining_subject(officer, department, item):
    duplicate, remaining = subject(1, "郑州旧名有限公司"), subject(2, "郑州新名有限公司")
    actions.add_identifier(user=officer, subject=duplicate, scheme="registration_number", value=registration_number(1))
    actions.rename(user=officer, subject=duplicate, name="郑州中间名有限公司")
    moved = record(duplicate, department, item, officer)
    merge = actions.merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="同一企业")
    moved.refresh_from_db()
    assert moved.subject == remaining
    assert moved.history.first().history_change_reason == "同一企业"
    assert list(Subject.objects.organisations()) == [remaining]
    for text in ("旧名", "中间名", "新名", uscc(1), uscc(2), registration_number(1)):
        assert list(Subject.objects.search(text)) == [remaining], text
    for name, code in ((remaining.name, uscc(1)), ("郑州旧名有限公司", uscc(2)), ("郑州中间名有限公司", uscc(1))):
        assert resolve(name=name, uscc=code).subject == remaining
    assert merge.moved["records.Record.subject"] == [moved.pk]


def test_what_is_against_a_merge_is_told_all_at_once(officer, department, item):
    duplicate, remaining = subject(1), subject(2, uscc=None)
    record(duplicate, department, item, officer, "郑罚〔2024〕1号")
    record(remaining, department, item, officer, "郑罚〔2024〕1号")
    record(duplicate, department, item, officer, "郑罚〔2024〕2号")
    with pytest.raises(ValidationError) as caught:
        actions.merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="x")
    # The same record on both, and the code on the wrong side.
    assert len(caught.value.messages) == 2
    assert any("郑罚〔2024〕1号" in text for text in caught.value.messages)
    assert not SubjectMerge.objects.exists()


def test_a_withdrawn_record_does_not_stand_against_a_merge(officer, department, item):
    duplicate, remaining = subject(1), subject(2)
    withdrawn = record(duplicate, department, item, officer)
    with acting(reason="撤销"):
        Record.objects.filter(pk=withdrawn.pk).update(state="withdrawn", withdrawal="revoked")
    record(remaining, department, item, officer)
    actions.merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="x")
    assert remaining.records.count() == 2


def test_only_with_the_permission_and_a_reason_and_never_twice(officer):
    one, other, third = subject(1), subject(2), subject(3)
    with pytest.raises(PermissionDenied):
        actions.merge_subjects(user=user("clerk"), duplicate=one, remaining=other, reason="x")
    for duplicate, remaining, reason in ((one, other, " "), (one, one, "x")):
        with pytest.raises(ValidationError):
            actions.merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason=reason)
    merge = actions.merge_subjects(user=officer, duplicate=one, remaining=other, reason="x")
    for duplicate, remaining in ((one, third), (third, one)):
        with pytest.raises(ValidationError):
            actions.merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="x")
    with pytest.raises(PermissionDenied):
        actions.reverse_merge(user=user("other"), merge=merge, reason="x")
    with pytest.raises(ValidationError):
        actions.rename(user=officer, subject=one, name="改名")


def test_a_person_and_an_organisation_are_never_one(officer):
    person = Subject.objects.get(
        pk=actions.register_person(document_kind="身份证", number=identity_number(1), name="张三").subject_id
    )
    for duplicate, remaining in ((person, subject(1)), (subject(2), person)):
        with pytest.raises(ValidationError):
            actions.merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="x")


def test_two_documents_of_one_person_lead_to_the_remaining_one(officer):
    documents = [("身份证", identity_number(1)), ("护照号", "E12345678")]
    card, passport = (
        Subject.objects.get(pk=actions.register_person(document_kind=kind, number=number, name="张三").subject_id)
        for kind, number in documents
    )
    merge = actions.merge_subjects(user=officer, duplicate=passport, remaining=card, reason="同一人")
    assert [Subject.objects.find_person(kind, number).get() for kind, number in documents] == [card, card]
    found = actions.register_person(document_kind="护照号", number="E12345678", name="张三")
    assert (found.subject_id, found.created) == (card.pk, False)
    actions.reverse_merge(user=officer, merge=merge, reason="不是同一人")
    assert Subject.objects.find_person("护照号", "E12345678").get() == passport


def test_merges_are_taken_back_last_one_first(officer, department, item):
    one, two, three = subject(1), subject(2), subject(3)
    moved = record(one, department, item, officer)
    before = tables()
    first = actions.merge_subjects(user=officer, duplicate=one, remaining=two, reason="x")
    between = tables()
    second = actions.merge_subjects(user=officer, duplicate=two, remaining=three, reason="x")
    moved.refresh_from_db()
    assert moved.subject == three
    assert resolve(name=one.name, uscc=one.uscc).subject == three
    with pytest.raises(ValidationError):
        actions.reverse_merge(user=officer, merge=first, reason="x")
    actions.reverse_merge(user=officer, merge=second, reason="x")
    assert tables() == between
    actions.reverse_merge(user=officer, merge=first, reason="x")
    assert tables() == before
    with pytest.raises(ValidationError):
        actions.reverse_merge(user=officer, merge=first, reason="x")


def test_what_came_after_the_merge_stays_with_the_remaining_subject(officer, department, item):
    duplicate, remaining = subject(1), subject(2)
    merge = actions.merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="x")
    later = record(remaining, department, item, officer)
    actions.reverse_merge(user=officer, merge=merge, reason="x")
    later.refresh_from_db()
    assert later.subject == remaining


def test_a_row_that_has_gone_since_keeps_the_merge(officer, department, item):
    duplicate, remaining = subject(1), subject(2)
    record(duplicate, department, item, officer)
    merge = actions.merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="x")
    merging_rows = Record.objects.filter(subject=remaining)
    merging_rows.update(subject=subject(3))
    with pytest.raises(ValidationError), transaction.atomic():
        actions.reverse_merge(user=officer, merge=merge, reason="x")
    duplicate.refresh_from_db()
    assert duplicate.merged_into == remaining


SIDE = st.booleans()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.tuples(SIDE, st.sampled_from(["甲公司", "乙公司", "丙公司"])), max_size=6),
    identifiers=st.lists(SIDE, max_size=4),
    records=st.lists(st.tuples(SIDE, st.integers(1, 4)), max_size=6, unique=True),
    same_name=SIDE,
    code_kept_apart=SIDE,
)
def test_merge_and_reversal_leave_the_tables_as_they_were(
    officer, department, item, names, identifiers, records, same_name, code_kept_apart
):
    point = transaction.savepoint()
    try:
        pair = (
            subject(1, "甲公司", uscc=None if code_kept_apart else uscc(1)),
            subject(2, "甲公司" if same_name else "乙公司"),
        )
        for second, name in names:
            SubjectName.objects.create(subject=pair[second], name=name, match_name=name)
        for number, second in enumerate(identifiers):
            Identifier.objects.create(subject=pair[second], scheme="tax_number", value=f"4101050000{number}")
        for second, number in records:
            record(pair[second], department, item, officer, str(number))
        before = tables()
        twice = {number for second, number in records if second} & {number for second, number in records if not second}
        if twice:
            with pytest.raises(ValidationError) as caught, transaction.atomic():
                actions.merge_subjects(user=officer, duplicate=pair[0], remaining=pair[1], reason="x")
            assert len(caught.value.messages) == len(twice)
        else:
            merge = actions.merge_subjects(user=officer, duplicate=pair[0], remaining=pair[1], reason="x")
            assert not any(
                model._base_manager.filter(**{field: pair[0]}).exists() for _, model, field in merging.movable()
            )
            assert resolve(name="甲公司", uscc=uscc(2)).outcome == Outcome.MATCHED
            actions.reverse_merge(user=officer, merge=merge, reason="x")
        assert tables() == before
    finally:
        transaction.savepoint_rollback(point)
