"""One row in every table that has row security, for the models that are and those to come."""

import datetime
import uuid
from itertools import count
from typing import Any

from django.db import models
from django.utils import timezone

from apps.audit.history import HistoryRow
from apps.audit.row_security import guarded_models
from apps.departments.models import Department

_numbers = count(1_000_000)
_VALUES: dict[type[models.Field], Any] = {
    models.BooleanField: lambda: False,
    models.DateTimeField: timezone.now,
    models.DateField: lambda: datetime.date(2026, 1, 5),
    models.JSONField: dict,
    models.BinaryField: lambda: str(next(_numbers)).encode(),
    models.FloatField: lambda: 0.0,
    models.IntegerField: lambda: 1,
    models.CharField: lambda: str(next(_numbers)),
    models.TextField: lambda: "text",
    models.FileField: lambda: "file.txt",
    models.UUIDField: uuid.uuid4,
}
# What a table demands beyond the types of its columns.
_FIXED: dict[str, dict[str, Any]] = {
    "subjects.PersonKey": {"destroyed_at": None},
    "objections.Case": {"kind": "repair", "finding": "", "outcome": "", "closed_at": None},
}


def owned_models() -> list[type[models.Model]]:
    """The models with row security, each after those it points at; history follows by itself."""
    found: list[type[models.Model]] = []

    def add(model: type[models.Model]) -> None:
        for field in model._meta.concrete_fields:
            parent = field.related_model
            if isinstance(parent, type) and parent in guarded and parent is not model:
                add(parent)
        if model not in found:
            found.append(model)

    guarded = [model for model in guarded_models() if not issubclass(model, HistoryRow)]
    for model in guarded:
        add(model)
    return found


def plant(department: Department) -> dict[type[models.Model], models.Model]:
    """A row of ``department`` in every table, by model, in the transaction and the context of the caller.

    Foreign keys outside row security lead nowhere: such rows cannot be committed.
    """
    planted: dict[type[models.Model], models.Model] = {}
    for model in owned_models():
        row = model(**{field.attname: _value(field, department, planted) for field in _fields(model)})
        # As it is, without what a model's own ``save`` may do.
        model._base_manager.bulk_create([row])
        planted[model] = row
    return planted


def _fields(model: type[models.Model]) -> list[Any]:
    return [
        field
        for field in model._meta.concrete_fields
        if not field.generated and not isinstance(field, models.AutoField)
    ]


def _value(field: Any, department: Department, planted: dict[type[models.Model], models.Model]) -> Any:
    fixed = _FIXED.get(field.model._meta.label, {})
    if field.name in fixed:
        return fixed[field.name]
    if field.is_relation:
        if field.related_model is Department:
            return department.pk
        parent = planted.get(field.related_model)
        return parent.pk if parent is not None else next(_numbers)
    if not field.null and field.has_default():
        return field.get_default()
    return next(make for kind, make in _VALUES.items() if isinstance(field, kind))()
