"""Row scope of batches."""

from typing import Any

from django.db.models import Q

from apps.departments.scope import ScopedQuerySet, departments_of
from apps.records.querysets import works_in


class BatchQuerySet(ScopedQuerySet):
    """A batch shows rows before they are handed over, so it is seen where drafts are: by those who hold
    ``view_records`` and enter or review in its department."""

    def scope_of(self, user: Any, permission: str | None = None) -> Q:
        seen = departments_of(user, permission or self.view_permission)
        return Q(department__in=seen & works_in(user))
