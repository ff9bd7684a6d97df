"""The errors a value can have: one table of codes and words, for the form, the import and every other door.

The codes are stable: annotated files, the JSON of the import and its statistics carry them. ``text_of(code, params)``
renders the words in the active language, so an error found in a background job reads in the clerk's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.identifiers.checks import CHECKSUM, IdentifierCheck
from apps.core.identifiers.messages import message_for

REQUIRED: Final = "required"
REQUIRED_IF: Final = "required_if"
TOO_LONG: Final = "too_long"
CONTROL_CHARACTER: Final = "control_character"
DATE_INVALID: Final = "date_invalid"
DATE_IMPOSSIBLE: Final = "date_impossible"
DATE_TOO_EARLY: Final = "date_too_early"
DATE_TOO_LATE: Final = "date_too_late"
DATE_IN_FUTURE: Final = "date_in_future"
DATES_REVERSED: Final = "dates_reversed"
AMOUNT_INVALID: Final = "amount_invalid"
AMOUNT_NEGATIVE: Final = "amount_negative"
AMOUNT_DECIMALS: Final = "amount_decimals"
AMOUNT_TOO_LARGE: Final = "amount_too_large"
CHOICE_UNKNOWN: Final = "choice_unknown"
BOOLEAN_INVALID: Final = "boolean_invalid"
PLACEHOLDER_CATEGORY: Final = "placeholder_category"
CODE_PREFIX: Final = "code_"
"""``code_checksum``, ``code_length``...: the errors of apps.core.identifiers, each with this prefix."""

# code -> (what is wrong, how to mend it)
MESSAGES: Final[dict[str, tuple[str | Promise, str | Promise]]] = {
    REQUIRED: (_("“%(label)s” is missing."), _("Fill it in.")),
    REQUIRED_IF: (
        _("“%(label)s” is missing; it is required when “%(condition_label)s” has “%(condition_value)s”."),
        _("Fill it in, or correct “%(condition_label)s”."),
    ),
    TOO_LONG: (
        _("The text has %(length)s characters; “%(label)s” takes at most %(limit)s: “%(value)s”."),
        _("Shorten it to %(limit)s characters."),
    ),
    CONTROL_CHARACTER: (
        _("The text holds an invisible control character: “%(value)s”."),
        _("Type it anew, or paste it as plain text."),
    ),
    DATE_INVALID: (_("“%(value)s” is not read as a date."), _("Write it as 2026/01/05 or 2026-01-05.")),
    DATE_IMPOSSIBLE: (_("“%(value)s” is not in the calendar."), _("Correct year, month or day.")),
    DATE_TOO_EARLY: (_("The date “%(value)s” lies before 1949."), _("Correct the year.")),
    DATE_TOO_LATE: (
        _("The date “%(value)s” lies after 2099/12/31."),
        _("Correct the year; without an end is written 2099/12/31."),
    ),
    DATE_IN_FUTURE: (_("“%(label)s” lies in the future: “%(value)s”."), _("Enter the day of the decision.")),
    DATES_REVERSED: (
        _("“%(label)s” (%(value)s) lies before “%(other_label)s” (%(other_value)s)."),
        _("Correct one of the two dates."),
    ),
    AMOUNT_INVALID: (
        _("“%(value)s” is not read as an amount."),
        _("Write digits only, in %(unit)s, such as %(example)s; leave it empty when there is none."),
    ),
    AMOUNT_NEGATIVE: (_("The amount “%(value)s” is negative."), _("Enter it without a sign.")),
    AMOUNT_DECIMALS: (
        _("“%(value)s” has more than %(limit)s decimal places."),
        _("Enter the amount in %(unit)s with at most %(limit)s decimal places."),
    ),
    AMOUNT_TOO_LARGE: (
        _("“%(value)s” has more than %(limit)s digits before the point."),
        _("Check the unit: the amount is in %(unit)s."),
    ),
    CHOICE_UNKNOWN: (_("“%(value)s” is not among the lawful values of “%(label)s”."), _("Use one of: %(choices)s.")),
    BOOLEAN_INVALID: (_("“%(value)s” is neither yes nor no."), _("Write 是 or 否.")),
    PLACEHOLDER_CATEGORY: (
        _("17 zeros and X are allowed only for an individual business that has no code."),
        _("Enter the unified social credit code, or correct “%(other_label)s”."),
    ),
}


def text_of(code: str, params: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong and how to mend it, in the active language.

    ``params``: ``label`` (header of the field), ``value`` (as entered; ``***`` for a confidential field) and what the
    message needs besides. For the codes of identifiers: ``scheme`` and ``value``; their text holds the mend already.
    Raises KeyError for an unknown code or a missing parameter.
    """
    if code in MESSAGES:
        message, mend = MESSAGES[code]
        shown = {name: str(value) for name, value in params.items()}
        return str(message) % shown, str(mend) % shown
    error = code.removeprefix(CODE_PREFIX)
    return message_for(IdentifierCheck(params["scheme"], str(params["value"]), error)), ""


@dataclass(frozen=True)
class FieldError:
    """One error of one value. ``kept`` is the cleaned value that an override with a reason would keep."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    kept: Any = None

    @property
    def message(self) -> str:
        """What is wrong, in the active language."""
        return text_of(self.code, self.params)[0]

    @property
    def mend(self) -> str:
        """How to mend it, in the active language; empty when the message says so itself."""
        return text_of(self.code, self.params)[1]

    @property
    def text(self) -> str:
        """Message and mend in one."""
        return " ".join(part for part in text_of(self.code, self.params) if part)

    @property
    def overridable(self) -> bool:
        """Whether a person may accept the value with a reason, on record (a code issued with a wrong check)."""
        return self.code == CODE_PREFIX + CHECKSUM

    def __str__(self) -> str:
        return self.text
