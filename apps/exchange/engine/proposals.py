"""Which code a damaged one may have been: what the platform knows of its neighbours and of the name."""

from __future__ import annotations

from typing import Final

import polars as pl

from apps.catalogue.shapes import ItemSpec
from apps.catalogue.values import text_from
from apps.core.identifiers import checks
from apps.subjects.matching import match
from apps.subjects.rules import Typed

from .findings import Findings

MOST_CODES: Final = 500
"""So many distinct damaged codes of a file get proposals: a file with more has another trouble than a slip."""
SHOWN: Final = 3
_DAMAGED: Final = frozenset(
    f"code_{error}" for error in (checks.LENGTH, checks.CHARSET, checks.CHECKSUM, checks.AUTHORITY_KIND)
)


def add(findings: Findings, spec: ItemSpec, raw: pl.DataFrame) -> None:
    """Give each error of a damaged unified code up to three subjects on record that it may mean."""
    code = spec.by_role.get("subject_uscc")
    name = spec.by_role.get("subject_name")
    if code is None:
        return
    places = findings.places(code.code, _DAMAGED)
    if not places:
        return
    columns = [code.code, *([name.code] if name is not None and name.code in raw.columns else [])]
    rows = raw.filter(pl.col("row").is_in([row for row, _index in places])).select("row", *columns)
    typed = {line[0]: (text_from(line[1]), text_from(line[2]) if len(line) > 2 else "") for line in rows.iter_rows()}
    known: dict[tuple[str, str], list[str]] = {}
    for row, index in places:
        key = typed.get(row)
        if key is None or (key not in known and len(known) >= MOST_CODES):
            continue
        if key not in known:
            found = match(Typed(name=key[1], uscc=key[0]))
            known[key] = [f"{each.subject.uscc or ''} {each.subject.name}".strip() for each in found.proposals[:SHOWN]]
        if known[key]:
            findings.amend(index, proposals=known[key])
