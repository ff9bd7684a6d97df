"""What a model of any app says about its own table to this app, as a class attribute beside its fields.

``add_only = True``: the application role may add rows and never change or remove one.
``owner_writes = True``: the application role may read the rows and write none.
``partitioned_by = "at"``: the table is kept in months of this moment (apps/audit/partitions.py); history models are.
``online_months = 36``: so many of the months in which it is kept stay in the database (apps/audit/archive).
``sealed = True``: the rows go into the seals (apps/audit/seals); all history models do.
``upkeep = Upkeep(...)``: how a table of many rows is vacuumed, analysed and sampled (apps/audit/upkeep.py).
``wrapped_keys = ("data_key",)``: columns that hold keys wrapped by a master key (apps/core/crypto.py).
"""

from django.apps import apps
from django.db import models


def add_only_tables() -> list[str]:
    """The tables to which the application role may only add."""
    return [model._meta.db_table for model in declaring("add_only")]


def unwritten_tables() -> list[str]:
    """The tables that the application role may only read."""
    return [model._meta.db_table for model in declaring("owner_writes")]


def declaring(attribute: str) -> list[type[models.Model]]:
    """The models that set ``attribute``, in order of their tables."""
    found = [model for model in apps.get_models() if getattr(model, attribute, False)]
    return sorted(found, key=lambda model: model._meta.db_table)
