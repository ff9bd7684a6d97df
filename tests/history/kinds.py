"""Models of every sort that history must follow: how a row of each is made, and what may become of it."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from apps.core.terms import SubjectKind
from apps.departments.models import LiaisonOfficer
from apps.records.models import Record
from apps.subjects.models import PersonalData, PersonKey, Subject
from tests.records.factories import Office, item
from tests.subjects.factories import subject

DAYS = st.dates(datetime.date(2020, 1, 1), datetime.date(2029, 12, 31))
TEXT = st.text("甲乙丙丁ab'\\%", max_size=6)


@dataclass(frozen=True)
class Kind:
    """``fresh(number)``: the values of a new row; ``changes``: what a change may set a field to."""

    model: Any
    fresh: Callable[[int], dict[str, Any]]
    changes: dict[str, Any]

    def __repr__(self) -> str:
        return self.model.__name__


def kinds(place: Office) -> list[Kind]:
    """One plain model, one with JSON, one with a generated column, one with encrypted columns; with what they refer to
    in the database."""
    company = subject(77_001)
    shared = {"item_id": item().pk, "department_id": place.department.pk, "author_id": place.clerk.pk}
    authority = dict.fromkeys(("authority_name", "authority_code", "source_name", "source_code"), "x")

    def officer(number: int) -> dict[str, Any]:
        return {"department_id": place.department.pk, "name": f"n{number}", "since": datetime.date(2019, 1, 1)}

    def record(number: int) -> dict[str, Any]:
        day = datetime.date(2025, 9, 1)
        numbered = {"subject_id": company.pk, "document_number": f"history {number}", "decided_on": day}
        return {**shared, **authority, **numbered, "data": {"content": "x"}}

    def organisation(number: int) -> dict[str, Any]:
        return {"kind": "legal_entity", "name": f"公司{number}", "match_name": f"公司{number}", "uscc": None}

    def person(number: int) -> dict[str, Any]:
        someone = Subject.objects.create(kind=SubjectKind.NATURAL_PERSON, name="张*")
        key = PersonKey.objects.create(fingerprint=b"history %24d" % number, wrapped=b"wrapped")
        sealed = {"name_encrypted": b"\x00\xff", "number_encrypted": b"\x01"}
        return {"subject_id": someone.pk, "key_id": key.pk, "document_kind": "身份证", **sealed}

    return [
        Kind(LiaisonOfficer, officer, {"post": TEXT, "phone": TEXT, "until": st.none() | DAYS}),
        Kind(
            Record,
            record,
            {
                "data": st.dictionaries(TEXT, TEXT | st.none() | st.lists(TEXT, max_size=2), max_size=3),
                "state": st.sampled_from(["draft", "submitted", "returned"]),
                "return_reason": TEXT,
                "decided_on": DAYS,
            },
        ),
        Kind(
            Subject,
            organisation,
            {
                "address": TEXT,
                "capital": st.none() | st.decimals(0, 10**9, places=2),
                "registered_on": st.none() | DAYS,
            },
        ),
        Kind(PersonalData, person, {"name_encrypted": st.binary(max_size=4), "document_kind": st.just("其他")}),
    ]
