"""The departments of a generated city: how much each reports, of which items, and who works there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from apps.catalogue.models import InformationItem
from apps.departments.demo import former_worker
from apps.departments.models import Department
from apps.departments.terms import Role
from apps.records.demo_texts import ABBREVIATIONS
from apps.records.entry import items_for
from apps.subjects.demo import GIVEN, SURNAMES

from .draws import Draws

LARGEST: Final = 0.2
"""Share of the department that reports most, where there are many."""
SMALLEST: Final = 0.005
"""Share that every other department has at least."""
_REPORTING: Final = (Department.Kind.COLLECTING, Department.Kind.BUREAU)
_CLERKS: Final = 40
"""Clerks of a department that reported everything; each has two at least."""
_ITEM_WEIGHTS: Final = {"penalty-legal": 40.0, "licence-legal": 40.0, "penalty-person": 1.0, "licence-person": 1.0}
_OTHER_ITEM: Final = 8.0


@dataclass(frozen=True)
class Office:
    """A department with its share of all records; ``items``: item -> weight."""

    department: Department
    share: float
    items: dict[InformationItem, float]
    clerks: tuple[int, ...]
    reviewer: int

    @property
    def numbering(self) -> str:
        """How the numbers of its documents begin, with {word} of the item and {year}."""
        short = ABBREVIATIONS.get(self.department.slug) or f"郑{self.department.short_name.removesuffix('局')}"
        # A court's numbers bear the year in front.
        return short.replace("%s", "{year}") if "%s" in short else f"{short}{{word}}〔{{year}}〕"


def reporting(slugs: Sequence[str] = ()) -> list[Department]:
    """The departments that report, in their order: those named, else all that collect.

    Raises ValueError with the slugs that no active department with a code has.
    """
    active = Department.objects.filter(is_active=True).exclude(uscc=None).order_by("position", "pk")
    if not slugs:
        return list(active.filter(kind__in=_REPORTING))
    found = list(active.filter(slug__in=slugs))
    if missing := set(slugs) - {department.slug for department in found}:
        raise ValueError(", ".join(sorted(missing)))
    return found


def shares(count: int) -> list[float]:
    """How much of all records each of ``count`` departments has: one a fifth or more, a few much, many little."""
    weights = [1 / place for place in range(1, count + 1)]
    if count < 2:
        return weights
    largest = max(LARGEST, 1 / sum(weights))
    least = min(SMALLEST, (1 - largest) / count)
    rest = (1 - largest - least * (count - 1)) / sum(weights[:-1])
    return [largest, *(least + rest * weight for weight in weights[:-1])]


def staffed(seed: int, departments: Sequence[Department], kinds: frozenset[str]) -> list[Office]:
    """The departments with their people, who exist from now on, and the items about subjects of these ``kinds``."""
    offices = []
    for department, share in zip(departments, shares(len(departments)), strict=True):
        items = {
            item: _ITEM_WEIGHTS.get(item.code, _OTHER_ITEM)
            for item in items_for(department).order_by("pk")
            if kinds & set(item.subject_kinds)
        }
        count = 1 + max(2, round(_CLERKS * share))
        draws = Draws(seed, pl.Series([department.pk * 1000 + place for place in range(count)]))
        names = draws.pick("worker's surname", SURNAMES) + draws.pick("worker's given name", GIVEN)
        roles = [Role.REVIEWER] + [Role.CLERK] * (count - 1)
        workers = [
            former_worker(department, role, name, number).pk
            for number, (role, name) in enumerate(zip(roles, names, strict=True))
        ]
        if items:
            offices.append(Office(department, share, items, tuple(workers[1:]), workers[0]))
    return offices
