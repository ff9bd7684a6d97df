"""Reference data of this app: legal documents and the items with their fields and editions (fixtures/catalogue/).

Found by their codes; loading again brings the rows up to the files, but for those a person has changed since: these
stay as they are. Who changed a row, the history says.
"""

import json
from pathlib import Path
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import models, transaction

from apps.departments.models import Department

from .models import ColumnMapping, InformationItem, ItemField, ItemProvider, LegalDocument, MappedColumn

M = TypeVar("M", bound=models.Model)

FOLDER: Final = Path(settings.BASE_DIR) / "fixtures" / "catalogue"


@transaction.atomic
def load(folder: Path = FOLDER) -> str:
    """Load everything; a line that says what was done and which providers are not among the departments."""
    documents = _read(folder / "legal_documents.json")
    edited = _edited(LegalDocument)
    for row in documents:
        _upsert(LegalDocument, edited, row, "code")
    basis = dict(LegalDocument.objects.values_list("code", "pk"))
    departments = dict(Department.objects.values_list("slug", "pk"))
    files = sorted((folder / "items").glob("*.json"))
    unknown: set[str] = set()
    kept = 0
    edited = _edited(InformationItem)
    for file in files:
        row = _read(file)
        kept += not _load_item(row, edited, basis, departments)
        unknown |= set(row["providers"]) - departments.keys()
    summary = f"{len(documents)} legal documents, {len(files)} items"
    if kept:
        summary += f" ({kept} edited here, left alone)"
    if unknown:
        summary += f"; providers not among the departments: {', '.join(sorted(unknown))}"
    return summary


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _edited(model: type[models.Model]) -> set[Any]:
    """Primary keys of the rows that a person has touched."""
    history = model.history.filter(history_user__isnull=False)  # type: ignore[attr-defined]
    return set(history.order_by().values_list(model._meta.pk.attname, flat=True))


def _upsert(model: type[M], edited: set[Any], row: dict[str, Any], *natural: str) -> M:
    """The row by its natural key, made or brought up to date; written only when something differs."""
    manager = model._default_manager
    found = manager.filter(**{name: row[name] for name in natural}).first()
    if found is None:
        return manager.create(**row)
    if found.pk in edited:
        return found
    fresh = model(**row)
    differing = [name for name in row if _column(found, name) != _column(fresh, name)]
    for name in differing:
        setattr(found, name, row[name])
    if differing:
        found.save(update_fields=differing)
    return found


def _column(row: models.Model, name: str) -> Any:
    field = row._meta.get_field(name)
    return field.to_python(getattr(row, field.attname))  # type: ignore[union-attr]


def _load_item(row: dict[str, Any], edited: set[Any], basis: dict[str, int], departments: dict[str, int]) -> bool:
    """Load one item; False when a person edited it and it was left alone."""
    row = dict(row)
    fields, mappings, providers = row.pop("fields"), row.pop("mappings"), row.pop("providers")
    row["basis_id"] = basis[row.pop("basis")]
    row["subject_kinds"] = list(row["subject_kinds"])
    item = _upsert(InformationItem, edited, row, "code")
    if item.pk in edited:
        return False
    ItemProvider.objects.bulk_create(
        [ItemProvider(item=item, department_id=departments[slug]) for slug in providers if slug in departments],
        ignore_conflicts=True,
    )
    touched = _edited(ItemField)
    codes = {}
    for place, field in enumerate(fields):
        loaded = _upsert(ItemField, touched, {**field, "item_id": item.pk, "position": place * 10}, "item_id", "code")
        codes[loaded.code] = loaded.pk
    for mapping in mappings:
        _load_mapping(item, dict(mapping), basis, codes)
    return True


def _load_mapping(item: InformationItem, row: dict[str, Any], basis: dict[str, int], codes: dict[str, int]) -> None:
    columns = row.pop("columns")
    row["basis_id"] = basis[row.pop("basis")]
    edited, touched = _edited(ColumnMapping), _edited(MappedColumn)
    mapping = _upsert(ColumnMapping, edited, {**row, "item_id": item.pk}, "item_id", "edition")
    for column in columns:
        field = column.pop("field")
        values = {**column, "mapping_id": mapping.pk, "field_id": codes[field] if field else None}
        _upsert(MappedColumn, touched, values, "mapping_id", "header")
