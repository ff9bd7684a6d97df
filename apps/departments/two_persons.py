"""What takes two persons: one administrator proposes, another one confirms, and only then it happens.

The database checks both persons again and refuses what did not come this way (migration ``two_persons``). Taking
away needs one person only: ``remove_role``, and the deletion of a grant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.audit.context import acting

from .actions import Action, StateConflict
from .models import (
    Department,
    DepartmentGroupObjectPermission,
    DepartmentUserObjectPermission,
    Membership,
    TwoPersonChange,
    User,
)
from .roles import check_grant_to_group, check_grant_to_person, check_role, give_role, holds
from .terms import NAMED, PROPOSERS, Act, Role

State = TwoPersonChange.State


# What each act demands of the one it concerns, and what it does


def _check_role(change: Any) -> None:
    role = change.group.role
    check_role(target=change.person, role=Role(role.role), department=role.department)
    if Membership.objects.filter(user=change.person, group=change.group).exists():
        raise ValidationError(_("%(person)s holds this role already.") % {"person": change.person})
    if not change.person.is_active:
        raise ValidationError(_("The account of %(person)s is not active.") % {"person": change.person})
    own = TwoPersonChange.objects.filter(act=Act.GROUP_GRANT, state=State.CONFIRMED, group=change.group)
    for grant in own:
        given = change.person.pk in {grant.proposed_by_id, grant.decided_by_id}
        if given and _TO_GROUP.exists(grant):
            raise ValidationError(
                _("%(person)s gave or confirmed a grant of this group (%(grant)s), and nobody uses such a grant.")
                % {"person": change.person, "grant": grant.what}
            )


def _do_role(change: Any) -> None:
    role = change.group.role
    give_role(target=change.person, role=Role(role.role), department=role.department)


@dataclass(frozen=True)
class _Grants:
    """Grants of one kind on departments. ``holder``: the field of the change that names who gets it, ``field`` that of
    the grant; ``check_holder`` raises ValidationError for whoever may have none."""

    model: Any
    holder: str
    field: str
    check_holder: Callable[[Any], None]

    def exists(self, change: Any) -> bool:
        """Whether the grant that the change is about has been given."""
        return self.model.objects.filter(**self._values(change)).exists()

    def check(self, change: Any) -> None:
        self.check_holder(getattr(change, self.holder))
        if self.exists(change):
            raise ValidationError(_("This grant exists already."))

    def give(self, change: Any) -> None:
        self.model.objects.create(**self._values(change))

    def _values(self, change: Any) -> dict[str, Any]:
        holder = getattr(change, self.holder)
        return {self.field: holder, "permission": change.permission, "content_object": change.department}


_TO_PERSON = _Grants(DepartmentUserObjectPermission, "person", "user", check_grant_to_person)
_TO_GROUP = _Grants(DepartmentGroupObjectPermission, "group", "group", check_grant_to_group)


def _locked_department(change: Any) -> Department:
    return Department.objects.select_for_update(no_key=True).get(pk=change.department_id)


def _check_move(change: Any) -> None:
    if change.department.parent_id == change.parent.pk:
        raise ValidationError(_("%(department)s stands there already.") % {"department": change.department})
    if change.parent.is_within(change.department):
        raise ValidationError(_("A department cannot stand below itself."))


def _do_move(change: Any) -> None:
    department = _locked_department(change)
    department.parent = change.parent
    department.save()


def _check_end_four_eyes(change: Any) -> None:
    if not change.department.four_eyes:
        raise ValidationError(_("%(department)s has no four eyes.") % {"department": change.department})


def _do_end_four_eyes(change: Any) -> None:
    department = _locked_department(change)
    department.four_eyes = False
    department.save(update_fields=["four_eyes"])


@dataclass(frozen=True)
class Work:
    """``check`` raises ValidationError; ``do`` works in the name of the one who confirms, or of the platform where
    the pages of that person do not reach (``as_platform``)."""

    check: Callable[[Any], None]
    do: Callable[[Any], None]
    as_platform: bool = False


WORK = {
    Act.ROLE: Work(_check_role, _do_role),
    Act.PERSON_GRANT: Work(_TO_PERSON.check, _TO_PERSON.give),
    Act.GROUP_GRANT: Work(_TO_GROUP.check, _TO_GROUP.give),
    Act.MOVE: Work(_check_move, _do_move, as_platform=True),
    Act.END_FOUR_EYES: Work(_check_end_four_eyes, _do_end_four_eyes, as_platform=True),
}
"""What each act does; an app above adds its own when it is ready."""


# Proposing


def check_new(change: TwoPersonChange) -> None:
    """Whether the change could be made as things stand, and nobody has proposed it yet. Raises ValidationError."""
    WORK[Act(change.act)].check(change)
    named = {name: getattr(change, name) for name in NAMED[Act(change.act)]}
    same = TwoPersonChange.objects.filter(
        act=change.act, state=State.WAITING, expires_at__gt=timezone.now(), **named
    ).select_related("proposed_by")
    for waiting in same:
        raise ValidationError(
            _("%(person)s has proposed this already; it waits for a second person.") % {"person": waiting.proposed_by}
        )


def may_propose(user: Any, act: Act) -> bool:
    """Whether ``user`` holds the role that proposes such a change."""
    return holds(user, PROPOSERS[act])


def propose(*, user: Any, act: Act, reason: str, **concerned: Any) -> TwoPersonChange:
    """Propose a change; ``concerned`` names what ``terms.NAMED`` asks for. It has no effect until it is confirmed.

    Raises PermissionDenied (no right, or for oneself) and ValidationError (no reason, not possible, proposed already).
    """
    if not may_propose(user, act):
        raise PermissionDenied(_("Only a %(role)s proposes this.") % {"role": PROPOSERS[act].label})
    if concerned.get("person") == user:
        raise PermissionDenied(_("Nobody gives or takes their own roles."))
    if not reason.strip():
        raise ValidationError({"reason": _("Please give a reason.")})
    change = TwoPersonChange(
        act=act,
        proposed_by=user,
        reason=reason.strip(),
        expires_at=timezone.now() + timedelta(days=settings.TWO_PERSON_DAYS),
        **concerned,
    )
    with transaction.atomic(), acting(user_id=user.pk, reason=change.reason):
        check_new(change)
        change.save()
        # When it was proposed is written by the database.
        change.refresh_from_db()
    return change


@dataclass(frozen=True)
class Proposing(Action[Any]):
    """A button of a department that proposes a change of it; ``act`` is what it proposes."""

    act: Act = Act.MOVE

    def why_not(self, user: Any, obj: Any) -> str | Promise:
        if not may_propose(user, self.act):
            return _("Only a %(role)s proposes this.") % {"role": PROPOSERS[self.act].label}
        return self.applies(user, obj)

    def __call__(self, *, user: Any, obj: Any, reason: str = "", seen: int | None = None, **inputs: Any) -> Any:
        """The proposal. Raises as ``propose`` does."""
        return self.perform(user=user, act=self.act, reason=reason, department=obj, **inputs)


def _parent_field() -> forms.Field:
    return forms.ModelChoiceField(Department.objects.order_by("path"), label=gettext_lazy("new parent"))


PROPOSE_MOVE = Proposing(
    name="propose-move",
    label=gettext_lazy("Propose to move"),
    permission="",
    perform=propose,
    asks_reason=True,
    inputs={"parent": _parent_field},
    description=gettext_lazy("Whoever holds a grant above the new place will see the rows; a second person confirms."),
    icon="account_tree",
    act=Act.MOVE,
)
PROPOSE_END_FOUR_EYES = Proposing(
    name="propose-end-four-eyes",
    label=gettext_lazy("Propose to end four eyes"),
    permission="",
    perform=propose,
    applies=lambda user, obj: "" if obj.four_eyes else _("%(department)s has no four eyes.") % {"department": obj},
    asks_reason=True,
    description=gettext_lazy("Who enters a record may then publish it too; a second person confirms."),
    icon="visibility_off",
    act=Act.END_FOUR_EYES,
)


# Deciding


class Decision(Action[TwoPersonChange]):
    """What the second person, or the proposer, does with a change that waits. ``applies`` alone says who may:
    administrators hold no department permission."""

    def why_not(self, user: Any, obj: Any) -> str | Promise:
        return self.applies(user, obj)

    def __call__(self, *, user: Any, obj: Any, reason: str = "", seen: int | None = None, **inputs: Any) -> Any:
        """Decide, in one transaction, on the locked row.

        Raises StateConflict (with a text for the user) or ValidationError (reason missing, or the change is no longer
        possible).
        """
        reason = reason.strip()
        if self.asks_reason and not reason:
            raise ValidationError({"reason": _("Please give a reason.")})
        with transaction.atomic(), acting(user_id=user.pk, reason=reason or obj.reason):
            change = TwoPersonChange.objects.select_for_update(of=("self",)).get(pk=obj.pk)
            # Whoever takes this person's role at the same moment is waited for, or waits.
            list(Membership.objects.select_for_update(of=("self",)).filter(user=user))
            if why_not := self.why_not(user, change):
                raise StateConflict(why_not)
            self.perform(user=user, obj=change, reason=reason)
            # When it was decided is written by the database.
            change.refresh_from_db()
        return change


def _decided(change: Any) -> str | Promise:
    if change.state == State.WAITING:
        return ""
    return _("%(person)s has decided this already: %(state)s.") % {
        "person": change.decided_by,
        "state": change.get_state_display(),
    }


def _why_no_second_person(user: Any, change: Any) -> str | Promise:
    if not holds(user, Role.SECURITY_ADMINISTRATOR):
        return _("A security administrator decides this.")
    if change.proposed_by_id == user.pk:
        return _("You proposed this: a second person decides.")
    if change.person_id == user.pk:
        return _("This concerns you: somebody else decides.")
    return _decided(change)


def _why_not_confirm(user: Any, change: Any) -> str | Promise:
    if why_not := _why_no_second_person(user, change):
        return why_not
    if change.lapsed:
        return _("It waited too long and lapsed: let it be proposed anew.")
    if not may_propose(change.proposed_by, Act(change.act)):
        return _("%(person)s, who proposed it, no longer has the role to do so: let it be proposed anew.") % {
            "person": change.proposed_by
        }
    return ""


def _why_not_take_back(user: Any, change: Any) -> str | Promise:
    if change.proposed_by_id != user.pk:
        return _("Only who proposed it takes it back.")
    return _decided(change)


def _decide(change: Any, state: str, user: Any, reason: str) -> TwoPersonChange:
    change.state, change.decided_by, change.answer = state, user, reason
    change.save(update_fields=["state", "decided_by", "answer"])
    return change


def _confirm(*, user: Any, obj: Any, reason: str) -> TwoPersonChange:
    if obj.person_id:
        # What else is given to this person at the same moment waits.
        obj.person = User.objects.select_for_update().get(pk=obj.person_id)
    work = WORK[Act(obj.act)]
    work.check(obj)
    _decide(obj, State.CONFIRMED, user, reason)
    with acting(user_id=None if work.as_platform else user.pk):
        work.do(obj)
    return obj


def _refuse(*, user: Any, obj: Any, reason: str) -> TwoPersonChange:
    return _decide(obj, State.REFUSED, user, reason)


def _take_back(*, user: Any, obj: Any, reason: str) -> TwoPersonChange:
    return _decide(obj, State.TAKEN_BACK, user, reason)


CONFIRM = Decision(
    name="confirm",
    label=gettext_lazy("Confirm"),
    permission="",
    applies=_why_not_confirm,
    perform=_confirm,
    description=gettext_lazy("It takes effect at once; you stand behind it together with the person who proposed it."),
    icon="how_to_reg",
    variant="primary",
)
REFUSE = Decision(
    name="refuse",
    label=gettext_lazy("Refuse"),
    permission="",
    applies=_why_no_second_person,
    perform=_refuse,
    asks_reason=True,
    icon="block",
    variant="danger",
)
TAKE_BACK = Decision(
    name="take-back",
    label=pgettext_lazy("two-person change", "Take back"),
    permission="",
    applies=_why_not_take_back,
    perform=_take_back,
    asks_reason=True,
    icon="undo",
)
