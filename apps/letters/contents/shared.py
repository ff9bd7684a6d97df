"""What all letters have in common: who writes to whom, about which record, until when, under which law."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from ..errors import MissingValue

_CITED: Final = re.compile(r"^([^《》〔〕第]+(?:法|条例|办法|规定))(第.+条.*)$")


@dataclass(frozen=True, kw_only=True)
class Office:
    """Who sends a letter: letterhead, signature, and how to reach it."""

    name: str
    address: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class Party:
    """To whom a letter goes. `person` says whether it is a natural person (你) or an organisation (你单位)."""

    name: str
    person: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordFacts:
    """The record that the case is about.

    subject          name of the subject; never a number of identity
    item             name of the information item
    document_number  number of the decision (文号)
    source           name of the department that provided the record
    """

    subject: str
    item: str
    document_number: str
    source: str


@dataclass(frozen=True, kw_only=True)
class DueDay:
    """Last day for something. `provisional`: it lies in, or beyond, a year whose holidays are not announced."""

    date: datetime.date
    provisional: bool = False


@dataclass(frozen=True, kw_only=True)
class Remedies:
    """What the receiver may do against a decision, with the periods of the law.

    review_office          hears the review or appeal (the provincial authority)
    reconsideration_office who reconsiders (行政复议)
    reconsideration_days   calendar days from receipt (行政复议法 20)
    court                  where to sue (行政诉讼)
    litigation_months      months from receipt (行政诉讼法 46)
    """

    review_office: str
    reconsideration_office: str
    reconsideration_days: int
    court: str
    litigation_months: int


class Matter(enum.StrEnum):
    """What the case is about."""

    OBJECTION = "objection"
    REPAIR = "repair"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What all letters have in common.

    number         number of the letter, 郑信异〔2026〕17号
    date           day of the letter; the PDF's own date too
    progress_code  what names the case: to the applicant the code by which it is asked about, to a department its number
    basis          legal basis, as the dated rule's source has it: 河南省社会信用条例第四十一条
    enclosures     names of what goes along
    """

    template: ClassVar[str]
    title: ClassVar[str]

    number: str
    date: datetime.date
    office: Office
    addressee: Party
    record: RecordFacts
    progress_code: str
    basis: str
    enclosures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in _missing(self):
            raise MissingValue(self.title, name)

    def values(self) -> dict[str, Any]:
        """The facts by name, for the template."""
        return {
            **dataclasses.asdict(self),
            "title": self.title,
            "issued": [self.date.year, self.date.month, self.date.day],
            "basis": citation(self.basis),
        }


@dataclass(frozen=True, kw_only=True)
class LetterToApplicant(Letter):
    """A letter to whom the case is about. `progress_at`: where the progress code is asked."""

    progress_at: str


def citation(source: str) -> str:
    """A legal basis as letters cite it: 河南省社会信用条例第四十一条 -> 《河南省社会信用条例》第四十一条.

    What is not a law with an article stays as it is.
    """
    return _CITED.sub(r"《\1》\2", source)


def _missing(value: Any, within: str = "") -> list[str]:
    """Names of the texts and lists without a default that are empty, in order."""
    names = []
    for field in dataclasses.fields(value):
        given = getattr(value, field.name)
        if dataclasses.is_dataclass(given):
            names += _missing(given, f"{within}{field.name}.")
        elif field.default is dataclasses.MISSING and given in ("", ()):
            names.append(f"{within}{field.name}")
    return names
