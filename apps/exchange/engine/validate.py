"""Judging a piece of a table: every cell, then what holds between the cells of a row.

The scalar rules of the catalogue are the reference. Here masks over whole columns pick the rows that may be
wrong, and only those are judged one by one by the scalar rules themselves: what the form refuses, the import
refuses, in the same words.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from apps.catalogue import rules, shapes, values
from apps.catalogue.shapes import FieldSpec, ItemSpec
from apps.core.identifiers import checks, vectorised
from apps.subjects.models import Identifier, Subject

from .findings import Findings
from .values import dtype_of, read_column


@dataclass(frozen=True)
class Judged:
    """The read rows: ``row`` and one column per field of the item, null where empty or unreadable; ``ok`` marks the
    rows without any error."""

    rows: pl.DataFrame
    ok: pl.Series


def fill_defaults(
    frame: pl.DataFrame, spec: ItemSpec, edition: rules.Edition, *, department_name: str, department_uscc: str
) -> pl.DataFrame:
    """The column-wise twin of ``rules.fill_defaults``: an edition's defaults in empty cells, new columns included."""
    for code in edition.defaults:
        if code not in frame.columns:
            frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(code))
    uscc = spec.by_role.get("subject_uscc")
    for code, default in edition.defaults.items():
        if default == "{subject.category}":
            if uscc is not None and uscc.code in frame.columns:
                distinct = frame[uscc.code].unique()
                told = [rules.category_of(values.clean_code(values.text_from(text)).text) for text in distinct]
                table = pl.DataFrame({uscc.code: distinct, "told": pl.Series(told, dtype=pl.String)})
                value = frame.select(uscc.code).join(
                    table, on=uscc.code, how="left", maintain_order="left", nulls_equal=True
                )["told"]
            else:
                value = pl.Series([rules.category_of("")]).new_from_index(0, len(frame))
        else:
            text = {"{department.name}": department_name, "{department.uscc}": department_uscc}.get(default, default)
            value = pl.Series([text], dtype=pl.String).new_from_index(0, len(frame))
        blank = frame[code].is_null() | (
            frame[code].str.contains(r"^[\s\u00ad\u200b-\u200f\u2060\ufeff]*$").fill_null(value=True)
        )
        frame = frame.with_columns(frame[code].zip_with(~blank, value).alias(code))
    return frame


def judge(
    raw: pl.DataFrame,
    spec: ItemSpec,
    today: datetime.date,
    findings: Findings,
    *,
    accepted_codes: frozenset[str] = frozenset(),
) -> Judged:
    """Read and judge raw rows (``row`` and texts by field code); what is wrong goes into ``findings``.

    ``accepted_codes``: unified codes whose failing check character was accepted with a reason, on record.
    """
    columns: dict[str, pl.Series] = {"row": raw["row"]}
    bad: dict[str, pl.Series] = {}
    wrong = pl.Series([False]).new_from_index(0, len(raw))
    for each in spec.fields:
        if each.code not in raw.columns:
            columns[each.code] = pl.Series(each.code, [None], dtype=dtype_of(each)).new_from_index(0, len(raw))
            bad[each.code] = pl.Series([False]).new_from_index(0, len(raw))
            continue
        column = read_column(each, raw[each.code])
        series, errors = column.values, dict(column.errors)
        if each.role == "subject_uscc" and accepted_codes:
            for place, error in list(errors.items()):
                if error.overridable and error.kept in accepted_codes:
                    del errors[place]
                    series = series.scatter(place, error.kept)
        columns[each.code] = series.alias(each.code)
        bad[each.code] = mask_of(errors, len(raw))
        for place, error in errors.items():
            findings.add(raw["row"][place], each.code, raw[each.code][place], error)
        wrong = wrong | bad[each.code]
    frame = pl.DataFrame(columns)
    suspects = _suspects(frame, spec, bad, today)
    if suspects.any():
        places = suspects.arg_true()
        picked = frame[places]
        unread = {code: mask.gather(places) for code, mask in bad.items() if mask.any()}
        found_at = []
        for place, (row, cells) in enumerate(zip(places, picked.iter_rows(named=True), strict=True)):
            parsed = {
                each.code: cells[each.code]
                for each in spec.fields
                if each.code not in unread or not unread[each.code][place]
            }
            for code, error in rules.check_row(spec, parsed, today):
                findings.add(cells["row"], code, raw[code][row] if code in raw.columns else None, error)
                found_at.append(row)
        if found_at:
            wrong = wrong.scatter(found_at, True)
    return Judged(frame, ~wrong)


