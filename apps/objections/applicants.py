"""Who applies: checked against the document, kept sealed under the key of that person."""

from dataclasses import dataclass, fields, replace
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core import crypto
from apps.core.identifiers import clean_code
from apps.core.identifiers.messages import message_for
from apps.core.masking import mask_identity, mask_name, mask_phone
from apps.core.terms import SubjectKind
from apps.core.text import normalise_text
from apps.records.sealing import open_values, person_key, seal
from apps.subjects.documents import CHECK_KINDS, check_document
from apps.subjects.models import PersonKey, Subject

from .models import Case

LONGEST: Final = 200
_PREFIX: Final = "applicant."


@dataclass(frozen=True)
class Applicant:
    """An applicant's data in clear. Never log it, never put it into a message."""

    name: str
    document_kind: str
    number: str
    phone: str = ""
    address: str = ""

    @property
    def masked(self) -> "Applicant":
        """What may be seen by who need not reach the applicant."""
        return Applicant(mask_name(self.name), self.document_kind, mask_identity(self.number), mask_phone(self.phone))


def check_applicant(applicant: Applicant, relation: str, subject: Subject) -> Applicant:
    """The applicant as kept, when this person may apply about ``subject``.

    Raises ValidationError by field: a document that is none, a person recorded whose document is another one, somebody
    else for a person without an authority, an organisation that does not act through anybody.
    """
    clean = Applicant(**{each.name: normalise_text(getattr(applicant, each.name)) for each in fields(applicant)})
    wrong = {
        each.name: [_("At most %(most)d characters.") % {"most": LONGEST}]
        for each in fields(applicant)
        if len(getattr(clean, each.name)) > LONGEST
    }
    if not clean.name:
        wrong["name"] = [_("Please fill this in.")]
    if not clean.phone and not clean.address:
        wrong["phone"] = [_("Give a telephone number or an address at which the applicant is told.")]
    if clean.document_kind not in CHECK_KINDS:
        wrong["document_kind"] = [_("Choose the kind of document.")]
    else:
        check = check_document(clean.document_kind, clean.number)
        if check.ok:
            clean = replace(clean, number=check.value)
        else:
            wrong["number"] = [message_for(check)]
    person = subject.kind == SubjectKind.NATURAL_PERSON
    if relation == Case.Relation.SELF and not person:
        wrong["relation"] = [_("An organisation acts through its legal representative or an agent.")]
    if relation == Case.Relation.REPRESENTATIVE and person:
        wrong["relation"] = [_("For a person somebody else applies as an agent, with an authority or as guardian.")]
    if relation == Case.Relation.SELF and person and not wrong and not _is_document_of(subject, clean):
        wrong["number"] = [
            _("This is not the document of the person recorded. Anybody else applies as an agent, with an authority.")
        ]
    if wrong:
        raise ValidationError(wrong)
    return clean


def _is_document_of(subject: Subject, applicant: Applicant) -> bool:
    prints = crypto.fingerprints(CHECK_KINDS[applicant.document_kind], clean_code(applicant.number).text)
    return PersonKey.objects.filter(person__subject=subject, fingerprint__in=prints).exists()


def seal_applicant(applicant: Applicant) -> dict[str, Any]:
    """The stored form: every value sealed under the key of the person whose document it is."""
    key = person_key(applicant.document_kind, applicant.number)
    values = {each.name: getattr(applicant, each.name) for each in fields(applicant)}
    return {f"{_PREFIX}{name}": seal(f"{_PREFIX}{name}", text, *key) for name, text in values.items() if text}


def open_applicant(case: Case) -> Applicant | None:
    """The applicant in clear; None when that person was forgotten. One query."""
    opened = open_values([case.applicant])[0]
    found = {name.removeprefix(_PREFIX): text for name, text in opened.items()}
    return Applicant(**{"name": "", "document_kind": "", "number": "", **found}) if found else None
