"""From the catalogue's rows to the plain shapes that rules, forms and files work with."""

import threading
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Max, Prefetch, Value

from .models import ColumnMapping, InformationItem, ItemField, MappedColumn
from .shapes import Edition, EditionColumn, FieldSpec, ItemSpec, RequiredIf

SOURCES: Final = (InformationItem, ItemField, ColumnMapping, MappedColumn)

Marker = tuple[tuple[int, int | None, int], ...]

_lock = threading.Lock()
_cache: dict[int, ItemSpec] = {}
_cached_at: Marker = ()


def marker() -> Marker:
    """What changes whenever the catalogue does: number and highest key of the history rows of its four tables.

    The database writes a history row for every change, by whichever door, so a marker cannot miss one; the count
    covers transactions that commit in another order than they drew their keys. One query over small tables.
    """
    with connection.cursor() as cursor:
        cursor.execute(*_question())
        return tuple(sorted(cursor.fetchall()))


@cache
def _question() -> tuple[str, tuple[Any, ...]]:
    """Written once, because that takes ten times as long as the answer."""
    parts = [
        # By the constant, or each row would be a group of its own.
        history.order_by().values(of=Value(place)).values_list("of", Max("history_id"), Count("history_id"))
        for place, history in enumerate(model.history for model in SOURCES)
    ]
    return parts[0].union(*parts[1:], all=True).query.sql_with_params()


def item_specs(items: Iterable[InformationItem]) -> dict[int, ItemSpec]:
    """The specs of several items by primary key: one query when all are known, four more when not."""
    global _cached_at
    keys = {item.pk for item in items}
    now = marker()
    with _lock:
        if now != _cached_at:
            _cache.clear()
            _cached_at = now
        known = {key: _cache[key] for key in keys if key in _cache}
    if missing := keys - known.keys():
        built = {item.pk: build_spec(item) for item in _with_fields(missing)}
        with _lock:
            if now == _cached_at:
                _cache.update(built)
        known |= built
    return known


def item_spec(item: InformationItem) -> ItemSpec:
    """The spec of a saved item, as the database has it now. Raises KeyError when the item is gone."""
    return item_specs([item])[item.pk]


def _with_fields(keys: Iterable[int]) -> Iterable[InformationItem]:
    columns = MappedColumn.objects.select_related("field").order_by("pk")
    return InformationItem.objects.filter(pk__in=keys).prefetch_related(
        Prefetch("fields", ItemField.objects.order_by("position", "pk")),
        Prefetch("mappings", ColumnMapping.objects.order_by("edition")),
        Prefetch("mappings__columns", columns),
    )


def build_spec(item: InformationItem) -> ItemSpec:
    """The spec from an item with its fields and mappings."""
    return ItemSpec(
        id=item.pk,
        code=item.code,
        name=item.name,
        name_en=item.name_en,
        fields=tuple(field_spec(field) for field in item.fields.all()),
        mappings=tuple(
            Edition(
                name=mapping.edition,
                columns=tuple(
                    EditionColumn(column.header, column.field.code, dict(column.values))
                    for column in mapping.columns.all()
                    if column.field
                ),
                defaults=dict(mapping.defaults),
                ignored=tuple(column.header for column in mapping.columns.all() if not column.field),
            )
            for mapping in item.mappings.all()
        ),
        edition=item.edition,
        subject_kinds=tuple(item.subject_kinds),
        nature=item.nature,
        disclosure=item.disclosure,
        retention_months=item.retention_months,
        deadline_rule=item.deadline_rule,
    )


def field_spec(field: ItemField) -> FieldSpec:
    """The spec of one field."""
    return FieldSpec(
        code=field.code,
        label=field.label,
        label_en=field.label_en,
        type=field.type,
        role=field.role,
        required=field.required,
        required_if=RequiredIf.read(field.required_if),
        max_length=field.max_length,
        digits=field.digits,
        decimals=field.decimals,
        unit=field.unit,
        choices=tuple(field.choices),
        separator=field.separator,
        code_scheme=field.code_scheme,
        kind_field=field.kind_field,
        confidential=field.confidential,
        public=field.public,
        help_text=field.help_text,
        help_text_en=field.help_text_en,
    )
