"""From judged rows to the staged tables: who decided, whom it is about, what is kept where."""

from __future__ import annotations

from typing import Any, Final

import polars as pl
from django.utils import timezone

from apps.catalogue import errors, shapes, values
from apps.catalogue.models import InformationItem
from apps.catalogue.shapes import FieldSpec, ItemSpec
from apps.core.terms import SubjectKind
from apps.core.text import OWN_FORM, match_form, normalise_text
from apps.departments.models import Department
from apps.records.clocks import REMOVED_ON, is_list
from apps.records.content import COLUMNS, DATES, KINDS, SCHEMES
from apps.records.models import Record
from apps.records.rules import refuses_simplified
from apps.subjects.models import Subject
from apps.subjects.rules import kind_of

from ..messages import AUTHORITY_FOREIGN, DISCLOSURE_REVERSED, SIMPLIFIED
from . import stage
from .findings import Findings
from .people import People
from .validate import Judged

_NO_TEXT: Final = pl.Series([None], dtype=pl.String)


class Stager:
    """Stages piece after piece of one run."""

    def __init__(
        self, item: InformationItem, spec: ItemSpec, department: Department, authorities: frozenset[str], people: People
    ) -> None:
        self._item = item
        self._spec = spec
        self._department = department
        self._authorities = authorities
        self._people = people
        self._person_only = spec.subject_kinds == (SubjectKind.NATURAL_PERSON,)
        kinds = [kind for kind in spec.subject_kinds if kind != SubjectKind.NATURAL_PERSON]
        self._only_kind = kinds[0] if len(kinds) == 1 else ""

    def stage(self, judged: Judged, findings: Findings) -> None:
        """Judge what needs the department and the record's own rules, seal what is confidential, and COPY."""
        rows = judged.rows
        sealed, unowned = self._people.seal(rows, findings)
        wrong = ~judged.ok | unowned
        columns = self._columns(rows)
        for mask in (
            self._foreign(columns, rows, findings),
            self._reversed(columns, rows, findings),
            self._too_wide(columns, rows, findings),
        ):
            wrong = wrong | mask
        kind = self._kinds(rows)
        data = self._data(rows)
        wrong = wrong | self._simplified(kind, columns, rows, findings)
        name, match_name = self._names(rows)
        uscc = self._role("subject_uscc", rows)
        uscc = uscc.zip_with((uscc != values.CODE_PLACEHOLDER).fill_null(value=True), _NO_TEXT)
        frame = pl.DataFrame(
            {
                "row": rows["row"],
                "is_right": ~wrong,
                "kind": kind,
                "name": name if not self._person_only else _NO_TEXT.new_from_index(0, len(rows)),
                "match_name": match_name,
                "uscc": uscc,
                **columns,
                "named_end": self._named_end(columns, rows),
                "data": data,
            }
        ).hstack(sealed)
        said = [pl.col(column).cast(pl.String).fill_null("") for column in COLUMNS]
        frame = frame.with_columns(
            pl.concat_str([*said, pl.col("data"), pl.col("secret").fill_null("")], separator="\x1f")
            .hash()
            .alias("content")
        )
        stage.copy(stage.ROWS, frame)
        stage.copy(stage.CODES, self._codes(rows))

    def _role(self, role: str, rows: pl.DataFrame) -> pl.Series:
        spec = self._spec.by_role.get(role)
        return rows[spec.code] if spec is not None else _NO_TEXT.new_from_index(0, len(rows))

    def _columns(self, rows: pl.DataFrame) -> dict[str, pl.Series]:
        """The record's own columns; authority and source are the department where the row does not say."""
        own = {
            "authority_name": self._department.name,
            "authority_code": self._department.uscc or "",
            "source_name": self._department.name,
            "source_code": self._department.uscc or "",
        }
        columns: dict[str, pl.Series] = {}
        for column in COLUMNS:
            series = self._role(column, rows)
            typed = series.cast(pl.Date) if column in DATES else series.cast(pl.String).fill_null(own.get(column, ""))
            columns[column] = typed.alias(column)
        return columns

    def _foreign(self, columns: dict[str, pl.Series], rows: pl.DataFrame, findings: Findings) -> pl.Series:
        codes = columns["authority_code"]
        mask = (codes != "") & ~codes.is_in(list(self._authorities))
        spec = self._spec.by_role.get("authority_code")
        for row, code in _picked(rows, mask, codes):
            words = {"value": code, "department": str(self._department)}
            findings.note(row, spec.code if spec else "", code, AUTHORITY_FOREIGN, words)
        return mask

    def _reversed(self, columns: dict[str, pl.Series], rows: pl.DataFrame, findings: Findings) -> pl.Series:
        ends = columns["disclosed_to"]
        decided = columns["decided_on"]
        # A decision in the future is an error of its own; its day says nothing about other days.
        mask = ((ends < decided) & (decided <= timezone.localdate())).fill_null(value=False)
        spec = self._spec.by_role.get("disclosed_to")
        for row, day in _picked(rows, mask, ends):
            findings.note(
                row, spec.code if spec else "", f"{day:%Y/%m/%d}", DISCLOSURE_REVERSED, {"value": f"{day:%Y/%m/%d}"}
            )
        return mask

    def _too_wide(self, columns: dict[str, pl.Series], rows: pl.DataFrame, findings: Findings) -> pl.Series:
        """Texts that the item allows and the record's column cannot hold."""
        wrong = pl.Series([False]).new_from_index(0, len(rows))
        widths: list[tuple[str, pl.Series, int]] = [
            (column, columns[column], _width(Record, column)) for column in COLUMNS if column not in DATES
        ]
        widths.append(("subject_name", self._role("subject_name", rows), _width(Subject, "name")))
        for role, series, limit in widths:
            spec = self._spec.by_role.get(role)
            if spec is None or (spec.max_length is not None and spec.max_length <= limit):
                continue
            mask = (series.str.len_chars() > limit).fill_null(value=False)
            for row, text in _picked(rows, mask, series):
                findings.add(
                    row, spec.code, text, values.error(spec, errors.TOO_LONG, text, length=len(text), limit=limit)
                )
            wrong = wrong | mask
        return wrong

    def _kinds(self, rows: pl.DataFrame) -> pl.Series:
        """Kind of subject: by the unified code where there is one, else by the category, else by the item."""
        length = len(rows)
        if self._person_only:
            return pl.Series([str(SubjectKind.NATURAL_PERSON)]).new_from_index(0, length)
        category = self._role("subject_category", rows).replace_strict(
            {key: str(value) for key, value in KINDS.items()}, default=None, return_dtype=pl.String
        )
        code = self._role("subject_uscc", rows)
        fallback = self._only_kind or str(SubjectKind.LEGAL_ENTITY)
        has_code = (code.is_not_null() & (code != values.CODE_PLACEHOLDER)).fill_null(value=False)
        person = (category == str(SubjectKind.NATURAL_PERSON)).fill_null(value=False)
        return _by_start(code).zip_with(has_code & ~person, category.fill_null(fallback)).alias("kind")

    def _names(self, rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
        """Name as shown and as compared; both empty for natural persons, whose name is nobody's to compare here."""
        given = self._role("subject_name", rows)
        if self._person_only:
            return _NO_TEXT.new_from_index(0, len(rows)), pl.Series([""]).new_from_index(0, len(rows))
        written = given.drop_nulls().unique()
        distinct = written.filter(~written.str.contains(OWN_FORM))
        table = pl.DataFrame(
            {
                "given": distinct,
                "name": pl.Series([normalise_text(text) for text in distinct], dtype=pl.String),
                "match_name": pl.Series([match_form(text) for text in distinct], dtype=pl.String),
            }
        )
        joined = pl.DataFrame({"given": given}).join(table, on="given", how="left", maintain_order="left")
        return joined["name"].fill_null(given), joined["match_name"].fill_null(given).fill_null("")

    def _data(self, rows: pl.DataFrame) -> pl.Series:
        """The remaining fields as JSON text, empty ones left out."""
        kept = [
            each
            for each in self._spec.fields
            if not each.role.startswith("subject_") and each.role not in COLUMNS and not each.confidential
        ]
        parts = [json_member(each) for each in kept if rows[each.code].null_count() < len(rows)]
        if not parts:
            return pl.Series(["{}"]).new_from_index(0, len(rows))
        members = pl.concat_str(parts, separator=",", ignore_nulls=True)
        return rows.select(pl.concat_str([pl.lit("{"), members, pl.lit("}")])).to_series()

    def _named_end(self, columns: dict[str, pl.Series], rows: pl.DataFrame) -> pl.Series:
        """The end of disclosure that the row itself names (``records.clocks.named_end``)."""
        ends = columns["disclosed_to"]
        if not is_list(self._item) or REMOVED_ON not in rows.columns:
            return ends
        removed = rows[REMOVED_ON].cast(pl.Date)
        return pl.select(pl.min_horizontal(ends.alias("a"), removed.alias("b"))).to_series()

    def _simplified(
        self, kind: pl.Series, columns: dict[str, pl.Series], rows: pl.DataFrame, findings: Findings
    ) -> pl.Series:
        mask = pl.Series([False]).new_from_index(0, len(rows))
        persons = kind == str(SubjectKind.NATURAL_PERSON)
        if not persons.any() or self._item.nature != InformationItem.Nature.NEGATIVE:
            return mask
        spec = self._spec.by_role.get("document_number")
        procedure: Any = rows["procedure"] if "procedure" in rows.columns else None
        doubtful = persons & (
            columns["document_name"].str.contains("简|当")
            | columns["document_number"].str.contains("简|当")
            | (procedure.is_not_null() if procedure is not None else mask)
        )
        hits = []
        for place in doubtful.arg_true():
            data = {"procedure": _plain(procedure[place])} if procedure is not None else {}
            document = (columns["document_name"][place], columns["document_number"][place])
            if refuses_simplified(kind[place], self._item.nature, document, data):
                hits.append(place)
                findings.note(rows["row"][place], spec.code if spec else "", document[1], SIMPLIFIED, {})
        return mask.scatter(hits, True) if hits else mask

    def _codes(self, rows: pl.DataFrame) -> pl.DataFrame:
        parts = []
        for role, scheme in SCHEMES.items():
            spec = self._spec.by_role.get(role)
            if spec is None or scheme == "uscc" or rows[spec.code].null_count() == len(rows):
                continue
            parts.append(
                rows.select(
                    "row", pl.lit(scheme).alias("scheme"), pl.col(spec.code).cast(pl.String).alias("value")
                ).filter(pl.col("value").is_not_null())
            )
        return pl.concat(parts) if parts else pl.DataFrame()


def _width(model: Any, column: str) -> int:
    return int(model._meta.get_field(column).max_length or 0)


def _by_start(code: pl.Series) -> pl.Series:
    starts = code.str.slice(0, 2)
    told = {text: str(kind_of(text)) for text in starts.drop_nulls().unique()}
    return starts.replace_strict(told, default=None, return_dtype=pl.String) if told else starts


def json_member(spec: FieldSpec) -> pl.Expr:
    """``"code":value`` as JSON text, null where the value is."""
    column = pl.col(spec.code)
    if spec.type == shapes.DATE:
        column = column.cast(pl.String)
    # The encoder of a structure writes one member with its braces; those go.
    encoded = pl.struct(column.alias(spec.code)).struct.json_encode()
    return pl.when(pl.col(spec.code).is_not_null()).then(encoded.str.slice(1, encoded.str.len_chars() - 2))


def _picked(rows: pl.DataFrame, mask: pl.Series, series: pl.Series) -> list[tuple[int, Any]]:
    places = mask.arg_true()
    return list(zip(rows["row"].gather(places), series.gather(places), strict=True))


def _plain(value: Any) -> Any:
    return value.to_list() if isinstance(value, pl.Series) else value
