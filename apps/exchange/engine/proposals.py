"""Which code a damaged one may have been: what the platform knows of its neighbours and of the name.

Set-based: three queries for a piece of a file, however many codes are damaged. The order is that of
``apps.subjects.rules``: codes that differ by one slip, those of a subject of the given name first, then the subjects
of that name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl
from django.db.models.functions import Coalesce

from apps.catalogue.shapes import ItemSpec
from apps.catalogue.values import text_from
from apps.core.identifiers import checks, propose_uscc
from apps.core.text import match_form
from apps.subjects.models import Identifier, Subject

from .findings import Findings

MOST_CODES: Final = 1_000
"""So many distinct damaged codes of a file get proposals: a file with more has another trouble than a slip."""
SHOWN: Final = 3
_DAMAGED: Final = frozenset(
    f"code_{error}" for error in (checks.LENGTH, checks.CHARSET, checks.CHECKSUM, checks.AUTHORITY_KIND)
)


class Proposals:
    """Gives each error of a damaged unified code up to three subjects on record that it may mean."""

    def __init__(self, spec: ItemSpec) -> None:
        self._code = spec.by_role.get("subject_uscc")
        self._name = spec.by_role.get("subject_name")
        # Damaged code -> codes it may have been.
        self._near: dict[str, list[str]] = {}

    def add(self, findings: Findings, raw: pl.DataFrame) -> None:
        """Add them to this piece's errors; ``raw``: the piece's raw texts."""
        code, name, near = self._code, self._name, self._near
        places = findings.places(code.code, _DAMAGED) if code is not None else []
        if code is None or not places:
            return
        columns = [code.code, *([name.code] if name is not None and name.code in raw.columns else [])]
        rows = raw.filter(pl.col("row").is_in([row for row, _index in places])).select("row", *columns)
        typed = {
            line[0]: (text_from(line[1]), match_form(text_from(line[2])) if len(line) > 2 else "")
            for line in rows.iter_rows()
        }
        for damaged, _form in typed.values():
            if damaged not in near and len(near) < MOST_CODES:
                near[damaged] = [proposal.code for proposal in propose_uscc(damaged)]
        by_code = _bearers({each for damaged, _form in typed.values() for each in near.get(damaged, ())})
        by_name = _named({form for damaged, form in typed.values() if damaged in near and form})
        for row, index in places:
            damaged, form = typed.get(row, ("", ""))
            candidates = [by_code[each] for each in near.get(damaged, ()) if each in by_code]
            candidates.sort(key=lambda each: each.match_name != form)
            shown = list(dict.fromkeys([*candidates, *by_name.get(form, ())]))[:SHOWN]
            if shown and damaged in near:
                findings.amend(index, proposals=[f"{each.uscc or ''} {each.name}".strip() for each in shown])


def _bearers(codes: set[str]) -> dict[str, Subject]:
    """The organisations that bear or bore these unified codes; merged ones as the one that remains."""
    leads: dict[str, int] = {}
    for piece in _pieces(codes):
        formerly = Identifier.objects.filter(scheme=Identifier.Scheme.USCC, value__in=piece)
        leads.update(formerly.values_list("value", Coalesce("subject__merged_into_id", "subject_id")))
        now = Subject.objects.filter(uscc__in=piece)
        leads.update((uscc or "", key) for uscc, key in now.values_list("uscc", Coalesce("merged_into_id", "pk")))
    subjects = Subject.objects.only("uscc", "name", "match_name").in_bulk(set(leads.values()))
    return {code: subjects[key] for code, key in leads.items()}


def _named(forms: set[str]) -> dict[str, list[Subject]]:
    """The organisations of these very names."""
    found: dict[str, list[Subject]] = {}
    for piece in _pieces(forms):
        for subject in Subject.objects.organisations().filter(match_name__in=piece).only("uscc", "name", "match_name"):
            found.setdefault(subject.match_name, []).append(subject)
    return found


def _pieces(keys: set[str]) -> Iterable[list[str]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), 5_000):
        yield ordered[start : start + 5_000]
