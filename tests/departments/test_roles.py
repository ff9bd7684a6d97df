"""Roles: what they open, who gives them, and which exclude each other."""

import itertools
from fnmatch import fnmatchcase

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from apps.departments.models import Department, DepartmentGroupObjectPermission, Membership, RoleGroup, User
from apps.departments.roles import (
    PRESETS,
    ensure_role_groups,
    give_role,
    page_permissions,
    remove_role,
    roles_of,
)
from apps.departments.scope import departments_of, forget_grants
from apps.departments.terms import ADMINISTRATORS, Role
from tests.factories import grant, installing, make_department, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def security(root: Department) -> User:
    return make_user("security", department=root, role="security-administrator")


def pages(role: Role) -> set[str]:
    return {f"{each.content_type.app_label}.{each.codename}" for each in page_permissions(role)}


def test_making_the_groups_twice_makes_them_once(root: Department, market: Department) -> None:
    groups = RoleGroup.objects.count()
    grants = DepartmentGroupObjectPermission.objects.count()
    assert ensure_role_groups(root, market) == 0
    assert (RoleGroup.objects.count(), DepartmentGroupObjectPermission.objects.count()) == (groups, grants)
    assert set(roles_of(market)) == {Role.CLERK, Role.REVIEWER, Role.VIEWER}
    assert set(roles_of(root)) == ADMINISTRATORS


def test_a_preset_that_lost_a_page_takes_it_from_the_group(market: Department) -> None:
    group = RoleGroup.objects.get(department=market, role=Role.VIEWER).group
    group.permissions.add(Permission.objects.get(codename="delete_department"))
    ensure_role_groups(market)
    assert not group.permissions.filter(codename="delete_department").exists()


@pytest.mark.parametrize("role", list(Role))
def test_every_pattern_of_a_preset_names_something(role: Role) -> None:
    # The audit app has no pages of its own yet.
    names = [
        f"{each.content_type.app_label}.{each.codename}" for each in Permission.objects.select_related("content_type")
    ]
    for pattern in set(PRESETS[role].pages) - {"audit.view_*"}:
        assert any(fnmatchcase(name, pattern.removeprefix("!")) for name in names), pattern


def test_no_page_permission_is_a_grant() -> None:
    for role in Role:
        assert not pages(role) & {f"departments.{codename}" for codename, _ in Department._meta.permissions}


def test_administrators_open_no_records_and_hold_no_grants(root: Department, market: Department) -> None:
    for role in ADMINISTRATORS:
        assert not {page for page in pages(role) if page.startswith(("records.", "subjects.", "exchange."))}
        user = make_user(department=root, role=role)
        for codename, _ in Department._meta.permissions:
            assert departments_of(user, codename) == frozenset()


# What one role must not hold together with another of these; pages of an app that nobody thought of are business.
POWERS = {
    "accounts and parameters": (
        "accounts.*",
        "core.*",
        "departments.*_user",
        "departments.*_department",
        "notices.*_webhook",
        "notices.*_delivery",
    ),
    "rights": ("departments.*_membership", "departments.*_rolegroup", "departments.*objectpermission"),
    "logs": ("audit.*", "admin.*"),
    "nobody's own": ("departments.*_twopersonchange", "departments.*_liaisonofficer", "notices.*_notice"),
}


def power_of(page: str) -> str:
    return next((name for name, own in POWERS.items() if any(fnmatchcase(page, each) for each in own)), "business")


@pytest.mark.parametrize("role", list(Role))
def test_no_preset_gives_two_powers(role: Role) -> None:
    powers = {power_of(page) for page in pages(role) if not page.split(".")[1].startswith("view_")} - {"nobody's own"}
    expected = {
        Role.SYSTEM_ADMINISTRATOR: {"accounts and parameters"},
        Role.SECURITY_ADMINISTRATOR: {"rights"},
        Role.AUDIT_ADMINISTRATOR: set(),
        Role.VIEWER: set(),
        Role.OFFICE_LEAD: set(),
    }
    assert powers == expected.get(role, {"business"})
    # Whoever administers looks at no row of the business, and whoever works reads no log.
    seen = {power_of(page) for page in pages(role) if not page.startswith("catalogue.")}
    assert ("business" in seen) != (role in ADMINISTRATORS | {Role.OFFICE_LEAD})
    assert ("logs" in seen) == (role == Role.AUDIT_ADMINISTRATOR)


