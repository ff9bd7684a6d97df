"""Reference data of this app: administrative divisions and the classification of economic activities."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl
from django.conf import settings
from django.db import transaction

from .models import Industry, Region

FOLDER: Final = Path(settings.BASE_DIR) / "fixtures" / "subjects"


def load() -> str:
    """Load both; a line that says what was done. Loading again changes nothing."""
    return f"regions {load_regions()}; industries {load_industries()}"


@transaction.atomic
def load_regions(path: Path = FOLDER / "regions.csv") -> str:
    """Divisions of 2023: provinces, cities and counties of China, streets of Zhengzhou (code, name, level, parent).

    410171, 410173 and their like are statistical divisions, not in GB/T 2260. Rows are added or brought up to date by
    their code, none is removed: codes issued under an abolished division stay valid.
    """
    rows = pl.read_csv(path, infer_schema=False)
    # Parents first: codes grow by their parent's.
    rows = rows.sort(pl.col("code").str.len_chars(), "code")
    return _upsert(Region, [Region(**row) for row in _named(rows, parent="parent_id")], ["name", "level", "parent"])


@transaction.atomic
def load_industries(path: Path = FOLDER / "industries.csv") -> str:
    """GB/T 4754-2017: sections, divisions, groups and classes (code, name, level, section)."""
    rows = pl.read_csv(path, infer_schema=False)
    return _upsert(Industry, [Industry(**row) for row in _named(rows)], ["name", "level", "section"])


def _named(rows: pl.DataFrame, **renamed: str) -> list[dict[str, str | None]]:
    return rows.rename(renamed).to_dicts()


def _upsert(model: type[Region] | type[Industry], rows: list, fields: list[str]) -> str:
    columns = [str(getattr(model._meta.get_field(name), "attname", name)) for name in ("code", *fields)]
    kept = set(model._default_manager.values_list(*columns))
    changed = [row for row in rows if tuple(getattr(row, column) for column in columns) not in kept]
    model._default_manager.bulk_create(
        changed, update_conflicts=True, unique_fields=["code"], update_fields=fields, batch_size=2000
    )
    return f"{len(changed)} loaded, {len(rows) - len(changed)} kept"
