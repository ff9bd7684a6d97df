"""Identity documents of natural persons."""

from __future__ import annotations

import datetime
import re
from typing import Final

from stdnum.iso7064 import mod_11_2

from . import checks
from .checks import IdentifierCheck
from .cleaning import clean_code, is_scientific

RESIDENT_SCHEME: Final = "resident_identity"
RESIDENT_LENGTH: Final = 18
RESIDENT_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
EARLIEST_BIRTH: Final = datetime.date(1800, 1, 1)
"""Older dates are typing errors; the sample of GB 11643 was born in 1880."""

_RESIDENT: Final = re.compile(r"[0-9]{17}[0-9X]")


def birth_date_of(number: str) -> datetime.date | None:
    """Birth date in a clean resident identity number, None when the calendar has no such day."""
    try:
        return datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def resident_status(number: str, today: datetime.date | None = None) -> str:
    """Error code of a cleaned resident identity number, "" when valid."""
    if not number:
        return checks.EMPTY
    if "+" in number or "." in number:
        return checks.SCIENTIFIC if is_scientific(number) else checks.CHARSET
    if len(number) != RESIDENT_LENGTH:
        return checks.LENGTH
    if not _RESIDENT.fullmatch(number):
        return checks.CHARSET
    born = birth_date_of(number)
    if born is None or born < EARLIEST_BIRTH:
        return checks.BIRTH_DATE
    if born > (today or datetime.date.today()):
        return checks.BIRTH_FUTURE
    if not mod_11_2.is_valid(number):
        return checks.CHECKSUM
    return checks.VALID


def check_resident_identity(text: str | None, today: datetime.date | None = None) -> IdentifierCheck:
    """Check a resident identity number (GB 11643): ISO 7064 MOD 11-2 and a real birth date not after `today`.

    The county part is not judged: counties are abolished, statistical counties and the residence permits of Hong
    Kong, Macau and Taiwan (810000, 820000, 830000) are lawful. Numbers of 15 digits ended in 2013 and answer
    `length`. A small x is taken.
    """
    cleaned = clean_code(text)
    return IdentifierCheck(RESIDENT_SCHEME, cleaned.text, resident_status(cleaned.text, today), cleaned.cleanings)


# 证件类型 of the 2018 standard other than 身份证: length and characters only, the issuers publish no more.
CERTIFICATE_PATTERNS: Final[dict[str, re.Pattern[str]]] = {
    "passport": re.compile(r"[0-9A-Z]{5,17}"),
    "hk_macau_permit": re.compile(r"[HM][0-9A-Z][0-9]{7}(?:[0-9]{2})?"),
    "taiwan_permit": re.compile(r"[0-9]{8}|[0-9A-Z]{10,12}"),
    "foreign_permanent_residence": re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]"),
    "other_certificate": re.compile(r"[0-9A-Z\u4e00-\u9fff()/.]{2,50}"),
}


def check_certificate(kind: str, text: str | None, today: datetime.date | None = None) -> IdentifierCheck:
    """Check the number of an identity document of `kind`: `resident_identity` or a key of CERTIFICATE_PATTERNS.

    Errors for the latter: `empty`, `scientific`, `format`. Raises KeyError for an unknown kind.
    """
    if kind == RESIDENT_SCHEME:
        return check_resident_identity(text, today)
    pattern = CERTIFICATE_PATTERNS[kind]
    cleaned = clean_code(text)
    if not cleaned.text:
        error = checks.EMPTY
    elif cleaned.scientific:
        error = checks.SCIENTIFIC
    else:
        error = checks.VALID if pattern.fullmatch(cleaned.text) else checks.FORMAT
    return IdentifierCheck(kind, cleaned.text, error, cleaned.cleanings)
