"""Every role before every page of departments, people and parameters: what is open, and what is not."""

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from apps.core.models import Rule
from apps.departments.models import (
    Department,
    DepartmentGroupObjectPermission,
    DepartmentUserObjectPermission,
    Membership,
    RoleGroup,
    TwoPersonChange,
    User,
)
from apps.departments.roles import ensure_role_groups
from apps.departments.terms import ADMINISTRATORS, Act, Role
from apps.departments.two_persons import CONFIRM, propose
from tests.departments.test_row_admin import browser
from tests.factories import grant, make_department, make_user

pytestmark = pytest.mark.django_db

# Page -> roles that may look, roles that may add.
BUSINESS = {"clerk", "reviewer", "viewer", "centre-officer", "office-lead"}
ALL = {*BUSINESS, "system-administrator", "security-administrator", "audit-administrator"}
SYSTEM, SECURITY, AUDIT = {"system-administrator"}, {"security-administrator"}, {"audit-administrator"}
OPEN: dict[str, tuple[set[str], set[str]]] = {
    "departments/department": (ALL, SYSTEM),
    "departments/user": (SYSTEM | SECURITY | AUDIT, SYSTEM),
    "departments/rolegroup": (SECURITY | AUDIT, SECURITY),
    "departments/membership": (SECURITY | AUDIT, SECURITY),
    "departments/departmentgroupobjectpermission": (SECURITY | AUDIT, SECURITY),
    "departments/departmentuserobjectpermission": (SECURITY | AUDIT, SECURITY),
    "departments/twopersonchange": (SYSTEM | SECURITY | AUDIT, set()),
    "core/rule": (ALL - SECURITY, SYSTEM),
    "core/calendarday": (ALL - SECURITY, SYSTEM),
    "core/calendaryear": (ALL - SECURITY, SYSTEM),
}


@pytest.fixture
def city() -> dict[str, Department]:
    root = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    slugs = {"market": "collecting", "credit-centre": "office", "leading-group-office": "office"}
    made = {slug: make_department(slug, parent=root, kind=kind) for slug, kind in slugs.items()}
    return {"zhengzhou": root, **made}


def home(city: dict[str, Department], role: str) -> Department:
    if role.endswith("administrator"):
        return city["zhengzhou"]
    return city[{"centre-officer": "credit-centre", "office-lead": "leading-group-office"}.get(role, "market")]


@pytest.mark.parametrize("role", Role.values)
def test_who_may_open_what(city: dict[str, Department], role: str) -> None:
    web = browser(make_user(department=home(city, role), role=role))
    for page, (look, add) in OPEN.items():
        expected = (200 if role in look else 403, 200 if role in add else 403)
        assert (web.get(f"/admin/{page}/").status_code, web.get(f"/admin/{page}/add/").status_code) == expected, page


@pytest.mark.parametrize("role", Role.values)
def test_single_rows(city: dict[str, Department], role: str) -> None:
    person = make_user("somebody", department=city["market"], role="clerk")
    grant(person, "view_records", city["market"])
    boss = make_user("boss", department=city["zhengzhou"], role="system-administrator")
    rows = {
        "departments/twopersonchange": propose(
            user=boss, act=Act.END_FOUR_EYES, department=city["market"], reason="人员不足"
        ),
        "departments/department": city["market"],
        "departments/user": person,
        "departments/rolegroup": RoleGroup.objects.first(),
        "departments/membership": Membership.objects.first(),
        "departments/departmentgroupobjectpermission": DepartmentGroupObjectPermission.objects.first(),
        "departments/departmentuserobjectpermission": DepartmentUserObjectPermission.objects.first(),
    }
    web = browser(make_user(department=home(city, role), role=role))
    for page, row in rows.items():
        for view in ("change", "history"):
            status = web.get(f"/admin/{page}/{row.pk}/{view}/").status_code  # type: ignore[union-attr]
            assert status == (200 if role in OPEN[page][0] else 403), (page, view)
            # What does not exist looks the same to all who may open the page.
            assert web.get(f"/admin/{page}/99999999/{view}/").status_code in {403, 404}


