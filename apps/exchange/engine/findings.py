"""What is wrong in a file, collected over all its rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from apps.catalogue.errors import FieldError
from apps.catalogue.shapes import ItemSpec
from apps.core.formulae import unescape_formula
from apps.core.masking import mask_name
from apps.core.terms import SubjectKind

SCHEMA = {
    "row": pl.UInt32,
    "position": pl.Int32,
    "column": pl.String,
    "field": pl.String,
    "value": pl.String,
    "code": pl.String,
    "params": pl.String,
}
LONGEST_VALUE = 200


class Findings:
    """Errors by row. ``headers`` leads from a field to the place and the header in the clerk's sheet.

    Errors of earlier pieces are kept as columns, which take a fraction of the memory.
    """

    def __init__(self, spec: ItemSpec, headers: Mapping[str, tuple[int, str]]) -> None:
        self._spec = spec
        self._headers = headers
        self._rows: list[tuple[int, int | None, str, str, str, str, str]] = []
        self._pieces: list[pl.DataFrame] = []

    def add(self, row: int, field: str, value: str | None, error: FieldError) -> None:
        """Note an error of a cell."""
        self.note(row, field, value, error.code, error.params)

    def note(self, row: int, field: str, value: str | None, code: str, params: Mapping[str, Any]) -> None:
        """Note an error by its code; ``field`` "" for the row as a whole. A confidential value is masked."""
        spec = self._spec.by_code.get(field)
        text = unescape_formula(value or "")
        if spec is not None and spec.confidential:
            text = "*" * len(text)
        elif (
            spec is not None
            and spec.role == "subject_name"
            and self._spec.subject_kinds == (SubjectKind.NATURAL_PERSON,)
        ):
            text = mask_name(text)
        position, header = self._headers.get(field, (None, spec.label if spec else ""))
        words = json.dumps(dict(params), ensure_ascii=False, default=str)
        self._rows.append((row, position, header, field, text[:LONGEST_VALUE], code, words))

    def take(self, others: Findings) -> None:
        """Note the errors that others hold of their piece."""
        self._rows += others._rows

    def places(self, field: str, codes: Collection[str]) -> list[tuple[int, int]]:
        """(row, index) of this piece's errors of a field with one of the codes; the index is for ``amend``."""
        return [(entry[0], index) for index, entry in enumerate(self._rows) if entry[3] == field and entry[5] in codes]

    def amend(self, index: int, **params: Any) -> None:
        """Add to the parameters of an error."""
        entry = self._rows[index]
        words = json.dumps({**json.loads(entry[6]), **params}, ensure_ascii=False)
        self._rows[index] = (*entry[:6], words)

    def end_piece(self) -> None:
        """The errors noted so far stay as they are."""
        if self._rows:
            self._pieces.append(pl.DataFrame(self._rows, schema=SCHEMA, orient="row"))
            self._rows.clear()

    def rows_wrong(self) -> int:
        """How many rows have an error."""
        return self.frame()["row"].n_unique()

    def frame(self) -> pl.DataFrame:
        """All errors, by row and place, as a frame of SCHEMA."""
        self.end_piece()
        frame = pl.concat([pl.DataFrame(schema=SCHEMA), *self._pieces])
        self._pieces = [frame]
        return frame.sort("row", "position", nulls_last=True, maintain_order=True)
