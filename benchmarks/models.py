"""Credit records three times over, for ``history.py``: with our history, with django-simple-history's own, with none.

The models belong to no installed app: the project does not know them.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from apps.audit.history import History
from apps.records.models import Record


def _shape(name: str, history: Any) -> Any:
    """A model like Record under another name, with its history."""
    fields = {}
    for field in Record._meta.local_concrete_fields:
        if not field.primary_key:
            _, _, args, kwargs = field.deconstruct()
            if isinstance(field, models.ForeignKey):
                kwargs["related_name"] = "+"
            fields[field.name] = type(field)(*args, **kwargs)
    meta = {"app_label": "benchmarks", "db_table": f"bench_{name.lower()}"}
    for option in ("indexes", "constraints"):
        copies = [each.clone() for each in getattr(Record._meta, option)]
        for each in copies:
            each.name = f"{name.lower()}_{each.name}"[:30]
        meta[option] = copies
    attributes = {"__module__": __name__, "Meta": type("Meta", (), meta), **fields}
    if history:
        history.app = "benchmarks"
        attributes["history"] = history
    return type(name, (models.Model,), attributes)


Bare = _shape("Bare", None)
Ours = _shape("Ours", History())
Signals = _shape("Signals", HistoricalRecords(use_base_model_db=True))
