"""Row scope of credit records, and the questions that pages and jobs ask of them."""

import datetime
from typing import Any, Final, Self

from django.db.models import Q

from apps.departments.scope import ScopedQuerySet, departments_of

from . import rules

_SHARED: Final = (rules.SUBMITTED, rules.PUBLISHED)
_HANDED_OVER: Final = (*_SHARED, rules.WITHDRAWN, rules.ARCHIVED, rules.REPAIRED)


def works_in(user: Any) -> frozenset[int]:
    """The departments whose unfinished records ``user`` sees: those where the person enters or reviews."""
    return departments_of(user, "enter_records") | departments_of(user, "review_records")


def keeps(user: Any) -> frozenset[int]:
    """The departments whose ended records ``user`` sees: the own one, and those whose cases the person handles."""
    home = getattr(user, "department_id", None)
    return departments_of(user, "handle_objections") | (frozenset() if home is None else {home})


def _scope(user: Any, permission: str, prefix: str = "") -> Q:
    """What is still being written (draft, returned) is seen by those who write or review it; what has ended (withdrawn,
    archived, repaired) is shared no more and seen by those who keep it; the rest by whoever holds ``permission``.

    Who works in all the departments seen gets the plain condition, without a look at the state.
    """
    seen = departments_of(user, permission)
    own = seen & works_in(user)
    department, state = f"{prefix}department__in", f"{prefix}state__in"
    kept = (seen & keeps(user)) - own
    shared = seen - own - kept
    found = Q(**{department: own})
    if kept:
        found |= Q(**{department: kept, state: _HANDED_OVER})
    if shared:
        found |= Q(**{department: shared, state: _SHARED})
    return found


class RecordQuerySet(ScopedQuerySet):
    """A person sees the records of the departments where the person holds ``view_records``: drafts and returned ones
    only where the person enters or reviews, ended ones in the own department and where the person handles cases."""

    def scope_of(self, user: Any, permission: str | None = None) -> Q:
        return _scope(user, permission or self.view_permission)

    def overdue(self, today: datetime.date) -> Self:
        """Not yet published, and the deadline is over."""
        return self.filter(state__in=rules.WAITING, deadline__lt=today)

    def due_between(self, first: datetime.date, last: datetime.date) -> Self:
        """Not yet published, and the deadline falls on one of these days."""
        return self.filter(state__in=rules.WAITING, deadline__range=(first, last))

    def to_archive(self, today: datetime.date) -> Self:
        """Published, and the last day of disclosure is over."""
        return self.filter(state=rules.PUBLISHED, archive_on__lt=today)

    def twins(self, *, department_id: int, item_id: int, subject_id: int, document_number: str) -> Self:
        """Records that stand in the way of another one with these keys: at most one."""
        return self.filter(
            department=department_id, item=item_id, subject=subject_id, document_number=document_number
        ).exclude(state=rules.WITHDRAWN)


class AttachmentQuerySet(ScopedQuerySet):
    """A file is seen by whoever sees its record."""

    department_field = "record__department"

    def scope_of(self, user: Any, permission: str | None = None) -> Q:
        return _scope(user, permission or self.view_permission, "record__")