def mask_of(errors: Mapping[int, Any], length: int) -> pl.Series:
    """Mask with true at the places that are keys."""
    mask = pl.Series([False]).new_from_index(0, length)
    return mask.scatter(list(errors), True) if errors else mask


def _suspects(frame: pl.DataFrame, spec: ItemSpec, bad: Mapping[str, pl.Series], today: datetime.date) -> pl.Series:
    """Rows in which some rule between fields may be broken (all that are, and perhaps some that are not)."""
    conditions: list[pl.Expr] = []
    for each in spec.fields:
        empty = pl.col(each.code).is_null()
        if each.required:
            conditions.append(empty & ~pl.lit(bad[each.code]))
        elif each.required_if is not None:
            condition = spec.by_code.get(each.required_if.field)
            if condition is not None:
                conditions.append(empty & ~pl.lit(bad[each.code]) & _holds(condition, each.required_if.contains))
    start, end, decided = (spec.by_role.get(role) for role in ("valid_from", "valid_to", "decided_on"))
    if start and end:
        conditions.append(pl.col(end.code) < pl.col(start.code))
    if decided:
        conditions.append(pl.col(decided.code) > today)
    for each in spec.fields:
        if each.code_scheme == "identity_number" and each.kind_field in spec.by_code:
            conditions.append(_doubtful_documents(frame, each, today))
    code, category = spec.by_role.get("subject_uscc"), spec.by_role.get("subject_category")
    if code and category:
        conditions.append(
            (pl.col(code.code) == values.CODE_PLACEHOLDER)
            & (pl.col(category.code) != rules.INDIVIDUAL_BUSINESS).fill_null(value=False)
        )
    if not conditions:
        return pl.Series([False]).new_from_index(0, len(frame))
    return frame.select(pl.any_horizontal(condition.fill_null(value=False) for condition in conditions)).to_series()


def _holds(condition: FieldSpec, contains: tuple[str, ...]) -> pl.Expr:
    column = pl.col(condition.code)
    if condition.type == shapes.CHOICES:
        text = column.list.join("\n")
    elif condition.type == shapes.BOOLEAN:
        text = column.replace_strict({True: "是", False: "否"}, default=None, return_dtype=pl.String)
    else:
        text = column.cast(pl.String)
    return pl.any_horizontal(text.str.contains(one, literal=True) for one in contains)


def _doubtful_documents(frame: pl.DataFrame, spec: FieldSpec, today: datetime.date) -> pl.Expr:
    """Rows whose identity document does not fit its kind: distinct pairs are judged, numbers stay in memory."""
    pairs = frame.select(pl.col(spec.kind_field).alias("kind"), pl.col(spec.code).alias("number"))
    distinct = pairs.filter(pl.col("kind").is_not_null() & pl.col("number").is_not_null()).unique()
    refused = [
        values.check_document(spec, number, kind, today) is not None
        for kind, number in zip(distinct["kind"], distinct["number"], strict=True)
    ]
    table = distinct.with_columns(pl.Series("refused", refused, dtype=pl.Boolean))
    return pl.lit(
        pairs.join(table, on=["kind", "number"], how="left", maintain_order="left")["refused"].fill_null(value=False)
    )


def accepted_codes(spec: ItemSpec, raw: pl.DataFrame) -> frozenset[str]:
    """Unified codes in the file that fail their check character and are on record all the same, with a reason."""
    code = spec.by_role.get("subject_uscc")
    if code is None or code.code not in raw.columns:
        return frozenset()
    cleaned = vectorised.clean_codes(raw[code.code].unique())
    failing = cleaned.filter(vectorised.uscc_status(cleaned) == checks.CHECKSUM).to_list()
    if not failing:
        return frozenset()
    known = Subject.objects.filter(uscc__in=failing).values_list("uscc", flat=True)
    formerly = Identifier.objects.filter(scheme=Identifier.Scheme.USCC, value__in=failing).values_list(
        "value", flat=True
    )
    return frozenset({*(uscc for uscc in known if uscc), *formerly})
