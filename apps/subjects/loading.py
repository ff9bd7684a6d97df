"""Loading a business register: the right rows go in by a handful of statements, whatever their number.

A code that is not on record is a new subject. One that is gets what the register says anew; cells that say nothing
leave what is there; a row that changes nothing touches nothing. A changed name makes the old one a former name. The
region follows from the code (the division at registration) or, where that has been abolished, from the place the
register names; one that is there already stays.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from django.db import connection, transaction
from django.utils import timezone

from .models import Region
from .resources import Register, RowError
from .rules import region_codes

_STAGED = {
    "row": "integer",
    "kind": "text",
    "name": "text",
    "uscc": "text",
    "registered_on": "date",
    "organisation_type": "text",
    "capital": "numeric(20,2)",
    "capital_text": "text",
    "address": "text",
    "legal_representative": "text",
    "status": "text",
    "registration_number": "text",
    "region": "text",
}
_CREATE = f"""
SET LOCAL client_min_messages = warning;
DROP TABLE IF EXISTS pg_temp.register_rows;
CREATE TEMPORARY TABLE register_rows (
    {", ".join(f"{column} {kind}" for column, kind in _STAGED.items())}, match_name text, subject bigint
) ON COMMIT DROP
"""
# A code may be another subject's former code, or that of a duplicate: the subject that remains is meant, and what its
# register entry under the old code says is no longer news.
_FIND = """
UPDATE register_rows SET match_name = name_match_form(name);
UPDATE register_rows r SET subject = s.id FROM subjects_subject s WHERE s.uscc = r.uscc;
UPDATE register_rows r SET subject = -i.subject_id
FROM subjects_identifier i WHERE r.subject IS NULL AND i.scheme = 'uscc' AND i.value = r.uscc;
UPDATE register_rows r SET subject = -s.merged_into_id
FROM subjects_subject s WHERE s.id = r.subject AND s.merged_into_id IS NOT NULL;
SELECT FROM subjects_subject s JOIN register_rows r ON r.subject = s.id ORDER BY s.id FOR UPDATE OF s;
ANALYZE register_rows
"""
# The columns in which a row of the register differs from what is on record: new value, old value.
_NEW = {
    "name": "r.name",
    "match_name": "r.match_name",
    "registered_on": "coalesce(r.registered_on, s.registered_on)",
    "organisation_type": "coalesce(r.organisation_type, s.organisation_type)",
    "capital": "CASE WHEN r.capital_text IS NULL THEN s.capital ELSE r.capital END",
    "capital_text": "coalesce(r.capital_text, s.capital_text)",
    "address": "coalesce(r.address, s.address)",
    "legal_representative": "coalesce(r.legal_representative, s.legal_representative)",
    "status": "coalesce(r.status, s.status)",
    "region_id": "coalesce(s.region_id, r.region)",
}
_FORMER_NAMES = """
INSERT INTO subjects_subjectname (subject_id, name, match_name, since, until)
SELECT s.id, s.name, s.match_name,
       coalesce((SELECT max(n.until) FROM subjects_subjectname n WHERE n.subject_id = s.id), s.registered_on), %(today)s
FROM register_rows r JOIN subjects_subject s ON s.id = r.subject
WHERE s.match_name <> r.match_name
"""
_UPDATE = f"""
UPDATE subjects_subject AS t SET ({", ".join(_NEW)}) = (SELECT {", ".join(_NEW.values())})
FROM register_rows r JOIN subjects_subject s ON s.id = r.subject
WHERE t.id = s.id
  AND ({", ".join(_NEW.values())}) IS DISTINCT FROM ({", ".join(f"s.{column}" for column in _NEW)})
"""
_INSERT = """
INSERT INTO subjects_subject (kind, name, match_name, uscc, override_reason, status, organisation_type, registered_on,
    capital, capital_text, legal_representative, address, region_id, created_at)
SELECT kind, name, match_name, uscc, '', coalesce(status, 'active'), coalesce(organisation_type, ''), registered_on,
    capital, coalesce(capital_text, ''), coalesce(legal_representative, ''), coalesce(address, ''), region, now()
FROM register_rows WHERE subject IS NULL ORDER BY uscc
ON CONFLICT (uscc) DO NOTHING
"""
_CODES = """
INSERT INTO subjects_identifier (subject_id, scheme, value, source)
SELECT s.id, c.scheme, c.value, %(source)s
FROM register_rows r JOIN subjects_subject s ON s.uscc = r.uscc AND s.merged_into_id IS NULL
CROSS JOIN LATERAL (VALUES ('organisation_code', CASE WHEN s.override_reason = '' THEN substr(r.uscc, 9, 9) END),
                           ('registration_number', r.registration_number)) AS c (scheme, value)
