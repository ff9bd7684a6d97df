"""Natural persons of a generated city: few, for each is sealed under a key of its own by the code of every entry."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Final

import polars as pl
from django.db import transaction
from stdnum.iso7064 import mod_11_2

from apps.core.terms import SubjectKind
from apps.subjects.demo import DISTRICTS, GIVEN, SURNAMES
from apps.subjects.models import Subject
from apps.subjects.people import Document, register_persons

from .draws import Draws

SLICE: Final = 5_000
_BORN: Final = datetime.date(1880, 1, 1)
"""The days of birth begin here and end before those of people alive, so that no number belongs to anybody."""
_DAYS: Final = 7_000


def load(seed: int, count: int, told: Callable[[int], None]) -> None:
    """Add ``count`` persons; ``told`` hears how many there are so far."""
    with transaction.atomic():
        first = Subject.objects.filter(kind=SubjectKind.NATURAL_PERSON).count()
    for start in range(0, count, SLICE):
        size = min(SLICE, count - start)
        register_persons(documents(seed, first + start, size))
        told(start + size)


def documents(seed: int, first: int, count: int) -> list[Document]:
    """Identity cards number ``first`` and the following."""
    numbers = pl.int_range(first, first + count, dtype=pl.Int64, eager=True)
    return [
        Document("身份证", _identity_number(number), name)
        for number, name in zip(numbers, names(Draws(seed, numbers)), strict=True)
    ]


def names(draws: Draws) -> pl.Series:
    """Names of people, the common surnames far more often than the others."""
    surname = draws.pick("surname", SURNAMES, [1 / (place + 5) for place in range(len(SURNAMES))])
    given = [GIVEN[place : place + 2] for place in range(0, len(GIVEN) - 1, 2)]
    return surname + draws.pick("given name", [*given, *(pair[0] for pair in given)])


def _identity_number(number: int) -> str:
    """The running number as division, day of birth and order: each combination once."""
    rest, division = divmod(number, len(DISTRICTS))
    order, day = divmod(rest, _DAYS)
    body = f"{list(DISTRICTS)[division]}{_BORN + datetime.timedelta(days=day):%Y%m%d}{order + 1:03d}"
    return body + mod_11_2.calc_check_digit(body)
