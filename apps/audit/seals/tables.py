"""Which tables are sealed, and what of them."""

from dataclasses import dataclass
from typing import Any

from django.db import models

from apps.audit.declarations import declaring


@dataclass(frozen=True)
class SealedTable:
    """A table whose rows are sealed. ``key`` is the column of the growing id that its own sequence gives;
    ``object_column`` holds the key of the row that a history row is about (of itself, where there is no other)."""

    name: str
    model: type[models.Model]
    label: str
    key: str
    object_column: str
    columns: list[str]


def sealed_tables() -> list[SealedTable]:
    """The tables of all models that declare ``sealed = True``: every history table, the access log."""
    return [_of(model) for model in declaring("sealed")]


def sealed_table_of(model: type[models.Model]) -> SealedTable:
    """The table that holds the history of ``model``. Raises LookupError where no history is kept."""
    for table in sealed_tables():
        if getattr(table.model, "instance_type", None) is model:
            return table
    raise LookupError(model._meta.label)


def _of(model: Any) -> SealedTable:
    tracked = getattr(model, "instance_type", model)
    return SealedTable(
        name=model._meta.db_table,
        model=model,
        label=tracked._meta.label_lower,
        key=model._meta.pk.column,
        object_column=tracked._meta.pk.column,
        columns=[field.column for field in model._meta.concrete_fields],
    )
