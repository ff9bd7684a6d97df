"""Row scope: which departments a person may do what in, and the one queryset method that applies it.

A grant is a guardian permission on a Department row, held by the person or by one of the person's groups; a grant
on a department reaches the departments below it. Rows inherit through their ``department`` foreign key, so the
number of grants does not grow with the number of rows. Global permissions never count: they only open the pages.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Self

from django.db import connection, models
from django.db.models import Q

from apps.audit.context import INTERNAL, Context, acting

from .models import Department, User


@dataclass(frozen=True)
class Held:
    """What a person holds. ``pages``: model permissions as Django names them, their own and those of their groups,
    which open pages; ``grants``: codename -> ids of the departments where the person holds it."""

    pages: frozenset[str]
    grants: dict[str, frozenset[int]]


# Asked by every request, so in few words: by the ORM the joins to the names stood in each part, and the server planned
# longer than all other queries of a page together.
_HELD: Final = """
    SELECT type.app_label, permission.codename, held.departments
    FROM (
        SELECT permission_id, NULL::bigint[] FROM departments_user_user_permissions WHERE user_id = %(user)s
        UNION ALL
        SELECT permission_id, NULL
        FROM departments_membership JOIN auth_group_permissions USING (group_id)
        WHERE user_id = %(user)s
        UNION ALL
        SELECT permission_id, ARRAY(
            SELECT below.id FROM departments_department AS below, departments_department AS top
            WHERE top.id = content_object_id AND starts_with(below.path, top.path)
        )
        FROM departments_departmentuserobjectpermission
        WHERE user_id = %(user)s
        UNION ALL
        SELECT permission_id, ARRAY(
            SELECT below.id FROM departments_department AS below, departments_department AS top
            WHERE top.id = content_object_id AND starts_with(below.path, top.path)
        )
        FROM departments_membership JOIN departments_departmentgroupobjectpermission USING (group_id)
        WHERE user_id = %(user)s
    ) AS held (permission_id, departments)
    JOIN auth_permission AS permission ON permission.id = held.permission_id
    JOIN django_content_type AS type ON type.id = permission.content_type_id
"""
"""Application and codename of what a person holds, with the ids of the departments that a grant reaches: its own and
those below it; null for a model permission."""


def _held(user: User) -> Held:
    """What the person holds, read by one query once per user object (one request)."""
    if not hasattr(user, "_held"):
        pages: set[str] = set()
        grants: dict[str, frozenset[int]] = {}
        with connection.cursor() as cursor:
            cursor.execute(_HELD, {"user": user.pk})
            for app, codename, departments in cursor.fetchall():
                if departments is None:
                    pages.add(f"{app}.{codename}")
                else:
                    grants[codename] = grants.get(codename, frozenset()).union(departments)
        user._held = Held(frozenset(pages), grants)  # type: ignore[attr-defined]
    return user._held  # type: ignore[attr-defined]


def forget_grants(user: Any) -> None:
    """Read anew at the next question what the person holds: it may have been taken away meanwhile."""
    vars(user).pop("_held", None)


def opened_pages(user: User) -> frozenset[str]:
    """The model permissions that the person holds, personally or through a group, as ``app.codename``."""
    return _held(user).pages


def departments_of(user: Any, permission: str = "view_records") -> frozenset[int]:
    """The ids of the departments in which ``user`` holds the department permission ``permission``."""
    if not getattr(user, "is_active", False) or not user.is_authenticated:
        return frozenset()
    return _held(user).grants.get(permission, frozenset())


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
