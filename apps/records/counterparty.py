"""Whom a record is about: from the fields of a row, or from a person's choice, to a subject on record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.catalogue.models import InformationItem
from apps.catalogue.shapes import ItemSpec
from apps.catalogue.values import CODE_PLACEHOLDER, text_from
from apps.core.terms import SubjectKind
from apps.subjects.actions import hold, register_person, register_subject
from apps.subjects.matching import Match, match
from apps.subjects.models import Subject
from apps.subjects.people import open_person
from apps.subjects.rules import Outcome, Typed, kind_of

from .content import KINDS, SCHEMES
from .errors import Refused
from .reading import identifiers_of, subject_values


@dataclass(frozen=True)
class Choice:
    """What a person decided where code and name do not: this ``subject``; or ``register`` it as a new one.

    ``reason`` says why a code that fails its check digit is accepted for a new subject; it stays on record.
    """

    subject: Subject | None = None
    register: bool = False
    reason: str = ""


def accepted_codes(spec: ItemSpec, choice: Choice) -> frozenset[str]:
    """Fields whose failing check digit the choice accepts: that of the subject's unified code, with a reason."""
    code = spec.by_role.get("subject_uscc")
    return frozenset({code.code}) if code and choice.register and choice.reason.strip() else frozenset()


def fill_from(spec: ItemSpec, subject: Subject) -> dict[str, Any]:
    """The values of the item's subject fields that a subject on record gives, by field code."""
    if subject.kind == SubjectKind.NATURAL_PERSON:
        person = open_person(subject)
        known: dict[str, Any] = subject_values(subject, {}) | {
            "subject_name": person.name,
            "subject_document_kind": person.document_kind,
            "subject_document_number": person.number,
        }
    else:
        known = subject_values(subject, identifiers_of([subject])[subject.pk])
        if not known["subject_uscc"] and subject.kind == SubjectKind.INDIVIDUAL_BUSINESS:
            known["subject_uscc"] = CODE_PLACEHOLDER
    return {each.code: known[each.role] or "" for each in spec.fields if each.role in known}


def resolve(
    *,
    user: Any,
    spec: ItemSpec,
    item: InformationItem,
    values: Mapping[str, Any],
    raw: Mapping[str, Any],
    choice: Choice,
    errors: Mapping[str, list[str]],
) -> Subject | None:
    """The subject that is meant, entered when it is new and nothing else is wrong; None when ``errors`` say why not.

    ``values`` are the parsed values by field code, ``raw`` those as typed. Raises Refused, with the match where a
    person has to choose.
    """
    if choice.subject:
        return _suits(choice.subject.merged_into or choice.subject, spec, item)
    if _is_person(spec, item, values):
        return _person(spec, values, errors)
    typed = _typed(spec, item, values, raw)
    found = match(typed)
    if found.outcome == Outcome.MATCHED and found.subject:
        return _suits(found.subject, spec, item)
    new = found.outcome == Outcome.NEW and (choice.register or not found.proposals)
    accepted = found.outcome == Outcome.DAMAGED and choice.register and bool(choice.reason.strip())
    if not new and not accepted:
        raise _undecided(spec, found, errors)
    if errors:
        return None
    return _register(user, spec, item, typed, choice)


def _field(spec: ItemSpec, role: str) -> str:
    return spec.by_role[role].code if role in spec.by_role else ""


def _value(spec: ItemSpec, role: str, values: Mapping[str, Any]) -> Any:
    return values.get(spec.by_role[role].code) if role in spec.by_role else None


def _is_person(spec: ItemSpec, item: InformationItem, values: Mapping[str, Any]) -> bool:
    kind = KINDS.get(_value(spec, "subject_category", values) or "")
    return kind == SubjectKind.NATURAL_PERSON or item.subject_kinds == [SubjectKind.NATURAL_PERSON]


def _person(spec: ItemSpec, values: Mapping[str, Any], errors: Mapping[str, list[str]]) -> Subject | None:
    roles = {"name": "subject_name", "document_kind": "subject_document_kind", "number": "subject_document_number"}
    given = {name: _value(spec, role, values) or "" for name, role in roles.items()}
    if errors or not all(given.values()):
        missing = {_field(spec, roles[name]): [_("Please fill this in.")] for name, value in given.items() if not value}
        if missing and not errors:
            raise Refused(missing)
        return None
    try:
        found = register_person(**given)
    except ValidationError as error:
        raise Refused({_field(spec, roles[name]): texts for name, texts in error.message_dict.items()}) from error
    if not found.name_agrees:
        raise Refused(
            {
                _field(spec, "subject_name"): [
                    _("The number is on record under another name. Compare name and number with the document.")
                ]
            }
        )
    return Subject.objects.get(pk=found.subject_id)


def _typed(spec: ItemSpec, item: InformationItem, values: Mapping[str, Any], raw: Mapping[str, Any]) -> Typed:
    def given(role: str) -> str:
        code = _field(spec, role)
        # A code that could not be read is what the proposals are made from.
        return text_from(values.get(code) or raw.get(code)) if code else ""

    uscc = given("subject_uscc")
    kinds = [kind for kind in item.subject_kinds if kind != SubjectKind.NATURAL_PERSON]
    kind = KINDS.get(_value(spec, "subject_category", values) or "") or (kinds[0] if len(kinds) == 1 else kind_of(uscc))
    old_codes = {scheme: given(role) for role, scheme in SCHEMES.items() if role != "subject_uscc" and given(role)}
    return Typed(name=given("subject_name"), uscc=uscc, old_codes=old_codes, kind=kind)


def _undecided(spec: ItemSpec, found: Match, errors: Mapping[str, list[str]]) -> Refused:
    about_name = found.outcome in {Outcome.NAME_DIFFERS, Outcome.NEW}
    code = _field(spec, "subject_name" if about_name else "subject_uscc")
    text = (
        _("Another subject of this name has another code. Choose it, or confirm that this is a new one.")
        if found.outcome == Outcome.NEW
        else found.text
    )
    return Refused({code: [*errors.get(code, []), text]}, found)


def held(subject: Subject, spec: ItemSpec, item: InformationItem) -> Subject:
    """The subject, or the one it was merged into meanwhile, safe from a merge until the transaction ends. Raises
    Refused."""
    try:
        return _suits(hold(subject), spec, item)
    except Subject.DoesNotExist:
        text = _("This subject was removed a moment ago. Look it up once more.")
        raise Refused({_field(spec, "subject_name"): [text]}) from None


def _suits(subject: Subject, spec: ItemSpec, item: InformationItem) -> Subject:
    if item.subject_kinds and subject.kind not in item.subject_kinds:
        raise Refused(
            {
                _field(spec, "subject_name"): [
                    _("“%(name)s” is a subject of another kind (%(kind)s); “%(item)s” is not about it.")
                    % {"name": subject, "kind": subject.get_kind_display(), "item": item}
                ]
            }
        )
    return subject


def _register(user: Any, spec: ItemSpec, item: InformationItem, typed: Typed, choice: Choice) -> Subject:
    roles = {"name": "subject_name", "uscc": "subject_uscc"} | {scheme: role for role, scheme in SCHEMES.items()}
    try:
        subject = register_subject(
            user=user,
            kind=typed.kind,
            name=typed.name,
            uscc=typed.uscc,
            override_reason=choice.reason,
            old_codes=typed.old_codes,
        )
    except ValidationError as error:
        raise Refused(
            {_field(spec, roles.get(name, "")): texts for name, texts in error.message_dict.items()}
        ) from error
    return _suits(subject, spec, item)
