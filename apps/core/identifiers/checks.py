"""What every check of an identifier answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

# Error codes, shared by all schemes. The empty string means: nothing wrong.
VALID: Final = ""
EMPTY: Final = "empty"
SCIENTIFIC: Final = "scientific"
LENGTH: Final = "length"
CHARSET: Final = "charset"
AUTHORITY_KIND: Final = "authority_kind"
CHECKSUM: Final = "checksum"
PLACEHOLDER: Final = "placeholder"
ZEROS: Final = "zeros"
BIRTH_DATE: Final = "birth_date"
BIRTH_FUTURE: Final = "birth_future"
FORMAT: Final = "format"


@dataclass(frozen=True, slots=True)
class IdentifierCheck:
    """Answer of a check.

    scheme      which rule was applied (`uscc`, `resident_identity`, ...)
    value       the cleaned text, upper case and half width, valid or not
    error       "" when valid, else one of the codes of this module
    cleanings   what `clean_code` had to do before the check (see there)
    subject_kind  for a unified social credit code: `legal_entity` or `individual_business` ("" when not known)
    """

    scheme: str
    value: str
    error: str = VALID
    cleanings: tuple[str, ...] = field(default=())
    subject_kind: str = ""

    @property
    def ok(self) -> bool:
        return self.error == VALID

    @property
    def message_key(self) -> str:
        """Key into `messages.MESSAGES`; "" when nothing is wrong."""
        return f"{self.scheme}.{self.error}" if self.error else ""

    @property
    def overridable(self) -> bool:
        """Whether a person may accept the value with a reason, on record.

        Lawfully issued codes with a wrong check character exist (91350211M0000XUF46), so a failed checksum is
        overridable; a code of wrong length or with impossible characters never was issued.
        """
        return self.error == CHECKSUM

    def __bool__(self) -> bool:
        return self.ok
