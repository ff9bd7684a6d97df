"""What the access log says, for tests of any app."""

from typing import Any

from apps.audit.context import every_department
from apps.audit.entries import AccessEntry


def entries(**filters: Any) -> list[AccessEntry]:
    """The entries written so far, oldest first."""
    with every_department():
        return list(AccessEntry.objects.filter(**filters).order_by("id"))


def only_entry(**filters: Any) -> AccessEntry:
    """The one entry there is."""
    (found,) = entries(**filters)
    return found
