"""Identifiers of organisations and persons: published vectors, issued codes, known traps."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as other_implementation
from stdnum.iso7064 import mod_11_2

from apps.core.identifiers import (
    check_certificate,
    check_organisation_code,
    check_registration_number,
    check_resident_identity,
    check_tax_number,
    check_uscc,
    crosswalk,
    division_of,
    organisation_code_of,
    organisation_code_of_tax_number,
    organisation_kind,
    subject_kind,
    uscc,
)
from apps.core.terms import SubjectKind

# Codes that companies print on their own pages and certificates.
ISSUED = [
    "91110000600037341L",
    "914403001922038216",
    "91330100799655058B",
    "9144030071526726XG",
    "91110000802100433B",
    "91410100170051302N",
    "91410106170270273F",
]


@pytest.mark.parametrize("code", ISSUED)
def test_an_issued_code_is_valid(code: str) -> None:
    check = check_uscc(code)
    assert check.ok
    assert check.value == code
    assert check.subject_kind == SubjectKind.LEGAL_ENTITY


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, "empty"),
        ("", "empty"),
        (" - ", "empty"),
        ("9141010017005130", "length"),
        ("91410100170051302N1", "length"),
        ("无", "length"),
        ("9141010O170051302N", "charset"),
        ("9141A100170051302N", "charset"),
        ("91410100170051302Z", "charset"),
        ("91410100170051302İ", "charset"),
        ("91410100170051３0①N", "charset"),
        ("94410100170051302N", "authority_kind"),
        ("00410100170051302N", "authority_kind"),
        ("Y3410100170051302N", "authority_kind"),
        ("91410100170051302M", "checksum"),
        ("91350211M0000XUF46", "checksum"),
        ("91350100M0001TGQXM", "checksum"),
        ("000000000000000000", "zeros"),
        ("00000000000000000X", "placeholder"),
        ("9.14E+17", "scientific"),
        ("9.14403001922038e+17", "scientific"),
        ("９.14Ｅ＋17", "scientific"),
    ],
)
def test_a_wrong_code_says_what_is_wrong(text: str | None, error: str) -> None:
    check = check_uscc(text)
    assert not check.ok
    assert check.error == error
    assert check.message_key == f"uscc.{error}"


@pytest.mark.parametrize("code", ["91350211M0000XUF46", "91350100M0001TGQXM"])
def test_a_lawfully_issued_code_with_a_wrong_check_character_may_be_overridden(code: str) -> None:
    assert check_uscc(code).overridable
    assert check_uscc(code).subject_kind == SubjectKind.LEGAL_ENTITY
    assert not check_uscc(code[:-1]).overridable


@given(
    st.sampled_from(sorted(uscc.AUTHORITY_KINDS)),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(uscc.ALPHABET, min_size=9, max_size=9),
)
def test_every_authority_and_any_division_is_taken(start: str, division: str, organisation: str) -> None:
    body = start + division + organisation
    assert check_uscc(body + other_implementation.calc_check_digit(body)).ok


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        ("11", "organ"),
        ("12", "institution"),
        ("31", "legal_service"),
        ("51", "social_organisation"),
        ("81", "trade_union"),
        ("91", "enterprise"),
        ("92", "individual_business"),
        ("93", "cooperative"),
        ("A1", "military"),
        ("N2", "collective"),
        ("Y1", "other"),
        ("99", ""),
    ],
)
def test_the_first_two_characters_tell_the_kind(start: str, kind: str) -> None:
    assert organisation_kind(start + "410100170051302N") == kind


def test_only_92_and_the_placeholder_are_individual_businesses() -> None:
    individual = {start for start in uscc.AUTHORITY_KINDS if subject_kind(start) == SubjectKind.INDIVIDUAL_BUSINESS}
    assert individual == {"92"}
    assert check_uscc("0" * 17 + "x").subject_kind == SubjectKind.INDIVIDUAL_BUSINESS


def test_parts_of_a_code() -> None:
    assert organisation_code_of("914403001922038216") == "192203821"
    assert check_organisation_code("192203821").ok
    assert division_of("914403001922038216") == "440300"
    with pytest.raises(ValueError, match="18 characters"):
        organisation_code_of("00000000000000000X")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("59467239-9", ""),  # GB 11714
        ("594672399", ""),
        ("D2143569-X", ""),  # GB 11714
        ("19220382-1", ""),
        ("71526726-X", ""),
        ("59467239-8", "checksum"),
        ("59467239", "length"),
        ("5946723?9", "charset"),
        ("00000000-0", "zeros"),
        ("", "empty"),
        ("5.94672399E+8", "scientific"),
    ],
)
def test_organisation_code(text: str, error: str) -> None:
    assert check_organisation_code(text).error == error


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("110108000000016", ""),  # GS 15-2006
        ("440301103097413", ""),
        ("440301103448669", ""),
        ("330100400013364", ""),
        (" 440301103448669 ", ""),
        ("440301103448669.0", ""),
        ("440301103448668", "checksum"),
        ("4403011034486", "length"),
        ("44030110344866X", "charset"),
        ("000000000000000", "zeros"),
        ("4.40301E+14", "scientific"),
    ],
)
def test_registration_number(text: str, error: str) -> None:
    assert check_registration_number(text).error == error


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("440301192203821", ""),
        ("914403001922038216", ""),
        ("440301192203822", "checksum"),
        ("A40301192203821", "charset"),
        ("4403011922038", "length"),
        ("914403001922038215", "checksum"),
    ],
)
def test_tax_number(text: str, error: str) -> None:
    assert check_tax_number(text).error == error


def test_old_codes_meet_in_the_organisation_code() -> None:
    codes = {"unified": "914403001922038216", "organisation": "192203821", "tax": "440301192203821"}
    assert crosswalk(**codes) == "192203821"
    assert crosswalk(unified=uscc.PLACEHOLDER) == ""
    assert organisation_code_of_tax_number("914403001922038216") == "192203821"
    with pytest.raises(ValueError, match="different organisations"):
        crosswalk(unified="914403001922038216", organisation="594672399")
    with pytest.raises(ValueError, match="15 characters"):
        organisation_code_of_tax_number("4403")


TODAY = datetime.date(2026, 6, 1)


def with_check_character(body: str) -> str:
    return body + mod_11_2.calc_check_digit(body)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("11010519491231002X", ""),  # GB 11643
        ("440524188001010014", ""),  # GB 11643
        ("11010519491231002x", ""),
        ("110105 19491231 002X", ""),
        ("110105194912310021", "checksum"),
        ("110105194902310025", "birth_date"),
        (with_check_character("41010119990229001"), "birth_date"),
        (with_check_character("41010100010101001"), "birth_date"),
        (with_check_character("41010120990101001"), "birth_future"),
        (with_check_character("41010120260602001"), "birth_future"),
        (with_check_character("41010120260601001"), ""),
        (with_check_character("41017119800101001"), ""),  # 410171: statistical county
        (with_check_character("81000019800101001"), ""),  # residence permit, Hong Kong
        (with_check_character("83000019800101001"), ""),  # residence permit, Taiwan
        ("110105491231002", "length"),
        ("1101051949123100２X", ""),
        ("X1010519491231002X", "charset"),
        ("", "empty"),
        ("1.10105194912310E+17", "scientific"),
    ],
)
def test_resident_identity_number(text: str, error: str) -> None:
    assert check_resident_identity(text, today=TODAY).error == error


@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [
        ("passport", "E12345678", ""),
        ("passport", "EA1234567", ""),
        ("passport", "护照", "format"),
        ("passport", "", "empty"),
        ("hk_macau_permit", "H12345678", ""),
        ("hk_macau_permit", "M1234567801", ""),
        ("hk_macau_permit", "A12345678", "format"),
        ("taiwan_permit", "12345678", ""),
        ("taiwan_permit", "1234567", "format"),
        ("foreign_permanent_residence", "USA310173112301", ""),
        ("foreign_permanent_residence", "911840198108270017", ""),
        ("foreign_permanent_residence", "USA31017311230", "format"),
        ("other_certificate", "军字第1234567号", ""),
        ("resident_identity", "11010519491231002X", ""),
    ],
)
def test_other_certificates(kind: str, text: str, error: str) -> None:
    assert check_certificate(kind, text).error == error


def test_an_unknown_certificate_kind_is_an_error_of_the_caller() -> None:
    with pytest.raises(KeyError):
        check_certificate("library_card", "1")
