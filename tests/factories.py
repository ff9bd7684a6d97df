"""Plain makers of departments and people, shared by the tests of all apps."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection

from apps.departments.models import Department, DepartmentUserObjectPermission, User
from apps.departments.roles import ensure_role_groups, give_role
from apps.departments.scope import forget_grants
from apps.departments.terms import Role

_numbers = count(1)
PASSWORD = "correct-horse-battery"


@contextmanager
def installing() -> Iterator[None]:
    """What is written inside, the owner's login writes, as at an installation: roles and grants without two persons.

    ``tests_as_owner`` is a function that the test database alone has (tests/conftest.py)."""

    def as_owner(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if many or not re.match(r"\s*(INSERT|UPDATE|DELETE)\b", sql):
            return execute(sql, params, many, context)
        statement = context["cursor"].cursor.mogrify(sql, params)
        return execute("SELECT tests_as_owner(%s)", [statement], False, context)

    with connection.execute_wrapper(as_owner):
        yield


def make_department(slug: str = "", *, parent: Department | None = None, **values: Any) -> Department:
    """A department: below ``parent``, else a root of its own. ``slug`` and names are made up where not given; the
    department of a slug that exists already is returned as it is."""
    slug = slug or f"department-{next(_numbers)}"
    found = Department.objects.filter(slug=slug).first()
    if found:
        return found
    values.setdefault("kind", Department.Kind.COLLECTING)
    return Department.objects.create(
        slug=slug,
        parent=parent,
        **{"name": f"部门 {slug}", "name_en": f"Department {slug}", "short_name": slug[:20], **values},
    )


def make_user(username: str = "", *, department: Department | None = None, role: str = "", **values: Any) -> User:
    """A person who can log in with PASSWORD; with ``role`` (``"clerk"``, ``Role.REVIEWER``) holding it in
    ``department`` through the role's group, pages and rows included."""
    username = username or f"person-{next(_numbers)}"
    values.setdefault("name", f"人员 {username}")
    user = User(username=username, department=department, **values)
    user.set_password(PASSWORD)
    if user.is_superuser:
        with installing():
            user.save()
    else:
        user.save()
    if role:
        department = department or make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
        if not department.role_groups.exists():
            ensure_role_groups(department)
        with installing():
            give_role(target=user, role=Role(role), department=department)
    return user


def grant(user: User, permission: str, department: Department) -> None:
    """Give a person a department permission (``view_records``) on a department and those below."""
    found = Permission.objects.get(codename=permission, content_type__app_label="departments")
    with installing():
        DepartmentUserObjectPermission.objects.get_or_create(user=user, permission=found, content_object=department)
    forget_grants(user)


def open_pages(user: User, *permissions: str) -> None:
    """Give model permissions (``records.view_record``): they open pages, no rows."""
    for each in permissions:
        label, codename = each.split(".")
        user.user_permissions.add(Permission.objects.get(codename=codename, content_type__app_label=label))
