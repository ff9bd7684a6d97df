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
