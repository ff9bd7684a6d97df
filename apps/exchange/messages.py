"""The words of what the import finds. Errors of single fields are worded by the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.catalogue import errors
from apps.core.identifiers import checks

AUTHORITY_FOREIGN: Final = "authority_foreign"
NAME_DIFFERS: Final = "name_differs"
NAME_DIFFERS_IN_FILE: Final = "name_differs_in_file"
CODES_DIFFER: Final = "codes_differ"
SUBJECT_UNDECIDED: Final = "subject_undecided"
SUBJECT_KIND: Final = "subject_kind"
CONFLICT: Final = "conflict"
CONFLICT_IN_FILE: Final = "conflict_in_file"
PERSON_NAME_DIFFERS: Final = "person_name_differs"
PERSON_KEY_MISSING: Final = "person_key_missing"
DISCLOSURE_REVERSED: Final = "disclosure_reversed"
SIMPLIFIED: Final = "simplified_procedure"

MESSAGES: Final[dict[str, str | Promise]] = {
    AUTHORITY_FOREIGN: _(
        "“%(value)s” is neither the code of %(department)s nor of a department below it. Correct the code of the "
        "deciding authority; another authority's decisions are reported by that authority."
    ),
    NAME_DIFFERS: _(
        "The code %(uscc)s belongs to “%(known)s”, and the row says “%(value)s”. Compare both with the certificate and "
        "correct the one that is wrong."
    ),
    NAME_DIFFERS_IN_FILE: _(
        "The code %(uscc)s stands with the name “%(known)s” in row %(row)s and with “%(value)s” here. Correct the one "
        "that is wrong."
    ),
    CODES_DIFFER: _(
        "The codes of the row lead to different subjects, one of them “%(known)s”. Compare them with the certificate, "
        "or leave out the old code."
    ),
    SUBJECT_UNDECIDED: _(
        "No subject is known by these codes, and a name alone does not decide. Enter the unified social credit code."
    ),
    SUBJECT_KIND: _("The item is not for “%(value)s”. Use the file of the item that is."),
    CONFLICT: _(
        "“%(value)s” is on record already for this subject, with other content (record %(record)s). Correct that "
        "record, or correct the number here."
    ),
    CONFLICT_IN_FILE: _(
        "“%(value)s” stands already in row %(row)s for the same subject, with other content. Keep the right one "
        "of both."
    ),
    PERSON_NAME_DIFFERS: _(
        "The number is on record under another name. Compare name and number with the document and correct the one "
        "that is wrong."
    ),
    PERSON_KEY_MISSING: _(
        "A confidential value is kept under the key of a person. Enter the identity number it belongs to, or leave "
        "it out."
    ),
    DISCLOSURE_REVERSED: _("The disclosure ends on %(value)s, before the decision. Correct one of the two dates."),
    SIMPLIFIED: _(
        "A penalty by simplified procedure on a natural person is not reported (Henan regulation, article 13). Leave "
        "the row out."
    ),
}
PROPOSALS: Final = _("Did you mean %(proposals)s?")


def message(code: str, params: Mapping[str, Any]) -> str:
    """What is wrong and how to mend it, in the active language. A code that is no longer known is shown as it is."""
    if code in MESSAGES:
        return str(MESSAGES[code]) % {name: str(value) for name, value in params.items()}
    try:
        parts = [*errors.text_of(code, params)]
    except KeyError:
        return code
    if params.get("proposals"):
        parts.append(str(PROPOSALS) % {"proposals": "、".join(params["proposals"])})
    # Chinese sentences follow each other without a blank.
    between = "" if (get_language() or "").startswith("zh") else " "
    return between.join(part for part in parts if part)


KINDS: Final[dict[str, str | Promise]] = {
    AUTHORITY_FOREIGN: _("authority outside the department"),
    NAME_DIFFERS: _("name and code do not agree"),
    NAME_DIFFERS_IN_FILE: _("one code under two names"),
    CODES_DIFFER: _("codes of different subjects"),
    SUBJECT_UNDECIDED: _("no code that leads to a subject"),
    SUBJECT_KIND: _("kind of subject not in this item"),
    CONFLICT: _("on record with other content"),
    CONFLICT_IN_FILE: _("twice in the file with different content"),
    PERSON_NAME_DIFFERS: _("name and identity number do not agree"),
    PERSON_KEY_MISSING: _("identity number missing"),
    DISCLOSURE_REVERSED: _("disclosure ends before the decision"),
    SIMPLIFIED: _("simplified procedure"),
    errors.REQUIRED: _("missing"),
    errors.REQUIRED_IF: _("missing for this kind"),
    errors.TOO_LONG: _("too long"),
    errors.CONTROL_CHARACTER: _("invisible character"),
    errors.DATE_INVALID: _("not a date"),
    errors.DATE_IMPOSSIBLE: _("no day of the calendar"),
    errors.DATE_TOO_EARLY: _("date too early"),
    errors.DATE_TOO_LATE: _("date too late"),
    errors.DATE_IN_FUTURE: _("date in the future"),
    errors.DATES_REVERSED: _("end before beginning"),
    errors.AMOUNT_INVALID: _("not an amount"),
    errors.AMOUNT_NEGATIVE: _("negative amount"),
    errors.AMOUNT_DECIMALS: _("too many decimals"),
    errors.AMOUNT_TOO_LARGE: _("amount too large"),
    errors.CHOICE_UNKNOWN: _("not a lawful value"),
    errors.BOOLEAN_INVALID: _("neither yes nor no"),
    errors.PLACEHOLDER_CATEGORY: _("placeholder code not allowed"),
}
_CODE: Final = _("damaged code")
_CODES: Final = _("code: %(damage)s")
_DAMAGES: Final[dict[str, str | Promise]] = {
    checks.CHECKSUM: _("check character does not fit"),
    checks.LENGTH: _("wrong length"),
    checks.CHARSET: _("characters not in codes"),
    checks.SCIENTIFIC: _("turned into a number"),
    checks.AUTHORITY_KIND: _("unknown registering authority"),
    checks.ZEROS: _("only zeros"),
    checks.BIRTH_DATE: _("birth date does not exist"),
    checks.BIRTH_FUTURE: _("birth date in the future"),
    checks.FORMAT: _("does not fit the kind of document"),
    checks.EMPTY: _("missing"),
}


def kind_of_error(code: str) -> str:
    """A few words for a kind of error, for summaries."""
    if code in KINDS:
        return str(KINDS[code])
    if not code.startswith(errors.CODE_PREFIX):
        return code
    damage = _DAMAGES.get(code.removeprefix(errors.CODE_PREFIX))
    return str(_CODES) % {"damage": damage} if damage else str(_CODE)
