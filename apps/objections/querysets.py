"""Who sees which cases: the centre its own, the source department those that were routed to it."""

from typing import Any, Self

from django.db.models import Q

from apps.departments.scope import ScopedQuerySet, departments_of

from . import states

HANDLES = "handle_objections"
CHECKS = "review_records"


def case_scope(user: Any, prefix: str = "") -> Q:
    """Cases of departments where ``user`` handles objections, and those routed to one where the person reviews: while
    it is asked, and once it has answered."""
    handled, checked = departments_of(user, HANDLES), departments_of(user, CHECKS)
    asked = Q(**{f"{prefix}state": states.ROUTED}) | ~Q(**{f"{prefix}finding": ""})
    return Q(**{f"{prefix}department__in": handled}) | Q(**{f"{prefix}routed_to__in": checked}) & asked


class CaseQuerySet(ScopedQuerySet):
    """Cases: a share table of one row, ``routed_to``, opens one case to the department that must check it."""

    view_permission = HANDLES

    def scope_of(self, user: Any, permission: str | None = None) -> Q:
        return case_scope(user)

    def running(self) -> Self:
        """Not yet at an end."""
        return self.filter(state__in=states.OPEN)


class CasePartQuerySet(ScopedQuerySet):
    """What belongs to a case is seen by whoever sees the case."""

    department_field = "case__department"
    view_permission = HANDLES

    def scope_of(self, user: Any, permission: str | None = None) -> Q:
        return case_scope(user, "case__")


class CaseFileQuerySet(CasePartQuerySet):
    """Files of a case: the source department reads those that its check needs (``for_source`` of the model), not those
    that tell who applies."""

    def scope_of(self, user: Any, permission: str | None = None) -> Q:
        model: Any = self.model
        handled = Q(case__department__in=departments_of(user, HANDLES))
        return super().scope_of(user, permission) & (handled | model.for_source)
