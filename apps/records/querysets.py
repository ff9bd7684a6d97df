"""Row scope of credit records."""

from apps.departments.scope import ScopedQuerySet


class RecordQuerySet(ScopedQuerySet):
    """A person sees the records of the departments where the person holds ``view_records``."""
