"""What people do to subjects. Each action is one transaction and locks what it changes.

Who may do it is asked by the caller, except where an action names its permission: a clerk who may enter a record may
enter its subject too.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from apps.audit.context import acting, current
from apps.core.identifiers import CHECKS, check_uscc, clean_code, organisation_code_of
from apps.core.identifiers.checks import EMPTY, PLACEHOLDER
from apps.core.identifiers.messages import message_for
from apps.core.terms import SubjectKind
from apps.core.text import match_form, normalise_text

from . import rules
from .matching import match
from .merging import hold, merge_subjects, reverse_merge
from .models import Identifier, Region, Subject, SubjectName
from .people import register_person, register_persons, rename_person

__all__ = [
    "add_identifier",
    "hold",
    "merge_subjects",
    "override_code",
    "register_person",
    "register_persons",
    "register_subject",
    "remove_identifier",
    "rename",
    "rename_person",
    "reverse_merge",
    "set_code",
]


@transaction.atomic
def register_subject(
    *,
    user: Any,
    kind: str,
    name: str,
    uscc: str = "",
    override_reason: str = "",
    old_codes: Mapping[str, str] | None = None,
    source: str = "",
    **fields: Any,
) -> Subject:
    """Enter an organisation or individual business; ``old_codes``: Identifier.Scheme -> value.

    The organisation code inside the unified code becomes an identifier of its own; the region follows from the code
    unless given. A code that fails its check digit needs ``override_reason``. When somebody else enters the same
    subject at the same moment, that one is returned.

    Raises ValidationError by field: damaged codes; no code at all; the code is on record, under this or another name.
    """
    old_codes = {scheme: clean_code(value).text for scheme, value in (old_codes or {}).items() if value}
    typed = rules.Typed(name=name, uscc=uscc, old_codes=old_codes, kind=kind)
    wrong: dict[str, str] = {}
    if kind not in (SubjectKind.LEGAL_ENTITY, SubjectKind.INDIVIDUAL_BUSINESS):
        raise ValueError(f"{kind!r} is entered by register_person")
    name = normalise_text(name)
    if not name:
        wrong["name"] = _("Please give the name.")
    if len(name) > 200:
        wrong["name"] = _("The name has %(length)s characters; at most 200 are possible.") % {"length": len(name)}
    if text := _code_error(uscc, override_reason):
        wrong["uscc"] = text
    elif not typed.unified and not old_codes:
        wrong["uscc"] = _("Please give the unified social credit code, or an old code.")
    for scheme, error in rules.damaged_old_codes(old_codes).items():
        wrong[scheme] = message_for(CHECKS[scheme](old_codes[scheme]))
        assert error
    if wrong:
        raise ValidationError(wrong)
    with acting(user_id=user.pk if user else None, reason=override_reason.strip() or current().reason):
        try:
            with transaction.atomic():
                return _insert(typed, name, override_reason.strip(), source, fields)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            found = match(typed)
            if found.outcome == rules.Outcome.MATCHED and found.subject is not None:
                return found.subject
            raise ValidationError({"uscc": _("One of the codes is on record already, under another name.")}) from error


def _insert(typed: rules.Typed, name: str, override_reason: str, source: str, fields: dict[str, Any]) -> Subject:
    subject = Subject(
        kind=typed.kind,
        name=name,
        match_name=match_form(name),
        uscc=typed.unified or None,
        override_reason=override_reason if typed.unified_error else "",
        **fields,
    )
    if subject.region_id is None and typed.unified:
        subject.region = Region.objects.filter(code__in=rules.region_codes(typed.unified)).first()
    subject.save(force_insert=True)
    for scheme, value in typed.given:
        Identifier.objects.create(subject=subject, scheme=scheme, value=value, source=source)
    # Two unified codes with one organisation code exist (a change of authority); the older subject keeps it.
    Identifier.objects.bulk_create(
        [Identifier(subject=subject, scheme=scheme, value=value) for scheme, value in typed.implied - typed.given],
        ignore_conflicts=True,
    )
    return subject


def _code_error(uscc: str, override_reason: str) -> str:
    check = check_uscc(uscc)
    if check.ok or check.error in (EMPTY, PLACEHOLDER) or (check.overridable and override_reason.strip()):
        return ""
    return message_for(check)


def _lock(subject: Subject) -> Subject:
    locked: Subject = Subject.objects.select_for_update(of=("self",)).get(pk=subject.pk)
    if locked.merged_into_id is not None:
        raise ValidationError(_("This subject was merged into another one; change that one."))
    return locked


@transaction.atomic
def rename(
    *,
    user: Any,
    subject: Subject,
    name: str,
    on: datetime.date | None = None,
    reason: str = "",
    keep_former: bool = True,
) -> Subject:
    """Give an organisation another name from the day ``on`` (default today); the former one stays findable.

    ``keep_former`` False corrects a typing error: the wrong name was never borne. Raises ValidationError.
    """
    name = normalise_text(name)
    if not name:
        raise ValidationError({"name": _("Please give the name.")})
    locked = _lock(subject)
    if locked.kind == SubjectKind.NATURAL_PERSON:
        return rename_person(subject=locked, name=name)
    form = match_form(name)
    with acting(user_id=user.pk if user else None, reason=reason):
        if form != locked.match_name and keep_former:
            day = on or timezone.localdate()
            SubjectName.objects.create(
                subject=locked, name=locked.name, match_name=locked.match_name, since=_borne_since(locked), until=day
            )
        locked.name, locked.match_name = name, form
        locked.save(update_fields=["name", "match_name"])
    return locked


def _borne_since(subject: Subject) -> datetime.date | None:
    """A name begins when the one before it ended, the first at registration."""
    last = subject.names.exclude(until=None).order_by("-until").values_list("until", flat=True).first()
    return last or subject.registered_on


@transaction.atomic
def set_code(*, user: Any, subject: Subject, uscc: str, reason: str = "") -> Subject:
    """Give a subject its unified code, or another one; the former code stays an identifier. Raises ValidationError."""
    return _set_code(user, subject, uscc, reason, override_reason="")


@transaction.atomic
def override_code(*, user: Any, subject: Subject, uscc: str, reason: str) -> Subject:
    """Accept a unified code that fails its check digit, because it was issued so; the reason stays on record.

    Raises ValidationError without a reason, and for a code that cannot have been issued at all (length, characters).
    """
    if not reason.strip():
        raise ValidationError({"override_reason": _("Please give a reason.")})
    return _set_code(user, subject, uscc, reason, override_reason=reason.strip())


def _set_code(user: Any, subject: Subject, uscc: str, reason: str, override_reason: str) -> Subject:
    locked, check = _lock(subject), check_uscc(uscc)
    if not check.ok and not (check.overridable and override_reason):
        raise ValidationError({"uscc": message_for(check)})
    if locked.kind == SubjectKind.NATURAL_PERSON:
        raise ValidationError({"uscc": _("A natural person has no unified social credit code.")})
    bearer = Subject.objects.by_code(check.value).exclude(pk=locked.pk).first()
    if bearer is not None or Subject.objects.filter(uscc=check.value).exclude(pk=locked.pk).exists():
        raise ValidationError({"uscc": _("The code belongs to “%(name)s”.") % {"name": bearer or check.value}})
    with acting(user_id=user.pk if user else None, reason=reason):
        if locked.uscc and locked.uscc != check.value:
            Identifier.objects.create(subject=locked, scheme=Identifier.Scheme.USCC, value=locked.uscc)
        locked.uscc = check.value
        locked.override_reason = "" if check.ok else override_reason
        locked.save(update_fields=["uscc", "override_reason"])
        if check.ok:
            code = organisation_code_of(check.value)
            Identifier.objects.bulk_create(
                [Identifier(subject=locked, scheme=Identifier.Scheme.ORGANISATION, value=code)], ignore_conflicts=True
            )
    return locked


@transaction.atomic
def add_identifier(*, user: Any, subject: Subject, scheme: str, value: str, source: str = "") -> Identifier:
    """Note an old code of an organisation. One that the subject bears already is returned as it is.

    Raises ValidationError for a code that fails its check or belongs to another subject, which it names.
    """
    locked, value = _lock(subject), clean_code(value).text
    if locked.kind == SubjectKind.NATURAL_PERSON:
        raise ValidationError(_("Old codes are those of organisations."))
    if scheme not in Identifier.Scheme.values:
        raise ValidationError({"scheme": _("“%(value)s” is no scheme of codes.") % {"value": scheme}})
    if not value:
        raise ValidationError({"value": _("The code is missing.")})
    if scheme in CHECKS and not (check := CHECKS[scheme](value)).ok and not check.overridable:
        raise ValidationError({"value": message_for(check)})
    if scheme == Identifier.Scheme.USCC and (
        bearer := Subject.objects.filter(uscc=value).exclude(merged_into=locked).exclude(pk=locked.pk).first()
    ):
        raise ValidationError({"value": _("The code belongs to “%(name)s”.") % {"name": bearer}})
    with acting(user_id=user.pk if user else None):
        identifier, _made = Identifier.objects.select_related("subject").get_or_create(
            scheme=scheme, value=value, defaults={"subject": locked, "source": source}
        )
    if identifier.subject_id != locked.pk:
        raise ValidationError({"value": _("The code belongs to “%(name)s”.") % {"name": identifier.subject}})
    return identifier


@transaction.atomic
def remove_identifier(*, user: Any, identifier: Identifier, reason: str) -> None:
    """Take a wrong old code away. Raises ValidationError without a reason."""
    if not reason.strip():
        raise ValidationError({"reason": _("Please give a reason.")})
    _lock(identifier.subject)
    with acting(user_id=user.pk if user else None, reason=reason):
        identifier.delete()
