"""Searching records by what people have at hand: a document number's beginning, two characters of a name, a code."""

import re

from django.db.models import F

from apps.core.lookups import Begins
from apps.subjects.models import Subject

from .querysets import RecordQuerySet

_NUMBER = re.compile(r"[0-9〔〕\[\]（）()号]")


def search(records: RecordQuerySet, term: str) -> RecordQuerySet:
    """Those of ``records`` whose number begins with ``term``, or whose subject bears it as part of its name or as code.

    Persons are not found by name. A term that no document number begins with searches subjects alone, and one with
    digits that some number begins with searches numbers alone: then the list can stop at its first page.
    """
    term = term.strip()
    if not term:
        return records
    numbered = records.filter(Begins(F("document_number"), term))
    has_numbers = numbered.order_by()[:1].exists()
    if has_numbers and _NUMBER.search(term):
        return numbered
    subjects = Subject.objects.search(term).order_by().values("pk")
    if not has_numbers:
        return records.filter(subject__in=subjects)
    either = numbered.order_by().values("pk").union(records.filter(subject__in=subjects).order_by().values("pk"))
    return records.filter(pk__in=either)
