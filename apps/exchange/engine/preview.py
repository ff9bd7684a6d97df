"""The first right rows as they would be stored, for the clerk to look at before saying yes."""

from __future__ import annotations

from typing import Final

from apps.catalogue import rules
from apps.catalogue.shapes import FieldSpec, ItemSpec
from apps.core.masking import mask_identity, mask_name
from apps.core.terms import SubjectKind

from .validate import Judged

ROWS: Final = 10


def lines(spec: ItemSpec, judged: Judged, count: int) -> tuple[list[str], list[list[str]]]:
    """Headers and up to ``count`` rows, as texts; what is confidential is masked, and so is a natural person's name."""
    shown = [each for each in spec.fields if judged.rows[each.code].null_count() < len(judged.rows)]
    picked = judged.rows.filter(judged.ok).head(count)
    rows = [
        [str(cells["row"]), *(_text(spec, each, cells[each.code]) for each in shown)]
        for cells in picked.iter_rows(named=True)
    ]
    return ["#", *(each.label for each in shown)], rows


def _text(spec: ItemSpec, field: FieldSpec, value: object) -> str:
    text = rules.to_display(field, rules.to_storage(field, value))
    if field.confidential:
        return mask_identity(text) if field.type == "code" else mask_name(text)
    if field.role == "subject_name" and spec.subject_kinds == (SubjectKind.NATURAL_PERSON,):
        return mask_name(text)
    return text
