"""Rows of a file of one item, as frames of text.

The column-wise twin of ``reading.stored_value`` and ``catalogue.rules.to_edge``; a value that a column had lately is
not put into its written form anew.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from operator import itemgetter
from typing import Any, Final

import polars as pl
from django.contrib.postgres.aggregates.mixins import OrderableAggMixin
from django.db.models import Aggregate, BooleanField, ExpressionWrapper, F, JSONField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform

from apps.catalogue import rules as catalogue
from apps.catalogue import shapes
from apps.catalogue.shapes import FieldSpec, ItemSpec
from apps.core.frames import copied, mapped, remembering
from apps.core.terms import SubjectKind
from apps.subjects.models import Identifier

from .content import CATEGORIES, COLUMNS, SCHEMES, is_subject
from .reading import MASK

CHUNK: Final = 2000
TOLD: Final = {"_key": F("pk"), "_kind": F("subject__kind"), "_item": F("item")}
OnRead = Callable[[pl.DataFrame], None]
"""Hears of the records that are about to be given: a frame with, as texts, the columns of TOLD."""

_DOCUMENT: Final = frozenset({"subject_document_kind", "subject_document_number"})
_AS_STORED: Final = frozenset({shapes.TEXT, shapes.CHOICE, shapes.CODE})
"""Types of fields whose values are written as they are stored."""
_TRUE: Final = "t"
_SCHEME: Final = "_code:"
"""Begins the name of a column of codes: no field is called so."""


class _Object(OrderableAggMixin, Aggregate):
    """Keys and values as one JSON object; of several values of a key the last one stays."""

    function = "jsonb_object_agg"
    template = "%(function)s(%(expressions)s %(order_by)s)"
    output_field = JSONField()


def item_frames(queryset: QuerySet, spec: ItemSpec, on_read: OnRead) -> Iterator[pl.DataFrame]:
    """The item's fields in order, as files carry them, confidential values covered."""
    columns = {**TOLD, **_columns(spec)}
    writers = {each.code: _writer(each) for each in spec.fields}
    with closing(copied(queryset, columns, CHUNK)) as frames:
        for frame in frames:
            on_read(frame)
            if "_codes" in frame.columns:
                codes = pl.Struct(dict.fromkeys(SCHEMES.values(), pl.String))
                found = frame["_codes"].str.json_decode(codes).struct.unnest()
                frame = frame.hstack([code.alias(_SCHEME + code.name) for code in found])
            yield pl.DataFrame([write(frame).alias(code) for code, write in writers.items()])


def _columns(spec: ItemSpec) -> dict[str, Any]:
    """What has to be read, beside TOLD, to write the fields."""
    found: dict[str, Any] = {}
    for each in spec.fields:
        if each.role == "subject_name":
            found[each.code] = F("subject__name")
        elif each.role == "subject_uscc":
            found[each.code] = F("subject__uscc")
        elif each.role in COLUMNS:
            found[each.code] = F(each.role)
        elif each.confidential:
            found[each.code] = ExpressionWrapper(Q(confidential__has_key=each.code), BooleanField())
        elif not is_subject(each):
            found[each.code] = KeyTextTransform(each.code, "data")
    if SCHEMES.keys() & spec.by_role.keys():
        own = Identifier.objects.filter(subject=OuterRef("subject")).order_by().values("subject")
        found["_codes"] = Subquery(own.annotate(codes=_Object("scheme", "value", order_by="pk")).values("codes"))
    return found


def _writer(field: FieldSpec) -> Callable[[pl.DataFrame], pl.Series]:
    """What makes the column of a field from what was read."""
    if field.role in _DOCUMENT:
        return _from("_kind", lambda kind: MASK if kind == SubjectKind.NATURAL_PERSON else "")
    if field.role == "subject_category":
        return _from("_kind", lambda kind: CATEGORIES.get(kind, ""))
    if field.role in SCHEMES:
        return partial(_code, field)
    if field.confidential and field.role not in COLUMNS and not is_subject(field):
        return _from(field.code, lambda sealed: MASK if sealed == _TRUE else "")
    if field.type in _AS_STORED:
        return itemgetter(field.code)
    return _from(field.code, lambda text: catalogue.to_edge(field, _parsed(field, text)))


def _from(column: str, written: Callable[[str], str]) -> Callable[[pl.DataFrame], pl.Series]:
    known = remembering(written)
    return lambda frame: mapped(frame[column], known)


def _code(field: FieldSpec, frame: pl.DataFrame) -> pl.Series:
    code = frame[_SCHEME + SCHEMES[field.role]]
    if field.role == "subject_uscc":
        return frame[field.code].zip_with(frame[field.code].is_not_null(), code)
    return code


def _parsed(field: FieldSpec, text: str) -> Any:
    """The stored value of its text in the database."""
    return json.loads(text) if field.type in {shapes.CHOICES, shapes.BOOLEAN} and text else text
