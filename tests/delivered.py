"""Calendar, dated rules and catalogue as delivered, for tests that stand on them.

Loading them judges every row; once a run that is a test of its own. Later tests of the run take the rows that the first
one loaded, copied in as they are: half of the suite's time would go there otherwise.
"""

import shutil
import tempfile
from pathlib import Path

from django.db import connection

from apps.catalogue import reference as catalogue_reference
from apps.catalogue.models import ColumnMapping, InformationItem, ItemField, LegalDocument, MappedColumn
from apps.core import reference as core_reference
from apps.core.models import CalendarDay, CalendarYear, Rule

ITEMS = ("penalty-legal", "penalty-person", "licence-legal", "tax-arrears", "honours")
_MODELS = (CalendarYear, CalendarDay, Rule, LegalDocument, InformationItem, ItemField, ColumnMapping, MappedColumn)
_rows: dict[str, bytes] = {}


def load_rules() -> None:
    """Calendar, rules, legal documents and ITEMS. Call it before departments are made: providers are not copied."""
    with connection.cursor() as cursor:
        if _rows:
            for table, rows in _rows.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows)
            return
        _load()
        for model in _MODELS:
            table = model._meta.db_table
            with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                _rows[table] = b"".join(copy)


def _load() -> None:
    core_reference.load()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "items").mkdir()
        for file in ("legal_documents.json", *(f"items/{code}.json" for code in ITEMS)):
            shutil.copy(catalogue_reference.FOLDER / file, folder / file)
        catalogue_reference.load(folder)
