"""Reading records back by the fields of their item: for the page, the form and the file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import get_language

from apps.catalogue import rules as catalogue
from apps.catalogue.shapes import FieldSpec, ItemSpec
from apps.core.masking import mask_identity, mask_name
from apps.core.terms import SubjectKind
from apps.subjects.models import Identifier, Subject
from apps.subjects.people import Person

from .content import CATEGORIES, COLUMNS, SCHEMES, is_subject
from .models import Record

MASK: Final = "******"
"""What stands for a confidential value where many are shown: nothing is decrypted for a list or a file."""


@dataclass(frozen=True)
class Line:
    """One field of a record as the page shows it."""

    code: str
    label: str
    text: str
    confidential: bool = False
    wide: bool = False


def subject_values(subject: Subject, identifiers: Mapping[str, str]) -> dict[str, Any]:
    """What the platform knows of a subject, by the role of the field that would show it.

    ``identifiers``: scheme -> value. A person's document is not among it.
    """
    known = {role: identifiers.get(scheme) for role, scheme in SCHEMES.items()}
    known["subject_uscc"] = subject.uscc or known["subject_uscc"]
    return {"subject_name": subject.name, "subject_category": CATEGORIES.get(subject.kind, "")} | known


def identifiers_of(subjects: Iterable[Subject]) -> dict[int, dict[str, str]]:
    """The codes of several subjects, one query: subject -> scheme -> value (the latest entered)."""
    keys = {subject.pk for subject in subjects}
    found: dict[int, dict[str, str]] = {key: {} for key in keys}
    rows = Identifier.objects.filter(subject__in=keys).order_by("pk").values_list("subject", "scheme", "value")
    for subject_id, scheme, value in rows:
        found[subject_id][scheme] = value
    return found


def stored_value(record: Record, spec: FieldSpec, subject: Mapping[str, Any]) -> Any:
    """The stored form of one field's value, None for none; MASK for a confidential one that is there."""
    if is_subject(spec):
        if spec.role in {"subject_document_kind", "subject_document_number"}:
            return MASK if record.subject.kind == SubjectKind.NATURAL_PERSON else None
        return subject.get(spec.role)
    if spec.role in COLUMNS:
        return getattr(record, spec.role) or None
    if spec.confidential:
        return MASK if spec.code in record.confidential else None
    return record.data.get(spec.code)


def lines(record: Record, spec: ItemSpec, secrets: Mapping[str, str], person: Person | None = None) -> list[Line]:
    """All fields of the record that hold something, in the order of the item, as the page shows them.

    ``secrets``: code -> plain text of the confidential values; they and the ``person``'s number are masked here.
    """
    known = subject_values(record.subject, identifiers_of([record.subject])[record.subject_id])
    language = get_language() or ""
    found = []
    for each in spec.fields:
        stored = stored_value(record, each, known)
        if each.code in secrets:
            text = mask(each, secrets[each.code])
        elif person and each.role == "subject_document_kind":
            text = person.document_kind
        elif person and each.role == "subject_document_number":
            text = person.masked_number
        else:
            text = stored if stored == MASK else catalogue.to_display(each, stored)
        if text:
            wide = len(text) > 40
            found.append(Line(each.code, each.label_in(language[:2]), text, each.confidential, wide))
    return found


def mask(spec: FieldSpec, text: str) -> str:
    """A confidential value, covered: enough to recognise it, not to use it."""
    return mask_identity(text) if spec.type == "code" else mask_name(text)