def test_nobody_without_a_login(client: Any) -> None:
    for page in OPEN:
        assert client.get(f"/admin/{page}/").status_code == 302


@pytest.fixture
def system(city: dict[str, Department]) -> Any:
    return browser(make_user("system", department=city["zhengzhou"], role="system-administrator"))


@pytest.fixture
def security(city: dict[str, Department]) -> Any:
    return browser(make_user("security", department=city["zhengzhou"], role="security-administrator"))


def test_an_account_is_made_and_deactivated_but_not_raised(system: Any, city: dict[str, Department]) -> None:
    form = {
        "username": "new",
        "name": "新人",
        "department": city["market"].pk,
        "phone": "",
        "email": "",
        "is_superuser": "on",
        "groups": RoleGroup.objects.first().group.pk,  # type: ignore[union-attr]
    }
    assert system.post("/admin/departments/user/add/", form).status_code == 200
    user = User.objects.get(username="new")
    assert (user.is_superuser, user.groups.count(), user.is_staff, user.is_demo) == (False, 0, True, False)
    change = {**form, "is_staff": "on", "user_permissions": "1"}
    address = f"/admin/departments/user/{user.pk}/change/"
    assert system.post(address, change).status_code == 200, "a reason is missing"
    assert system.post(address, {**change, "reason": "离职"}).status_code == 302
    user.refresh_from_db()
    assert (user.is_active, user.is_superuser, user.user_permissions.count()) == (False, False, 0)
    assert user.history.first().history_change_reason == "离职"
    assert system.post(f"/admin/departments/user/{user.pk}/delete/", {"reason": "x"}).status_code == 403


def test_the_security_administrator_gives_and_takes_roles(security: Any, city: dict[str, Department]) -> None:
    person = make_user("wang", department=city["market"])
    make_user(department=city["market"], role="viewer")
    form = {"user": person.pk, "department": city["market"].pk, "role": "clerk", "reason": "入职"}
    assert security.post("/admin/departments/membership/add/", {**form, "reason": ""}).status_code == 200
    assert security.post("/admin/departments/membership/add/", form).status_code == 302
    assert not Membership.objects.filter(user=person).exists(), "one person gives nothing"
    second = make_user(department=city["zhengzhou"], role="security-administrator")
    CONFIRM(user=second, obj=TwoPersonChange.objects.get())
    membership = Membership.objects.get(user=person)
    clash = security.post(
        "/admin/departments/membership/add/",
        {**form, "department": city["zhengzhou"].pk, "role": "audit-administrator"},
    )
    assert "kept apart" in str(clash.context["adminform"].form.non_field_errors())
    address = f"/admin/departments/membership/{membership.pk}/delete/"
    security.post(address, {"post": "yes"})
    assert Membership.objects.filter(user=person).exists(), "no reason, no change"
    security.post(address, {"post": "yes", "reason": "调离"})
    assert not Membership.objects.filter(user=person).exists()
    assert Membership.history.latest("history_id").history_change_reason == "调离"


def test_own_roles_are_nobodys_own_business(security: Any, city: dict[str, Department]) -> None:
    own = User.objects.get(username="security")
    form = {"user": own.pk, "department": city["zhengzhou"].pk, "role": "security-administrator", "reason": "x"}
    assert security.post("/admin/departments/membership/add/", form).status_code == 200
    assert not TwoPersonChange.objects.exists()
    mine = Membership.objects.get(user=own)
    assert (
        security.post(f"/admin/departments/membership/{mine.pk}/delete/", {"post": "yes", "reason": "x"}).status_code
        == 403
    )
    assert Membership.objects.filter(pk=mine.pk).exists()


