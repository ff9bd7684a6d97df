"""What a record holds, between the item's fields and the record's own columns. Pure.

A field with a role of the record (its number, its dates, its authority) stands in a column; a field with a role of the
subject stands with the subject; a confidential field is encrypted; every other stands in ``data`` by its code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from apps.catalogue import rules as catalogue
from apps.catalogue.shapes import FieldSpec, ItemSpec
from apps.core.terms import SubjectKind

COLUMNS: Final = (
    "document_name",
    "document_number",
    "decided_on",
    "valid_from",
    "valid_to",
    "disclosed_to",
    "authority_name",
    "authority_code",
    "source_name",
    "source_code",
)
"""Roles of fields that are columns of the record, under the same names."""
DATES: Final = frozenset({"decided_on", "valid_from", "valid_to", "disclosed_to"})

CATEGORIES: Final[dict[str, str]] = {
    SubjectKind.LEGAL_ENTITY: catalogue.ORGANISATION,
    SubjectKind.INDIVIDUAL_BUSINESS: catalogue.INDIVIDUAL_BUSINESS,
    SubjectKind.NATURAL_PERSON: catalogue.NATURAL_PERSON,
}
"""Kind of subject -> 行政相对人类别 of the standard."""
KINDS: Final[dict[str, str]] = {category: kind for kind, category in CATEGORIES.items()}
SCHEMES: Final[dict[str, str]] = {
    "subject_uscc": "uscc",
    "subject_registration_number": "registration_number",
    "subject_organisation_code": "organisation_code",
    "subject_tax_number": "tax_number",
    "subject_institution_number": "institution_number",
    "subject_association_number": "association_number",
}
"""Role of a field -> scheme of the subject's identifier."""


@dataclass(frozen=True)
class Content:
    """A row's values where they belong. ``columns`` is complete; ``confidential`` is plain text, to be encrypted;
    ``subject`` is by role, only what was given."""

    columns: dict[str, Any]
    data: dict[str, Any] = field(default_factory=dict)
    confidential: dict[str, str] = field(default_factory=dict)
    subject: dict[str, Any] = field(default_factory=dict)


def is_subject(spec: FieldSpec) -> bool:
    """Whether the field tells of the subject rather than of the record."""
    return spec.role.startswith("subject_")


def split(spec: ItemSpec, values: Mapping[str, Any]) -> Content:
    """Sort parsed values (``catalogue.rules.parse_row``) by where they are kept; empty ones are not in ``data``."""
    content = Content(columns={name: None if name in DATES else "" for name in COLUMNS})
    for each in spec.fields:
        value = values.get(each.code)
        if value in (None, "", []):
            continue
        if is_subject(each):
            content.subject[each.role] = value
        elif each.role in content.columns:
            content.columns[each.role] = value
        elif each.confidential:
            content.confidential[each.code] = catalogue.to_edge(each, catalogue.to_storage(each, value))
        else:
            content.data[each.code] = catalogue.to_storage(each, value)
    return content


def document_kind_of(spec: ItemSpec, code: str, values: Mapping[str, Any]) -> str:
    """The kind of document (证件类型) that goes with the identity number in field ``code``; "" when none is named."""
    kind_field = spec.by_code[code].kind_field
    return str(values.get(kind_field) or "") if kind_field else ""
