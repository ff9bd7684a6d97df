"""The government, departments below it, and administrators."""

import pytest

from apps.departments.models import Department, User
from apps.departments.roles import ensure_role_groups
from tests.factories import make_department, make_user


@pytest.fixture
def root() -> Department:
    """The government, where administrators are at home; like the others with its role groups."""
    department = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    ensure_role_groups(department)
    return department


@pytest.fixture
def market(root: Department) -> Department:
    department = make_department("market", parent=root)
    ensure_role_groups(department)
    return department


@pytest.fixture
def tax(root: Department) -> Department:
    department = make_department("tax", parent=root)
    ensure_role_groups(department)
    return department


@pytest.fixture
def first(root: Department) -> User:
    """One security administrator."""
    return make_user("first", department=root, role="security-administrator")


@pytest.fixture
def second(root: Department) -> User:
    """Another one."""
    return make_user("second", department=root, role="security-administrator")


@pytest.fixture
def system(root: Department) -> User:
    """A system administrator."""
    return make_user("system", department=root, role="system-administrator")