WHERE c.value IS NOT NULL
  AND NOT EXISTS (SELECT FROM subjects_identifier i WHERE i.scheme = c.scheme AND i.value = c.value)
ORDER BY c.scheme, c.value
ON CONFLICT (scheme, value) DO NOTHING
"""


@dataclass
class Loaded:
    """What a load did. ``unchanged`` are right rows that said nothing new; ``duplicates`` repeat a row of the file."""

    rows: int
    created: int = 0
    updated: int = 0
    renamed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: int = 0
    seconds: float = 0.0
    dry_run: bool = False
    errors: list[RowError] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        """Rows that were right and say something of their own."""
        return self.created + self.updated + self.unchanged


class _RolledBack(Exception):
    """Ends a dry run."""


def load_register(register: Register, *, dry_run: bool = False, source: str = "") -> Loaded:
    """Load the right rows of a register; ``source`` is noted with the codes it brings.

    A dry run does the same and takes it back. Wrong rows are left out and reported: a register may be sent again
    once they are mended, for rows that change nothing touch nothing.
    """
    start = time.monotonic()
    loaded = Loaded(
        rows=register.total,
        duplicates=register.duplicates,
        rejected=register.rejected,
        errors=register.errors,
        dry_run=dry_run,
    )
    try:
        with transaction.atomic():
            _load(register, loaded, source[:100])
            if dry_run:
                raise _RolledBack
    except _RolledBack:
        pass
    loaded.seconds = round(time.monotonic() - start, 3)
    return loaded


def _load(register: Register, loaded: Loaded, source: str) -> None:
    rows = register.rows.with_columns(_regions(register.rows))
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        text = io.BytesIO()
        rows.select(list(_STAGED)).write_csv(text, include_header=False)
        with cursor.copy(f"COPY register_rows ({', '.join(_STAGED)}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(text.getbuffer())
        cursor.execute(_FIND)
        cursor.execute(_FORMER_NAMES, {"today": timezone.localdate()})
        loaded.renamed = cursor.rowcount
        cursor.execute(_UPDATE)
        loaded.updated = cursor.rowcount
        cursor.execute(_INSERT)
        loaded.created = cursor.rowcount
        cursor.execute(_CODES, {"source": source})
    loaded.unchanged = len(rows) - loaded.updated - loaded.created


def _regions(rows: pl.DataFrame) -> pl.Series:
    """Code of the region of each row, null where neither code nor place tells."""
    regions = list(Region.objects.filter(level__in=("province", "city", "county")).values_list("code", "name"))
    known = {code for code, _name in regions}
    places = _Places(regions)
    by_division: dict[str, str | None] = {}
    found: list[str | None] = []
    for code, city, address in rows.select("uscc", "city", "address").iter_rows():
        division = code[2:8]
        if division not in by_division:
            by_division[division] = next((region for region in region_codes(code) if region in known), None)
        found.append(by_division[division] or places.find(city or "", address or ""))
    return pl.Series("region", found, dtype=pl.String)


class _Places:
    """Names of cities and counties, looked for in what a register says of a place."""

    def __init__(self, regions: list[tuple[str, str]]) -> None:
        self.cities = {name: code for code, name in regions if len(code) == 4}
        self.counties: dict[str, dict[str, str]] = {}
        for code, name in regions:
            if len(code) == 6:
                self.counties.setdefault(code[:4], {})[name] = code

    def find(self, city: str, address: str) -> str | None:
        """The county that the address names within the city, else the city; None when that is not sure."""
        for code in self._named(city, address):
            counties = [county for county_name, county in self.counties.get(code, {}).items() if county_name in address]
            return counties[0] if len(counties) == 1 else code
        return None

    def _named(self, city: str, address: str) -> Iterator[str]:
        for name, code in self.cities.items():
            if city and city in (name, name.removesuffix("市")):
                yield code
        for name, code in self.cities.items():
            if name in address:
                yield code


def as_json(loaded: Loaded, register: Register) -> dict[str, Any]:
    """The result as one JSON object."""
    return {
        "format": register.sheet.format,
        "encoding": register.sheet.encoding,
        "rows": loaded.rows,
        "accepted": loaded.accepted,
        "rejected": loaded.rejected,
        "duplicates": loaded.duplicates,
        "created": loaded.created,
        "updated": loaded.updated,
        "renamed": loaded.renamed,
        "unchanged": loaded.unchanged,
        "seconds": loaded.seconds,
        "dry_run": loaded.dry_run,
        "errors": [vars(error) for error in loaded.errors],
    }
