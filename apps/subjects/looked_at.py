"""Who looked at a subject: the access log read by the subject it is about."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from apps.audit.context import every_department
from apps.audit.entries import AccessEntry
from apps.departments.models import Department

from .models import Subject


@dataclass(frozen=True)
class Look:
    """One time somebody read about a subject, as the subject may know it: the department, never the person."""

    at: datetime.datetime
    department: Department | None
    how: str
    purpose: str


def family(subject_id: int) -> set[int]:
    """The subject with all that were merged into it, and those it was merged into: entries name whom the rows were
    about at the time."""
    found: set[int] = set()
    more = {subject_id}
    while more:
        found |= more
        merged = Subject.objects.filter(merged_into__in=more).values_list("pk")
        remaining = Subject.objects.filter(pk__in=more).values_list("merged_into")
        more = {key for (key,) in merged.union(remaining)} - found - {None}
    return found


def who_looked_at(subject: Subject, limit: int = 200) -> list[Look]:
    """The last ``limit`` looks at a subject, newest first, merged ones included: when, which department, for what."""
    with every_department():
        entries = list(AccessEntry.objects.filter(subjects__overlap=list(family(subject.pk)))[:limit])
        departments = Department.objects.in_bulk({entry.department_id for entry in entries} - {None})
    return [Look(entry.at, departments.get(entry.department_id), entry.how, entry.purpose) for entry in entries]
