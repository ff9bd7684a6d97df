"""Row scope of batches."""

from apps.departments.scope import ScopedQuerySet


class BatchQuerySet(ScopedQuerySet):
    """A person sees the batches of the departments where the person holds ``view_records``."""