def test_the_centre_sees_the_whole_city_and_the_office_its_tasks(root: Department, market: Department) -> None:
    centre = make_department("credit-centre", parent=root, kind=Department.Kind.OFFICE)
    office = make_department("leading-group-office", parent=root, kind=Department.Kind.OFFICE)
    officer = make_user(department=centre, role="centre-officer")
    lead = make_user(department=office, role="office-lead")
    assert market.pk in departments_of(officer, "view_records")
    assert market.pk in departments_of(officer, "handle_objections")
    assert market.pk not in departments_of(officer, "enter_records")
    assert market.pk in departments_of(lead, "manage_tasks")
    assert departments_of(lead, "view_records") == frozenset()


def test_a_role_is_taken_by_one_person_with_a_reason(security: User, market: Department) -> None:
    clerk = make_user(department=market, role="clerk")
    key = Membership.objects.get(user=clerk).pk
    remove_role(user=security, target=clerk, role=Role.CLERK, department=market, reason="调离")
    taken = Membership.history.filter(id=key).latest()
    assert (taken.history_type, taken.history_change_reason, taken.history_user_id) == ("-", "调离", security.pk)
    forget_grants(clerk)
    assert departments_of(clerk, "enter_records") == frozenset()
    with pytest.raises(ValidationError):
        remove_role(user=security, target=clerk, role=Role.CLERK, department=market, reason="again")


def test_roles_of_an_inactive_person_count_for_nothing(market: Department) -> None:
    person = make_user(department=market, role="clerk")
    assert departments_of(person) and person.has_perm("records.add_record")
    User.objects.filter(pk=person.pk).update(is_active=False)
    gone = User.objects.get(pk=person.pk)
    assert departments_of(gone) == frozenset() and not gone.has_perm("records.add_record")


def test_nobody_takes_roles_without_the_right_or_their_own(
    security: User, root: Department, market: Department
) -> None:
    clerk = make_user(department=market, role="clerk")
    system = make_user(department=root, role="system-administrator")
    for actor, target in ((clerk, system), (system, clerk), (security, security)):
        with pytest.raises(PermissionDenied):
            remove_role(user=actor, target=target, role=Role.CLERK, department=market, reason="x")
    with pytest.raises(ValidationError):
        remove_role(user=security, target=clerk, role=Role.CLERK, department=market, reason=" ")


PAIRS = [
    *itertools.permutations(sorted(ADMINISTRATORS), 2),
    *((role, Role.CLERK) for role in sorted(ADMINISTRATORS)),
    *((Role.CLERK, role) for role in sorted(ADMINISTRATORS)),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_administrator_roles_stand_alone(root: Department, market: Department, first: Role, second: Role) -> None:
    def place(role: Role) -> Department:
        return root if role in ADMINISTRATORS else market

    person = make_user()
    with installing():
        give_role(target=person, role=first, department=place(first))
        with pytest.raises(ValidationError):
            give_role(target=person, role=second, department=place(second))
        # The database says the same to those who go round the action, the owner included.
        group = RoleGroup.objects.get(department=place(second), role=second).group
        with pytest.raises(IntegrityError, match="administrator role"), transaction.atomic():
            Membership.objects.create(user=person, group=group)
        with pytest.raises(IntegrityError, match="administrator role"), transaction.atomic():
            person.groups.add(group)


def test_business_roles_combine(market: Department) -> None:
    person = make_user()
    with installing():
        give_role(target=person, role=Role.CLERK, department=market)
        give_role(target=person, role=Role.REVIEWER, department=market)
    assert person.groups.count() == 2


def test_who_holds_a_personal_grant_becomes_no_administrator(root: Department, market: Department) -> None:
    person = make_user()
    grant(person, "view_records", market)
    with pytest.raises(ValidationError):
        give_role(target=person, role=Role.AUDIT_ADMINISTRATOR, department=root)
