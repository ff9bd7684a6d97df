"""Reading whole columns: the column-wise twins of ``apps.catalogue.values``, held equal to them by a property test.

What is plainly in order passes by pattern or table; only distinct odd values go through the scalar reader. So the two
forms cannot drift apart in what they refuse, and a column of a hundred thousand cells costs a few distinct ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import polars as pl

from apps.catalogue import rules, shapes, values
from apps.catalogue.errors import FieldError
from apps.catalogue.shapes import FieldSpec
from apps.core.identifiers import vectorised

DTYPES: Final[dict[str, Any]] = {
    shapes.DATE: pl.Date,
    shapes.CHOICES: pl.List(pl.String),
    shapes.BOOLEAN: pl.Boolean,
}
"""Type of a column by type of its field; amounts are decimal texts in yuan, as stored."""

# Texts that reading may change or refuse: outer blanks, carriage returns, invisible and control characters.
_ODD: Final = "^\\s|\\s$|[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f" + values.INVISIBLE + "]"
_STATUS: Final = {
    "uscc": vectorised.uscc_status,
    "organisation_code": vectorised.organisation_status,
    "registration_number": vectorised.registration_status,
    "tax_number": vectorised.tax_status,
}


@dataclass(frozen=True)
class Column:
    """A read column: ``values`` (null where empty or unreadable), and the errors by place in the column."""

    values: pl.Series
    errors: Mapping[int, FieldError] = field(default_factory=dict)

    def bad(self) -> pl.Series:
        """Mask of the unreadable cells."""
        mask = pl.Series([False]).new_from_index(0, len(self.values))
        return mask.scatter(list(self.errors), [True] * len(self.errors)) if self.errors else mask


def dtype_of(spec: FieldSpec) -> Any:
    """Polars type of the read column of a field."""
    return DTYPES.get(spec.type, pl.String)


def read_column(spec: FieldSpec, raw: pl.Series) -> Column:
    """Read the texts of a column (null: blank) as ``rules.parse_value`` reads each of them."""
    if spec.type == shapes.CODE and spec.code_scheme in _STATUS:
        return _read_codes(spec, raw)
    if spec.type == shapes.TEXT:
        odd = raw.str.contains(_ODD)
        if spec.max_length is not None:
            odd = odd | (raw.str.len_chars() > spec.max_length)
        return _patch(
            spec, raw, raw.zip_with(raw != "", pl.Series([None], dtype=pl.String)), odd.fill_null(value=False)
        )
    return _patch(
        spec,
        raw,
        pl.Series(raw.name, [None], dtype=dtype_of(spec)).new_from_index(0, len(raw)),
        raw.is_not_null(),
    )


def _patch(spec: FieldSpec, raw: pl.Series, plain: pl.Series, odd: pl.Series) -> Column:
    """``plain`` with the cells of ``odd`` read one distinct value at a time."""
    places = odd.arg_true()
    if not len(places):
        return Column(plain)
    cells = raw.gather(places)
    distinct = cells.unique()
    parsed = [rules.parse_value(spec, text) for text in distinct]
    table = pl.DataFrame(
        {
            "raw": distinct,
            "value": pl.Series([_stored(each.value) for each in parsed], dtype=dtype_of(spec)),
        }
    )
    found = pl.DataFrame({"raw": cells}).join(table, on="raw", how="left", maintain_order="left", nulls_equal=True)[
        "value"
    ]
    if dtype_of(spec) == pl.String:
        result = plain.scatter(places, found)
    else:
        # Lists cannot be scattered; a join by place serves every type. ``plain`` holds nothing then.
        by_place = pl.DataFrame({"place": places.cast(pl.UInt32), "value": found})
        index = pl.DataFrame({"place": pl.int_range(len(raw), dtype=pl.UInt32, eager=True)})
        result = index.join(by_place, on="place", how="left", maintain_order="left")["value"]
    wrong = {text: each.error for text, each in zip(distinct, parsed, strict=True) if each.error is not None}
    errors: dict[int, FieldError] = {}
    if wrong:
        hit = cells.is_in(list(wrong))
        for place, text in zip(places.filter(hit), cells.filter(hit), strict=True):
            errors[place] = wrong[text]
    return Column(result.rename(raw.name), errors)


def _read_codes(spec: FieldSpec, raw: pl.Series) -> Column:
    # Most columns of codes name the same few authorities in every row.
    distinct = raw.unique()
    cleaned = vectorised.clean_codes(distinct)
    status = _STATUS[spec.code_scheme](cleaned)
    fine = status == ""
    if spec.role == "subject_uscc":
        fine = fine | (status == "placeholder")
    told = pl.DataFrame({"raw": distinct, "code": cleaned.zip_with(fine, pl.Series([None], dtype=pl.String))})
    joined = pl.DataFrame({"raw": raw}).join(told, on="raw", how="left", maintain_order="left", nulls_equal=True)
    result = joined["code"]
    odd = (result.is_null() & raw.is_not_null() & (raw != "")).fill_null(value=False)
    errors: dict[int, FieldError] = {}
    for place in odd.arg_true():
        parsed = rules.parse_value(spec, raw[place])
        if parsed.error is not None:
            errors[place] = parsed.error
    return Column(result.rename(raw.name), errors)


def _stored(value: Any) -> Any:
    return values.plain(value) if isinstance(value, Decimal) else value


def params_json(error: FieldError) -> str:
    """The parameters of an error as JSON text, lazy texts in the active language."""
    return json.dumps(dict(error.params), ensure_ascii=False, default=str)
