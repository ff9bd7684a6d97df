"""Searching cases by what people have at hand: a case number, a progress code, or what finds a record."""

import re
from typing import Any, Final

from django.db.models import F
from django.utils import timezone

from apps.core.lookups import Begins
from apps.records.models import Record
from apps.records.searching import search as search_records

from .numbers import ALPHABET, GROUP, GROUPS, SERIES, case_number
from .querysets import CaseQuerySet

_CODE: Final = re.compile(rf"[{ALPHABET}]{{{GROUP * GROUPS}}}")
_SERIAL: Final = re.compile(r"[0-9]{1,6}")
YEARS_BACK: Final = 1
"""A serial number alone means a case of this year or of so many years before."""


def search(cases: CaseQuerySet, term: str, user: Any) -> CaseQuerySet:
    """Those of ``cases`` whose number begins with ``term``, that have it as progress code or as serial number of late
    years, or whose record ``user`` finds by it."""
    term = term.strip()
    if not term:
        return cases
    if term[0] in SERIES.values():
        return cases.filter(Begins(F("number"), term))
    code = re.sub(r"[\s-]", "", term).upper()
    if _CODE.fullmatch(code):
        return cases.filter(code="-".join(code[place : place + GROUP] for place in range(0, len(code), GROUP)))
    if _SERIAL.fullmatch(term):
        this_year = timezone.localdate().year
        years = range(this_year - YEARS_BACK, this_year + 1)
        numbered = cases.filter(number__in=[case_number(kind, year, int(term)) for kind in SERIES for year in years])
        if numbered.exists():
            return numbered
    records = search_records(Record.objects.visible_to(user), term)
    return cases.filter(record__in=records.order_by().values("pk"))
