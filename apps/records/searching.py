"""Searching records by what people have at hand: a document number's beginning, two characters of a name, a code."""

import re
from typing import Final

from django.db.models import F, Q

from apps.core.lookups import Begins, with_keys
from apps.subjects.models import Subject
from apps.subjects.querysets import is_organisation, name_contains

from .querysets import RecordQuerySet

MANY: Final = 10_000
"""Up to so many subjects are looked up first and their records by them; what more bear as part of their names is common
enough to come upon it in the order of the list."""

_NUMBER = re.compile(r"[0-9〔〕\[\]（）()号]")


def search(records: RecordQuerySet, term: str) -> RecordQuerySet:
    """Those of ``records`` whose number begins with ``term``, or whose subject bears it as part of its name or as code.

    Persons are not found by name. A term that no document number begins with searches subjects alone, and one with
    digits that some number begins with searches numbers alone: then the list can stop at its first page.
    """
    term = term.strip()
    if not term:
        return records
    begins = Q(Begins(F("document_number"), term))
    has_numbers = records.filter(begins).order_by()[:1].exists()
    if has_numbers and _NUMBER.search(term):
        return records.filter(begins)
    subjects = Subject.objects.search(term).order_by()
    if not has_numbers:
        return records.filter(subject__in=subjects.values("pk"))
    # Either of the two, in a form that an index serves or a walk: a union would be made whole for each page.
    found = list(subjects.values_list("pk", flat=True)[: MANY + 1])
    if len(found) <= MANY:
        return records.filter(begins | with_keys(found, "subject_id"))
    former = with_keys(Subject.objects.ids_by_former_name(term), "subject_id")
    named = is_organisation("subject__") & (name_contains(term, "subject__") | former)
    return records.filter(begins | named)
