"""Rows as people lay them out: one record over several lines, one heading cell for several records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from apps.catalogue import shapes
from apps.catalogue.shapes import FieldSpec
from apps.core.sheets import Sheet, column_position

# A line that names none of these is no record of its own.
_OWN = frozenset(
    {
        "document_number",
        "decided_on",
        "subject_name",
        "subject_uscc",
        "subject_registration_number",
        "subject_organisation_code",
        "subject_tax_number",
        "subject_institution_number",
        "subject_association_number",
        "subject_document_number",
    }
)
_APPENDED = frozenset({shapes.TEXT, shapes.CHOICES})


def record_begins(columns: Mapping[str, FieldSpec], first_column: int) -> Callable[[Sequence[Any]], bool]:
    """Tells by the cells of a line, from ``first_column`` on, that it cannot continue the record above it."""
    own = [column_position(letter) - first_column for letter, field in columns.items() if field.role in _OWN]
    if not own:
        return lambda cells: True
    return lambda cells: any(place < len(cells) and not _is_blank(cells[place]) for place in own)


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def fold(sheet: Sheet, columns: Mapping[str, FieldSpec]) -> pl.DataFrame:
    """The sheet's records: ``row`` and the columns by letter, one line per record.

    Values of merged cells fill all their lines. A line below a record that names neither document, day nor counterparty
    of its own (or only through cells merged with the line above) continues that record: its texts are appended with a
    line break, what the record lacks is filled in. When it repeats a cell that can hold but one value, an amount
    say, it stands as a record of its own, and its errors tell the clerk. Lines without any known column are left out.
    """
    letters = [letter for letter in columns if letter in sheet.rows.columns]
    plain = sheet.rows.select("row", *letters)
    filled = plain.select(pl.any_horizontal(pl.col(letters).is_not_null())).to_series()
    plain = plain.filter(filled)
    spread = sheet.spread(set(letters)).select("row", *letters).filter(filled)
    own = [letter for letter in letters if columns[letter].role in _OWN]
    if not own or not len(plain):
        return spread
    nameless = plain.select(pl.all_horizontal(pl.col(own).is_null())).to_series()
    if not nameless.any():
        return spread
    # A record begins at each line that is no continuation; the first line begins one in any case.
    head = ~nameless
    head[0] = True
    single = [letter for letter in letters if columns[letter].type not in _APPENDED and letter not in own]
    group = head.cast(pl.UInt32).cum_sum()
    if single:
        # Cells that hold one value: a continuation may fill them, not repeat them.
        repeats = (
            plain.with_columns(group.alias("group"), nameless.alias("nameless"))
            .with_columns(
                (
                    (pl.col(letter).is_not_null().cast(pl.UInt32).cum_sum().over("group") > 1)
                    & pl.col(letter).is_not_null()
                ).alias(f"twice {letter}")
                for letter in single
            )
            .select(pl.any_horizontal(f"twice {letter}" for letter in single) & pl.col("nameless"))
            .to_series()
        )
        if repeats.any():
            head = head | repeats
            group = head.cast(pl.UInt32).cum_sum()
    # The head line takes its own and its merged values, the lines below it only what was typed in them.
    source = pl.concat(
        [spread.with_columns(head.alias("head")), plain.with_columns(head.alias("head"))], how="vertical"
    ).filter(pl.concat([head, ~head]))
    source = source.with_columns(pl.concat([group.filter(head), group.filter(~head)]).alias("group")).sort("row")
    return (
        source.group_by("group", maintain_order=True)
        .agg(
            pl.col("row").first(),
            *(
                (
                    pl.col(letter).drop_nulls().str.join("\n" if columns[letter].type == shapes.TEXT else ";")
                    if columns[letter].type in _APPENDED
                    else pl.col(letter).drop_nulls().first()
                ).alias(letter)
                for letter in letters
            ),
        )
        .with_columns(pl.when(pl.col(letter) != "").then(pl.col(letter)) for letter in letters)
        .drop("group")
    )
