"""What people do to a row is one object: its name, who may, from which states, what it asks for, what it does.

Admin buttons, API endpoints, the import and background jobs all call the same object. Calling it opens one
transaction, locks the row, and checks the state and the permission again inside.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .scope import acting_as, departments_of, forget_grants, may

M = TypeVar("M", bound=models.Model)


class StateConflict(Exception):
    """The row is not in a state from which the action leads on: somebody was faster, or the page was old."""


class NotVisible(Exception):
    """The row does not exist for this user; faces answer 404."""


@dataclass(frozen=True)
class Action(Generic[M]):
    """One thing a person can do to a row of a department-owned model.

    ``permission`` is a department permission (``review_records``); ``states`` are the values of ``obj.state`` it
    starts from (empty: any); ``asks_reason`` makes a reason mandatory, which goes into the history; ``inputs`` are
    form fields for what else it asks (name -> factory of a form field). ``perform(user=, obj=, **inputs)`` does the
    work on the locked row and returns it.
    ``applies`` refines: ``applies(user, obj)`` returns "" or the text why not (the author may not review).
    """

    name: str
    label: str | Promise
    permission: str
    perform: Callable[..., M]
    states: frozenset[str] = frozenset()
    asks_reason: bool = False
    description: str | Promise = ""
    icon: str = "play_arrow"
    variant: str = "default"
    bulk: bool = False
    inputs: dict[str, Callable[[], forms.Field]] = field(default_factory=dict)
    applies: Callable[[Any, Any], str | Promise] = lambda user, obj: ""
    # A template would call the object, fail, and show nothing in its place.
    do_not_call_in_templates: ClassVar[bool] = True

    def offered_to(self, user: Any) -> bool:
        """Whether ``user`` has the right in some department, so that a list offers it."""
        return bool(departments_of(user, self.permission))

    def permits(self, user: Any, obj: Any) -> bool:
        """Whether ``user`` has the right, whatever the state of ``obj``."""
        return may(user, self.permission, obj.department_id)

    def why_not(self, user: Any, obj: Any) -> str | Promise:
        """Empty when ``user`` may do this to ``obj`` as it stands, else the reason in the user's language."""
        if not self.permits(user, obj):
            return _("You have no right to do this in %(department)s.") % {"department": obj.department}
        if self.states and obj.state not in self.states:
            return _("“%(action)s” is not possible: the state is “%(state)s”.") % {
                "action": self.label,
                "state": obj.get_state_display(),
            }
        return self.applies(user, obj)

    def allowed(self, user: Any, obj: Any) -> bool:
        """Whether ``user`` may do this to ``obj`` as it stands."""
        return not self.why_not(user, obj)

    def __call__(self, *, user: Any, obj: M, reason: str = "", seen: int | None = None, **inputs: Any) -> M:
        """Do it, in one transaction, on the locked row.

        ``seen``: the ``version`` of the row that the person decided on; nothing is done to another one.
        Raises NotVisible, PermissionDenied, StateConflict (with a text for the user) or ValidationError (reason
        missing).
        """
        reason = reason.strip()
        if self.asks_reason and not reason:
            raise ValidationError({"reason": _("Please give a reason.")})
        manager: Any = type(obj)._default_manager
        forget_grants(user)
        with transaction.atomic(), acting_as(user, reason=reason):
            locked = manager.visible_to(user).select_for_update(of=("self",)).filter(pk=obj.pk).first()
            if locked is None:
                raise NotVisible
            if not self.permits(user, locked):
                raise PermissionDenied(self.why_not(user, locked))
            if why_not := self.why_not(user, locked):
                raise StateConflict(why_not)
            if seen is not None and seen != locked.version:
                raise StateConflict(_("Somebody changed this after you opened it. Look at the change, then decide."))
            return self.perform(user=user, obj=locked, **inputs)