def test_a_grant_names_its_reason_and_never_an_administrator(security: Any, city: dict[str, Department]) -> None:
    clerk = make_user(department=city["market"], role="clerk")
    auditor = make_user(department=city["zhengzhou"], role="audit-administrator")
    page = "/admin/departments/departmentuserobjectpermission/add/"
    field = security.get(page).context["adminform"].form.fields["permission"]
    assert {each.codename for each in field.queryset} == {codename for codename, _ in Department._meta.permissions}
    right = field.queryset.get(codename="view_records")
    form = {"user": clerk.pk, "permission": right.pk, "content_object": city["leading-group-office"].pk}
    assert security.post(page, form).status_code == 200
    assert security.post(page, {**form, "reason": "联合检查"}).status_code == 302
    second = make_user(department=city["zhengzhou"], role="security-administrator")
    CONFIRM(user=second, obj=TwoPersonChange.objects.get())
    made = DepartmentUserObjectPermission.objects.get()
    assert (made.history.get().history_change_reason, made.history.get().history_user_id) == ("联合检查", second.pk)
    refused = security.post(page, {**form, "user": auditor.pk, "reason": "x"})
    assert "user" in refused.context["adminform"].form.errors


def test_a_rule_in_force_keeps_its_content_and_ends_when_the_next_begins(system: Any) -> None:
    today = datetime.date.today()
    old = Rule.objects.create(
        key="test.days", value=7, unit="working_days", effective_from=today - datetime.timedelta(days=30), source="HN41"
    )
    change = f"/admin/core/rule/{old.pk}/change/"
    shown = system.get(change)
    assert "value" not in shown.context["adminform"].form.fields
    system.post(change, {"value": "99", "source": "HN41", "note": "checked", "reason": "note"})
    old.refresh_from_db()
    assert (old.value, old.note) == (7, "checked")

    start = today + datetime.timedelta(days=10)
    form = {
        "key": "test.days",
        "value": "5",
        "unit": "working_days",
        "effective_from": start.isoformat(),
        "source": "HN42",
    }
    assert system.post("/admin/core/rule/add/", form).status_code == 302
    old.refresh_from_db()
    assert old.effective_to == start
    overlapping = {**form, "effective_from": (today + datetime.timedelta(days=3)).isoformat()}
    assert system.post("/admin/core/rule/add/", overlapping).status_code == 200
    assert Rule.objects.filter(key="test.days").count() == 2
    # What is not yet in force may still be mended.
    new = Rule.objects.get(key="test.days", value=5)
    assert "value" in system.get(f"/admin/core/rule/{new.pk}/change/").context["adminform"].form.fields


def test_lists_cost_the_same_however_long(
    system: Any, city: dict[str, Department], django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        below = make_department(f"d{number}", parent=city["market"])
        make_user(department=below)
    for page, bound in {"departments/department": 14, "departments/user": 18}.items():
        with django_assert_max_num_queries(bound):
            system.get(f"/admin/{page}/")


def test_a_refusal_is_a_page_in_words_that_tells_nothing_of_the_row(city: dict[str, Department]) -> None:
    web = browser(make_user(department=city["market"], role="clerk"))
    refused, missing = web.get("/admin/departments/user/"), web.get("/admin/departments/department/99999999/change/")
    assert (refused.status_code, missing.status_code) == (403, 404)
    assert "You have no access to this page" in refused.content.decode()
    assert "There is nothing here" in missing.content.decode()
    assert "99999999" not in missing.content.decode()


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
def test_a_group_of_administrators_gets_no_grant(city: dict[str, Department], role: str) -> None:
    web = browser(make_user(department=city["zhengzhou"], role="security-administrator"))
    ensure_role_groups(city["zhengzhou"], city["market"])
    groups = {found.role: found.group for found in RoleGroup.objects.select_related("group")}
    right = Permission.objects.get(codename="view_records", content_type__app_label="departments")
    page = "/admin/departments/departmentgroupobjectpermission/add/"
    given = {"permission": right.pk, "content_object": city["market"].pk, "reason": "x"}
    answer = web.post(page, {**given, "group": groups[role].pk})
    assert "group" in answer.context["adminform"].form.errors
    assert not DepartmentGroupObjectPermission.objects.filter(group=groups[role]).exists()
    assert (
        web.post(page, {**given, "group": groups["clerk"].pk, "content_object": city["zhengzhou"].pk}).status_code
        == 302
    )
