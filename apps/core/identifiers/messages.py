"""Words for the answers of the checks: what is wrong and how to mend it."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .checks import IdentifierCheck
from .repairs import Proposal

_SCIENTIFIC = _(
    "The spreadsheet turned the code into a number (%(value)s) and its last digits are lost. "
    "Format the column as text and enter the code again."
)
_EMPTY = _("The code is missing.")

MESSAGES: Final[dict[str, str | Promise]] = {
    "uscc.empty": _("The unified social credit code is missing."),
    "uscc.scientific": _SCIENTIFIC,
    "uscc.length": _("“%(value)s” has %(length)s characters; a unified social credit code has 18."),
    "uscc.charset": _(
        "“%(value)s” has characters that a unified social credit code cannot have: digits and capitals without "
        "I, O, S, V, Z; digits only in positions 3 to 8."
    ),
    "uscc.zeros": _("“%(value)s” is only zeros. Enter the code of the licence, or leave the cell empty."),
    "uscc.authority_kind": _(
        "“%(value)s” begins with %(start)s, which no registering authority uses. Compare it with the certificate."
    ),
    "uscc.checksum": _(
        "The check character of “%(value)s” does not fit: at least one character is wrong. Compare it with the "
        "certificate; a code that was issued so may be accepted with a reason."
    ),
    "uscc.placeholder": _(
        "17 zeros and X stand for an individual business without a code. Enter its registration number too."
    ),
    "organisation_code.empty": _EMPTY,
    "organisation_code.scientific": _SCIENTIFIC,
    "organisation_code.length": _("“%(value)s” has %(length)s characters; an organisation code has 9."),
    "organisation_code.charset": _("“%(value)s” has characters other than digits and capital letters."),
    "organisation_code.zeros": _("“%(value)s” is only zeros. Enter the real code, or leave the cell empty."),
    "organisation_code.checksum": _(
        "The check character of the organisation code “%(value)s” does not fit. Compare it with the certificate."
    ),
    "registration_number.empty": _EMPTY,
    "registration_number.scientific": _SCIENTIFIC,
    "registration_number.length": _("“%(value)s” has %(length)s characters; a registration number has 15 digits."),
    "registration_number.charset": _("“%(value)s” has characters other than digits."),
    "registration_number.zeros": _("“%(value)s” is only zeros. Enter the real number, or leave the cell empty."),
    "registration_number.checksum": _(
        "The last digit of the registration number “%(value)s” does not fit. Compare it with the licence."
    ),
    "tax_number.empty": _EMPTY,
    "tax_number.scientific": _SCIENTIFIC,
    "tax_number.length": _(
        "“%(value)s” has %(length)s characters; a tax registration number has 15, or is the unified code of 18."
    ),
    "tax_number.charset": _("“%(value)s” has characters that a tax registration number cannot have."),
    "tax_number.zeros": _("“%(value)s” holds an organisation code of zeros. Enter the real number or leave it empty."),
    "tax_number.authority_kind": _(
        "“%(value)s” begins with %(start)s, which no registering authority uses. Compare it with the certificate."
    ),
    "tax_number.checksum": _(
        "The check character of the tax registration number “%(value)s” does not fit. Compare it with the certificate."
    ),
    "tax_number.placeholder": _("17 zeros and X are no tax registration number. Leave the cell empty."),
    # Numbers of persons are never repeated in a message: messages reach logs and files.
    "resident_identity.empty": _("The identity number is missing."),
    "resident_identity.scientific": _(
        "The spreadsheet turned the identity number into a number and its last digits are lost. "
        "Format the column as text and enter it again."
    ),
    "resident_identity.length": _("The identity number has %(length)s characters; it has 18."),
    "resident_identity.charset": _("An identity number has 17 digits and a digit or X."),
    "resident_identity.birth_date": _("The birth date in the identity number (positions 7 to 14) does not exist."),
    "resident_identity.birth_future": _("The birth date in the identity number (positions 7 to 14) is in the future."),
    "resident_identity.checksum": _(
        "The last character of the identity number does not fit: at least one character is wrong. Compare it with "
        "the document."
    ),
}
_CERTIFICATE: Final[dict[str, str | Promise]] = {
    "empty": _("The number of the document is missing."),
    "scientific": _(
        "The spreadsheet turned the document number into a number and its last digits are lost. "
        "Format the column as text and enter it again."
    ),
    "format": _("The number does not look like one of this kind of document. Compare number and kind."),
}
_CLEANED_REASON = _("Spaces, brackets or copy marks around the code removed")
REASONS: Final[dict[str, str | Promise]] = {
    "cleaned": _CLEANED_REASON,
    "look_alike": _("Look-alike character from position %(position)s exchanged"),
    "doubled": _("Extra character at position %(position)s removed"),
    "dropped": _("Missing character at position %(position)s added"),
    "transposed": _("Characters at positions %(position)s and %(next)s exchanged"),
    "substituted": _("Character at position %(position)s replaced"),
}


def message_for(check: IdentifierCheck) -> str:
    """What is wrong and how to mend it, in the active language; "" for a valid identifier."""
    if check.ok:
        return ""
    template = MESSAGES.get(check.message_key) or _CERTIFICATE[check.error]
    return str(template) % {"value": check.value, "length": len(check.value), "start": check.value[:2]}


def reason_for(proposal: Proposal) -> str:
    """Why a code is proposed, in the active language."""
    return str(REASONS[proposal.reason]) % {"position": proposal.position, "next": proposal.position + 1}
