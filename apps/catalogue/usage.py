"""Whether anything was recorded under an item, and what may then no longer change."""

from typing import Any, Final

from django.db import models, transaction

from apps.audit.context import every_department

FROZEN: Final = ("code", "type", "role", "code_scheme", "kind_field", "confidential")
"""What the stored values of a field mean, and where they are kept; labels, order, obligation and limits may change."""


def in_use(item: models.Model) -> bool:
    """Whether rows outside the catalogue refer to the item (records, batches of the import), whoever they belong to.

    Found through the relations themselves: the catalogue stands below the apps that use it and does not import them.
    """
    with transaction.atomic(), every_department():
        for relation in item._meta.get_fields(include_hidden=True):
            if not isinstance(relation, models.ManyToOneRel):
                continue
            model: Any = relation.related_model
            foreign = model._meta.app_label != item._meta.app_label
            if foreign and model._base_manager.filter(**{relation.field.name: item}).exists():
                return True
    return False


def frozen_changes(before: models.Model, after: models.Model) -> list[str]:
    """The frozen attributes in which a field differs from what it was."""
    return [name for name in FROZEN if getattr(before, name) != getattr(after, name)]
