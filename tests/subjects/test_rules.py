"""Whom name and codes mean: the table of the rules, on what is really on record."""

import pytest

from apps.core.terms import SubjectKind
from apps.subjects import actions
from apps.subjects.matching import resolve
from apps.subjects.models import Identifier, Subject, SubjectName
from apps.subjects.rules import Outcome, Reason
from tests.subjects.factories import organisation_code, registration_number, subject, uscc

pytestmark = pytest.mark.django_db
NAME = "郑州嘉瑞商贸有限公司"


@pytest.fixture
def known() -> Subject:
    one = subject(1, NAME)
    Identifier.objects.create(subject=one, scheme="organisation_code", value=organisation_code(1))
    Identifier.objects.create(subject=one, scheme="registration_number", value=registration_number(1))
    SubjectName.objects.create(subject=one, name="郑州旧字号有限公司", match_name="郑州旧字号有限公司")
    return one


def swapped(code: str) -> str:
    """The code with one character mistyped."""
    return code[:12] + ("8" if code[12] != "8" else "3") + code[13:]


@pytest.mark.parametrize("name", [NAME, "郑州旧字号有限公司", "", "郑州嘉瑞商贸 有限公司"])
@pytest.mark.parametrize("typed", [uscc(1), f" {uscc(1)}(1-1)", uscc(1).lower()])
def test_a_code_on_record_with_a_name_the_subject_bears_decides(known, name, typed):
    found = resolve(name=name, uscc=typed)
    assert (found.outcome, found.subject, found.proposals) == (Outcome.MATCHED, known, ())


def test_a_code_on_record_under_another_name_shows_both(known):
    other = subject(2, "河南天源物流有限公司")
    found = resolve(name=other.name, uscc=uscc(1))
    assert (found.outcome, found.subject) == (Outcome.NAME_DIFFERS, known)
    assert [(one.subject, one.reason) for one in found.proposals] == [(known, Reason.CODE), (other, Reason.NAME)]
    assert NAME in found.text


def test_a_damaged_code_is_never_new_and_brings_the_one_it_may_have_been(known):
    found = resolve(name="没有登记的公司", uscc=swapped(uscc(1)))
    assert (found.outcome, found.subject) == (Outcome.DAMAGED, None)
    proposed = found.proposals[0]
    assert (proposed.subject, proposed.reason) == (known, Reason.REPAIRED_CODE)
    assert "13" in proposed.text


def test_of_several_codes_near_to_a_damaged_one_the_right_name_comes_first(known):
    near = [proposal.code for proposal in resolve(name="x", uscc=swapped(uscc(1))).repairs if proposal.code != uscc(1)]
    other = Subject.objects.create(kind="legal_entity", name="另一家", match_name="另一家", uscc=near[0])
    assert [one.subject for one in resolve(name=NAME, uscc=swapped(uscc(1))).proposals] == [known, other]
    assert [one.subject for one in resolve(name="另一家", uscc=swapped(uscc(1))).proposals] == [other, known]


@pytest.mark.parametrize("typed", ["123", "9.14101E+17", "O" * 18, "0" * 18])
def test_a_hopeless_code_still_brings_the_same_name(known, typed):
    found = resolve(name=NAME, uscc=typed)
    assert found.outcome == Outcome.DAMAGED
    assert [(one.subject, one.reason) for one in found.proposals] == [(known, Reason.NAME)]


def test_a_valid_code_not_on_record_is_new_even_under_a_known_name(known):
    found = resolve(name=NAME, uscc=uscc(9))
    assert (found.outcome, found.subject) == (Outcome.NEW, None)
    assert [(one.subject, one.reason) for one in found.proposals] == [(known, Reason.NAME)]


def test_a_new_code_over_the_organisation_code_of_another_subject_is_asked_about(known):
    # The same organisation code under another authority: 91... and 12... share positions 9 to 17.
    assert resolve(name=NAME, uscc=uscc(1, start="12")).outcome == Outcome.CODES_DIFFER


def test_a_subject_known_by_old_codes_alone_is_found_by_its_new_code(known):
    Subject.objects.filter(pk=known.pk).update(uscc=None)
    found = resolve(name=NAME, uscc=uscc(1))
    assert (found.outcome, found.subject) == (Outcome.MATCHED, known)
    assert resolve(name="别的名字", uscc=uscc(1)).outcome == Outcome.NAME_DIFFERS


def test_an_old_code_decides_without_a_unified_one(known):
    old = {"registration_number": registration_number(1)}
    for placeholder in ("", "0" * 17 + "X"):
        found = resolve(name=NAME, uscc=placeholder, old_codes=old)
        assert (found.outcome, found.subject) == (Outcome.MATCHED, known)
    found = resolve(name="别的名字", old_codes=old)
    assert (found.outcome, found.subject) == (Outcome.NAME_DIFFERS, known)
    assert found.proposals[0].reason == Reason.OLD_CODE


def test_codes_of_different_subjects_are_asked_about(known):
    other = subject(2)
    Identifier.objects.create(subject=other, scheme="tax_number", value="410105" + organisation_code(2))
    both = {"registration_number": registration_number(1), "tax_number": "410105" + organisation_code(2)}
    assert resolve(name=NAME, old_codes=both).outcome == Outcome.CODES_DIFFER
    assert resolve(name=NAME, uscc=uscc(1), old_codes=both).outcome == Outcome.CODES_DIFFER


def test_a_name_alone_never_decides(known):
    found = resolve(name=NAME)
    assert (found.outcome, found.subject) == (Outcome.UNDECIDED, None)
    assert [(one.subject, one.reason) for one in found.proposals] == [(known, Reason.NAME)]
    former = resolve(name="郑州旧字号有限公司")
    assert [(one.subject, one.reason) for one in former.proposals] == [(known, Reason.FORMER_NAME)]


def test_an_individual_business_may_be_new_by_its_registration_number():
    old = {"registration_number": registration_number(4)}
    business, company = SubjectKind.INDIVIDUAL_BUSINESS.value, SubjectKind.LEGAL_ENTITY.value
    assert resolve(name="王五面馆", old_codes=old, kind=business).outcome == Outcome.NEW
    assert resolve(name="王五面馆", old_codes=old, kind=company).outcome == Outcome.UNDECIDED
    assert resolve(name="王五面馆", kind=business).outcome == Outcome.UNDECIDED


def test_a_code_accepted_with_a_reason_is_on_record_like_any_other():
    one = actions.register_subject(
        user=None, kind="legal_entity", name="厦门某公司", uscc="91350211M0000XUF46", override_reason="执照如此"
    )
    assert resolve(name="厦门某公司", uscc="91350211M0000XUF46").subject == one
