"""The codes that the unified social credit code replaced ("three certificates in one")."""

from __future__ import annotations

from typing import Final

from stdnum.iso7064 import mod_11_10

from . import checks, uscc
from .checks import IdentifierCheck
from .cleaning import clean_code, is_scientific

ORGANISATION_SCHEME: Final = "organisation_code"
REGISTRATION_SCHEME: Final = "registration_number"
TAX_SCHEME: Final = "tax_number"

ORGANISATION_LENGTH: Final = 9
ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
ORGANISATION_CHECKS: Final = "0X987654321"
"""Check character by the weighted sum modulo 11."""
ORGANISATION_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_VALUES: Final = {character: value for value, character in enumerate(ORGANISATION_ALPHABET)}
REGISTRATION_LENGTH: Final = 15
TAX_LENGTH: Final = 15


def _damaged(code: str) -> str:
    if not code:
        return checks.EMPTY
    if is_scientific(code):
        return checks.SCIENTIFIC
    return checks.VALID


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def organisation_check_character(body: str) -> str:
    """Ninth character for the eight of `body`: 11 less the weighted sum modulo 11; 10 is X, 11 is 0 (GB 11714)."""
    total = sum(ORGANISATION_VALUES[c] * w for c, w in zip(body[:8], ORGANISATION_WEIGHTS, strict=True))
    return ORGANISATION_CHECKS[total % 11]


def organisation_status(code: str) -> str:
    """Error code of a cleaned organisation code, "" when valid."""
    if error := _damaged(code):
        return error
    if len(code) != ORGANISATION_LENGTH:
        return checks.LENGTH
    if any(character not in ORGANISATION_VALUES for character in code):
        return checks.CHARSET
    if code == "0" * ORGANISATION_LENGTH:
        return checks.ZEROS
    if code[8] != organisation_check_character(code[:8]):
        return checks.CHECKSUM
    return checks.VALID


def registration_status(code: str) -> str:
    """Error code of a cleaned business registration number, "" when valid."""
    if error := _damaged(code):
        return error
    if len(code) != REGISTRATION_LENGTH:
        return checks.LENGTH
    if not _digits(code):
        return checks.CHARSET
    if code == "0" * REGISTRATION_LENGTH:
        return checks.ZEROS
    if not mod_11_10.is_valid(code):
        return checks.CHECKSUM
    return checks.VALID


def tax_status(code: str) -> str:
    """Error code of a cleaned tax registration number, "" when valid."""
    if error := _damaged(code):
        return error
    if len(code) == uscc.LENGTH:
        return uscc.status(code)
    if len(code) != TAX_LENGTH:
        return checks.LENGTH
    if not _digits(code[:6]):
        return checks.CHARSET
    return organisation_status(code[6:])


def check_organisation_code(text: str | None) -> IdentifierCheck:
    """Check an organisation code (GB 11714), with or without its hyphen: 59467239-9."""
    cleaned = clean_code(text)
    return IdentifierCheck(ORGANISATION_SCHEME, cleaned.text, organisation_status(cleaned.text), cleaned.cleanings)


def check_registration_number(text: str | None) -> IdentifierCheck:
    """Check a business registration number of 15 digits (GS 15-2006, ISO 7064 MOD 11,10).

    Numbers of 13 digits issued before 2007 were replaced and carry no check digit: they answer `length`.
    """
    cleaned = clean_code(text)
    return IdentifierCheck(REGISTRATION_SCHEME, cleaned.text, registration_status(cleaned.text), cleaned.cleanings)


def check_tax_number(text: str | None) -> IdentifierCheck:
    """Check a tax registration number: division (6 digits) and organisation code (9), or a unified code.

    Since the merger of certificates the unified code is the tax number. Numbers of individual businesses built on a
    resident identity number are not taken: they would store personal data in a field of organisations.
    """
    cleaned = clean_code(text)
    return IdentifierCheck(TAX_SCHEME, cleaned.text, tax_status(cleaned.text), cleaned.cleanings)


def organisation_code_of_tax_number(code: str) -> str:
    """Organisation code inside a clean tax number of 15 or 18 characters; ValueError for another length."""
    if len(code) == uscc.LENGTH:
        return uscc.organisation_code_of(code)
    if len(code) != TAX_LENGTH:
        raise ValueError(f"no organisation code in {code!r}: a tax registration number has 15 characters")
    return code[6:]


def crosswalk(*, unified: str = "", organisation: str = "", tax: str = "") -> str:
    """Organisation code on which the given clean codes agree; "" when none is given.

    Raises ValueError naming the codes when they belong to different organisations: such a row must not be joined.
    """
    found: dict[str, str] = {}
    if unified and unified != uscc.PLACEHOLDER:
        found["unified social credit code"] = uscc.organisation_code_of(unified)
    if organisation:
        found["organisation code"] = organisation
    if tax:
        found["tax registration number"] = organisation_code_of_tax_number(tax)
    if len(set(found.values())) > 1:
        named = ", ".join(f"{name} -> {value}" for name, value in found.items())
        raise ValueError(f"the codes name different organisations: {named}")
    return next(iter(found.values()), "")
