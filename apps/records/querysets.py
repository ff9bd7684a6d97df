"""Row scope of credit records, and the questions that pages and jobs ask of them."""

import datetime
from typing import Self

from apps.departments.scope import ScopedQuerySet

from . import rules


class RecordQuerySet(ScopedQuerySet):
    """A person sees the records of the departments where the person holds ``view_records``."""

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
