"""What people do to items: put them in force, retire them.

Items belong to no department, so the right is a model permission. Each call is one transaction on the locked row, with
permission and state checked inside.
"""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.audit.context import acting
from apps.core.dated_rules import NoRule, rule_at

from .models import InformationItem, ItemField

State = InformationItem.State
NEEDED_ROLES = (ItemField.Role.SUBJECT_NAME, ItemField.Role.DOCUMENT_NUMBER, ItemField.Role.DECIDED_ON)
"""Without these a record cannot be told from another, nor dated."""
UNTIL_REMOVED = frozenset({InformationItem.Kind.ABNORMAL, InformationItem.Kind.SERIOUS_LIST})
"""Lists: shown until the subject is removed, whatever the term (HN19)."""


def activate(*, user: Any, item: InformationItem, reason: str = "") -> InformationItem:
    """Put an item in force; from then on departments may report it.

    Raises PermissionDenied, or ValidationError with every ground at once: no legal basis, no fields, no document
    number or decision date among them, disclosed longer than the law allows.
    """
    _allow(user, "catalogue.activate_informationitem")
    with transaction.atomic(), acting(user_id=user.pk, reason=reason.strip()):
        locked = _locked(item)
        if locked.state == State.ACTIVE:
            raise ValidationError(_("“%(item)s” is in force already.") % {"item": locked}, code="state")
        if problems := obstacles(locked):
            raise ValidationError([str(problem) for problem in problems])
        locked.state = State.ACTIVE
        locked.save(update_fields=["state"])
    return locked


def retire(*, user: Any, item: InformationItem, reason: str) -> InformationItem:
    """Take an item out of force: nothing new is reported under it, what was reported stays. Needs a reason.

    Raises PermissionDenied or ValidationError (no reason, not in force).
    """
    _allow(user, "catalogue.retire_informationitem")
    if not reason.strip():
        raise ValidationError({"reason": _("Please give a reason.")})
    with transaction.atomic(), acting(user_id=user.pk, reason=reason.strip()):
        locked = _locked(item)
        if locked.state != State.ACTIVE:
            raise ValidationError(_("“%(item)s” is not in force.") % {"item": locked}, code="state")
        locked.state = State.RETIRED
        locked.save(update_fields=["state"])
    return locked


def obstacles(item: InformationItem) -> list[str | Promise]:
    """Why an item cannot be put in force, each ground once, with the mend; empty when nothing hinders."""
    found: list[str | Promise] = []
    if item.basis_id is None:
        found.append(_("The item has no legal basis. Choose the document it rests on."))
    if not item.subject_kinds:
        found.append(_("The item names no kind of subject. Choose at least one."))
    roles = {field.role: field for field in item.fields.all()}
    for role in NEEDED_ROLES:
        if role not in roles or not roles[role].required:
            found.append(_("A required field with the role “%(role)s” is missing. Add it.") % {"role": role.label})
    if not roles.keys() & {ItemField.Role.SUBJECT_USCC, ItemField.Role.SUBJECT_DOCUMENT_NUMBER}:
        found.append(_("No field holds the subject's code. Add one with the role of its code or identity document."))
    return found + retention_problems(item)


def retention_problems(item: InformationItem) -> list[str | Promise]:
    """Dishonesty information is shown no longer than ``disclosure.max`` says (HN19); lists run until removal."""
    if item.nature != InformationItem.Nature.NEGATIVE:
        return []
    try:
        longest = rule_at("disclosure.max", timezone.localdate()).value
    except NoRule:
        return []
    if item.retention_months is None:
        if item.kind in UNTIL_REMOVED:
            return []
        return [_("Negative information needs a term of disclosure: at most %(limit)s months.") % {"limit": longest}]
    if item.retention_months > longest:
        return [_("Negative information is disclosed for at most %(limit)s months.") % {"limit": longest}]
    return []


def _allow(user: Any, permission: str) -> None:
    if not user.has_perm(permission):
        raise PermissionDenied


def _locked(item: InformationItem) -> InformationItem:
    return InformationItem.objects.select_for_update().get(pk=item.pk)
