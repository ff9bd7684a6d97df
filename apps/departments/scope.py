"""Row scope: which departments a person may do what in, and the one queryset method that applies it.

A grant is a guardian permission on a Department row, held by the person or by one of the person's groups; a grant
on a department reaches the departments below it. Rows inherit through their ``department`` foreign key, so the
number of grants does not grow with the number of rows. Global permissions never count: they only open the pages.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Self

from django.db import models
from django.db.models import Q

from apps.audit.context import INTERNAL, Context, acting

from .models import Department, DepartmentGroupObjectPermission, DepartmentUserObjectPermission, User


def _grants(user: User) -> dict[str, frozenset[int]]:
    """Codename -> ids of the departments where the person holds it, read once per user object (one request)."""
    if not hasattr(user, "_department_grants"):
        held = [
            *DepartmentUserObjectPermission.objects.filter(user=user).values_list(
                "permission__codename", "content_object__path"
            ),
            *DepartmentGroupObjectPermission.objects.filter(group__user=user).values_list(
                "permission__codename", "content_object__path"
            ),
        ]
        departments = list(Department.objects.values_list("pk", "path")) if held else []
        grants: dict[str, set[int]] = {}
        for codename, granted_path in held:
            grants.setdefault(codename, set()).update(pk for pk, path in departments if path.startswith(granted_path))
        user._department_grants = {codename: frozenset(ids) for codename, ids in grants.items()}  # type: ignore[attr-defined]
    return user._department_grants  # type: ignore[attr-defined]


def forget_grants(user: Any) -> None:
    """Read the person's grants anew at the next question: they may have been taken away meanwhile."""
    vars(user).pop("_department_grants", None)


def departments_of(user: Any, permission: str = "view_records") -> frozenset[int]:
    """The ids of the departments in which ``user`` holds the department permission ``permission``."""
    if not getattr(user, "is_active", False) or not user.is_authenticated:
        return frozenset()
    return _grants(user).get(permission, frozenset())


def may(user: Any, permission: str, department_id: int | None) -> bool:
    """Whether ``user`` holds ``permission`` on the department (or on one above it)."""
    return department_id in departments_of(user, permission)


# The same in the database: row security lets through what the context opens (apps/audit/row_security.py).

GRANTS = frozenset(codename for codename, _name in Department._meta.permissions)


def readable_by(user: Any) -> frozenset[int]:
    """The ids of the departments in which ``user`` holds a permission to see something."""
    return _united(user, (codename for codename in GRANTS if codename.startswith("view_")))


def writable_by(user: Any) -> frozenset[int]:
    """The ids of the departments in which ``user`` holds a permission to do something."""
    return _united(user, (codename for codename in GRANTS if not codename.startswith("view_")))


def _united(user: Any, permissions: Iterable[str]) -> frozenset[int]:
    return frozenset().union(*(departments_of(user, each) for each in permissions))


def acting_as(user: Any, **changes: Any) -> AbstractContextManager[Context]:
    """Work that a person does: the rows that the person's grants open, in the person's name.

    The data of natural persons is open to whoever may see something; administrators hold no grant and so see none.
    The grants are those known of ``user`` (``forget_grants`` reads them anew). ``changes`` as for ``acting``.
    """
    readable = readable_by(user)
    opened = {
        "readable": readable,
        "writable": writable_by(user),
        "clearance": INTERNAL if readable else "",
        "everywhere": False,
    }
    return acting(user_id=user.pk, **{**opened, **changes})


def within_department(department: Department | int, **changes: Any) -> AbstractContextManager[Context]:
    """Work that concerns one department, those below it not included. ``changes`` as for ``acting``."""
    only = frozenset([department if isinstance(department, int) else department.pk])
    opened = {"readable": only, "writable": only, "clearance": INTERNAL, "everywhere": False}
    return acting(**{**opened, **changes})


class ScopedQuerySet(models.QuerySet):
    """Rows that belong to a department.

    ``visible_to(user)`` gives the rows of the departments where the user holds ``view_records``; nobody is
    exempt, superusers included. Subclasses set ``department_field`` and ``view_permission``.
    """

    department_field = "department"
    view_permission = "view_records"

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """The rows in whose department ``user`` holds ``permission`` (default: ``view_permission``)."""
        return self.filter(self.scope_of(user, permission))

    def scope_of(self, user: Any, permission: str | None = None) -> Q:
        """The same as a condition, for use in a larger one."""
        return Q(**{f"{self.department_field}__in": departments_of(user, permission or self.view_permission)})
