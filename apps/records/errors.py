"""What can stand in the way of a record, besides what the actions' own exceptions say."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.departments.actions import StateConflict


class DuplicateRecord(Exception):
    """The department already has a record of this item about this subject with this document number: ``record``."""

    def __init__(self, record: Any) -> None:
        self.record = record
        super().__init__(
            _("“%(number)s” is on record already for this subject and item.") % {"number": record.document_number}
        )


class Refused(ValidationError):
    """What is wrong with a row: texts by field code ("" for the row as a whole).

    ``match`` says what was found when code and name do not lead to one subject for certain and a person has to choose.
    """

    def __init__(self, wrong: Mapping[str, list[str]], match: Any = None) -> None:
        self.match = match
        super().__init__({code: list(texts) for code, texts in wrong.items()})


class ChangedMeanwhile(StateConflict):
    """Somebody else changed the record after this person opened it."""
