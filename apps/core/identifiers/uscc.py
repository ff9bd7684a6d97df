"""Unified social credit code, GB 32100-2015 (with its 2018 additions A and N)."""

from __future__ import annotations

from typing import Final

from . import checks
from .checks import IdentifierCheck
from .cleaning import clean_code, is_scientific

SCHEME: Final = "uscc"
LENGTH: Final = 18
ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""31 characters; I, O, S, V and Z are never used."""
WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
"""Powers of 3 modulo 31, for the positions 1 to 17."""
VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}

PLACEHOLDER: Final = "0" * 17 + "X"
"""What the national standard of 2018 asks for when an individual business has no code."""

# Kinds of subject as records know them (`terms.SubjectKind`).
LEGAL_ENTITY: Final = "legal_entity"
INDIVIDUAL: Final = "individual_business"

# Kinds of organisation that positions 1 and 2 tell apart.
ORGAN = "organ"
INSTITUTION = "institution"
MASS_ORGANISATION = "mass_organisation"
FOREIGN_OFFICE = "foreign_office"
LEGAL_SERVICE = "legal_service"
SOCIAL_ORGANISATION = "social_organisation"
SELF_GOVERNMENT = "self_government"
RELIGIOUS = "religious"
TRADE_UNION = "trade_union"
ENTERPRISE = "enterprise"
INDIVIDUAL_BUSINESS = "individual_business"
COOPERATIVE = "cooperative"
MILITARY = "military"
COLLECTIVE = "collective"
OTHER = "other"

AUTHORITY_KINDS: Final[dict[str, str]] = {
    # 1 staffing commission
    "11": ORGAN,
    "12": INSTITUTION,
    "13": MASS_ORGANISATION,
    "19": OTHER,
    # 2 foreign affairs: resident news offices
    "21": FOREIGN_OFFICE,
    "29": OTHER,
    # 3 justice
    "31": LEGAL_SERVICE,
    "32": LEGAL_SERVICE,
    "33": LEGAL_SERVICE,
    "34": LEGAL_SERVICE,
    "35": LEGAL_SERVICE,
    "39": OTHER,
    # 4 culture: foreign culture centres
    "41": FOREIGN_OFFICE,
    "49": OTHER,
    # 5 civil affairs; 54 and 55 are the village and resident committees, special legal persons since 2017
    "51": SOCIAL_ORGANISATION,
    "52": SOCIAL_ORGANISATION,
    "53": SOCIAL_ORGANISATION,
    "54": SELF_GOVERNMENT,
    "55": SELF_GOVERNMENT,
    "59": OTHER,
    # 6 tourism: resident offices
    "61": FOREIGN_OFFICE,
    "62": FOREIGN_OFFICE,
    "69": OTHER,
    # 7 religion
    "71": RELIGIOUS,
    "72": RELIGIOUS,
    "79": OTHER,
    # 8 trade union
    "81": TRADE_UNION,
    "89": OTHER,
    # 9 market supervision
    "91": ENTERPRISE,
    "92": INDIVIDUAL_BUSINESS,
    "93": COOPERATIVE,
    # A Central Military Commission
    "A1": MILITARY,
    "A9": MILITARY,
    # N agriculture: collectives of group, village and township
    "N1": COLLECTIVE,
    "N2": COLLECTIVE,
    "N3": COLLECTIVE,
    "N9": COLLECTIVE,
    # Y others: not divided, so always 1
    "Y1": OTHER,
    "Y9": OTHER,
}
"""Registering authority and kind (positions 1 and 2) -> kind of organisation."""


def check_character(body: str) -> str:
    """Position 18 for the 17 characters `body`. Raises KeyError for a character outside the alphabet."""
    total = sum(VALUES[character] * weight for character, weight in zip(body[:17], WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def status(code: str) -> str:
    """Error code of an already cleaned code, "" when valid. Order: what is more telling comes first."""
    if not code:
        return checks.EMPTY
    if "+" in code or "." in code:
        return checks.SCIENTIFIC if is_scientific(code) else checks.CHARSET
    if len(code) != LENGTH:
        return checks.LENGTH
    if code == PLACEHOLDER:
        return checks.PLACEHOLDER
    if code == "0" * LENGTH:
        return checks.ZEROS
    if not code[2:8].isascii() or not code[2:8].isdigit() or any(character not in VALUES for character in code):
        return checks.CHARSET
    if code[:2] not in AUTHORITY_KINDS:
        return checks.AUTHORITY_KIND
    if code[17] != check_character(code[:17]):
        return checks.CHECKSUM
    return checks.VALID


def check_uscc(text: str | None) -> IdentifierCheck:
    """Check a unified social credit code (GB 32100-2015).

    The text is cleaned first (`clean_code`). The division in positions 3 to 8 may have been abolished since
    registration and is never a ground for rejection. Errors: `empty`, `scientific`, `length`, `charset`, `zeros`,
    `authority_kind`, `checksum` (may be overridden with a reason), `placeholder` (17 zeros and X: an individual
    business without a code, which is then known by its registration number).
    """
    cleaned = clean_code(text)
    error = status(cleaned.text)
    kind = subject_kind(cleaned.text) if error in (checks.VALID, checks.CHECKSUM, checks.PLACEHOLDER) else ""
    return IdentifierCheck(SCHEME, cleaned.text, error, cleaned.cleanings, kind)


def organisation_kind(code: str) -> str:
    """Kind of organisation named by positions 1 and 2 of a clean code; "" when the pair is not in the standard."""
    return AUTHORITY_KINDS.get(code[:2], "")


def subject_kind(code: str) -> str:
    """Kind of subject that holds a clean code: `individual_business` (92, and the placeholder) or `legal_entity`
    (legal persons and other organisations, one file in the 2018 standard); "" for an unknown pair."""
    if code == PLACEHOLDER:
        return INDIVIDUAL
    kind = organisation_kind(code)
    if not kind:
        return ""
    return INDIVIDUAL if kind == INDIVIDUAL_BUSINESS else LEGAL_ENTITY


def division_of(code: str) -> str:
    """Six-digit division at registration (GB/T 2260 of that day; it may be abolished since)."""
    return code[2:8]


def organisation_code_of(code: str) -> str:
    """The nine-character organisation code (GB 11714) inside a unified code: positions 9 to 17.

    Raises ValueError when the code has not 18 characters or is the placeholder, which holds none.
    """
    if len(code) != LENGTH or code == PLACEHOLDER:
        raise ValueError(f"no organisation code in {code!r}: a unified social credit code has 18 characters")
    return code[8:17]
