"""Entering and changing organisations."""

import pytest
from django.core.exceptions import ValidationError

from apps.subjects import actions
from apps.subjects.models import Identifier, Region, Subject
from tests.subjects.factories import organisation_code, registration_number, subject, uscc, user

pytestmark = pytest.mark.django_db

# Codes that were issued although their check digit is wrong (see the domain notes on GB 32100).
ISSUED_WITH_WRONG_CHECK = ["91350211M0000XUF46", "91350100M0001TGQXM"]


@pytest.fixture
def clerk():
    return user("clerk")


def test_an_enterprise_brings_its_organisation_code_and_its_region(clerk):
    Region.objects.create(code="410105", name="金水区", level="county")
    made = actions.register_subject(
        user=clerk, kind="legal_entity", name="  郑州甲 有限公司 ", uscc=f"{uscc(1)}（1-2）",
        old_codes={"registration_number": registration_number(1)},
    )  # fmt: skip
    assert (made.name, made.match_name, made.uscc) == ("郑州甲 有限公司", "郑州甲有限公司", uscc(1))
    assert made.region_id == "410105"
    assert set(made.identifiers.values_list("scheme", "value")) == {
        ("organisation_code", organisation_code(1)),
        ("registration_number", registration_number(1)),
    }
    assert made.history.get().history_user_id == clerk.pk


@pytest.mark.parametrize(("code", "region"), [("410100", "4101"), ("410000", "41"), ("410999", None)])
def test_the_region_of_a_city_or_province_code_and_of_an_abolished_one(clerk, code, region):
    Region.objects.bulk_create(Region(code=code, name=code, level="x") for code in ("41", "4101", "410105"))
    made = actions.register_subject(user=clerk, kind="legal_entity", name="甲", uscc=uscc(1, division=code))
    assert made.region_id == region


@pytest.mark.parametrize("code", ISSUED_WITH_WRONG_CHECK)
def test_a_code_with_a_wrong_check_digit_is_taken_only_with_a_reason(clerk, code):
    with pytest.raises(ValidationError) as caught:
        actions.register_subject(user=clerk, kind="legal_entity", name="厦门某公司", uscc=code)
    assert "uscc" in caught.value.message_dict
    made = actions.register_subject(
        user=clerk, kind="legal_entity", name="厦门某公司", uscc=code, override_reason="营业执照原件如此"
    )
    assert (made.uscc, made.override_reason) == (code, "营业执照原件如此")
    # An organisation code is not read out of a code that cannot be trusted.
    assert not made.identifiers.exists()


@pytest.mark.parametrize("code", ["9141010", "91410105MA3X9N4K0O", "9.14101E+17", "0" * 18])
def test_a_reason_does_not_help_a_code_that_cannot_have_been_issued(clerk, code):
    with pytest.raises(ValidationError):
        actions.register_subject(user=clerk, kind="legal_entity", name="甲", uscc=code, override_reason="真的")
    assert not Subject.objects.exists()


def test_everything_wrong_is_told_at_once(clerk):
    with pytest.raises(ValidationError) as caught:
        actions.register_subject(
            user=clerk, kind="legal_entity", name=" ", uscc="123", old_codes={"organisation_code": "123456789"}
        )
    assert set(caught.value.message_dict) == {"name", "uscc", "organisation_code"}


def test_an_individual_business_without_a_unified_code_is_known_by_its_registration_number(clerk):
    made = actions.register_subject(
        user=clerk, kind="individual_business", name="张三面馆", uscc="0" * 17 + "X",
        old_codes={"registration_number": registration_number(7)},
    )  # fmt: skip
    assert made.uscc is None
    assert Subject.objects.by_code(registration_number(7)).get() == made
    with pytest.raises(ValidationError):
        actions.register_subject(user=clerk, kind="individual_business", name="李四面馆")


def test_entering_a_subject_twice_gives_the_first_and_another_name_is_refused(clerk):
    first = actions.register_subject(user=clerk, kind="legal_entity", name="甲公司", uscc=uscc(1))
    assert actions.register_subject(user=clerk, kind="legal_entity", name="甲公司", uscc=uscc(1)) == first
    with pytest.raises(ValidationError):
        actions.register_subject(user=clerk, kind="legal_entity", name="乙公司", uscc=uscc(1))
    assert Subject.objects.count() == 1


def test_one_name_with_two_codes_is_two_subjects(clerk):
    made = [
        actions.register_subject(user=clerk, kind="legal_entity", name="同名公司", uscc=uscc(number))
        for number in (1, 2)
    ]
    assert made[0] != made[1]


def test_a_new_name_leaves_the_former_one_findable(clerk):
    one = subject(1, "郑州旧名有限公司")
    actions.rename(user=clerk, subject=one, name="郑州新名有限公司", reason="变更登记")
    one.refresh_from_db()
    assert one.name == "郑州新名有限公司"
    assert [former.name for former in one.names.all()] == ["郑州旧名有限公司"]
    assert list(Subject.objects.search("旧名")) == [one]
    assert one.history.first().history_change_reason == "变更登记"


def test_a_spelling_corrected_or_a_bracket_changed_is_no_former_name(clerk):
    one = subject(1, "郑州(高新)有限公司")
    actions.rename(user=clerk, subject=one, name="郑州（高新）有限公司")
    actions.rename(user=clerk, subject=one, name="郑州高新有限公司", keep_former=False)
    assert not one.names.exists()


def test_another_code_keeps_the_former_one_as_an_identifier(clerk):
    one, other = subject(1), subject(2)
    actions.set_code(user=clerk, subject=one, uscc=uscc(3))
    one.refresh_from_db()
    assert one.uscc == uscc(3)
    assert Subject.objects.by_code(uscc(1)).get() == one
    for taken in (uscc(1), uscc(3)):
        with pytest.raises(ValidationError):
            actions.set_code(user=clerk, subject=other, uscc=taken)


def test_a_damaged_code_is_accepted_later_with_a_reason_that_stays(clerk):
    one = subject(1)
    with pytest.raises(ValidationError):
        actions.override_code(user=clerk, subject=one, uscc=ISSUED_WITH_WRONG_CHECK[0], reason=" ")
    actions.override_code(user=clerk, subject=one, uscc=ISSUED_WITH_WRONG_CHECK[0], reason="执照如此")
    one.refresh_from_db()
    assert (one.uscc, one.override_reason) == (ISSUED_WITH_WRONG_CHECK[0], "执照如此")


def test_an_old_code_belongs_to_one_subject(clerk):
    one, other = subject(1), subject(2)
    for _ in range(2):
        actions.add_identifier(user=clerk, subject=one, scheme="registration_number", value=registration_number(5))
    assert Identifier.objects.count() == 1
    with pytest.raises(ValidationError) as caught:
        actions.add_identifier(user=clerk, subject=other, scheme="registration_number", value=registration_number(5))
    assert one.name in str(caught.value)
    with pytest.raises(ValidationError):
        actions.add_identifier(user=clerk, subject=other, scheme="organisation_code", value="12345678-8X")
    with pytest.raises(ValidationError):
        actions.add_identifier(user=clerk, subject=other, scheme="uscc", value=one.uscc)
