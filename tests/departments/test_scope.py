"""Who sees which rows."""

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser, Permission

from apps.departments.models import Department, LiaisonOfficer, User
from apps.departments.scope import ScopedQuerySet, departments_of, may
from tests.factories import grant, installing, make_department, make_user, open_pages

pytestmark = pytest.mark.django_db


def officers() -> ScopedQuerySet:
    return ScopedQuerySet(LiaisonOfficer)


@pytest.fixture
def tree() -> dict[str, Department]:
    city = make_department("city")
    market = make_department("market", parent=city)
    tax = make_department("tax", parent=city)
    district = make_department("market-east", parent=market)
    # A slug that begins like another one is no child of it.
    namesake = make_department("market-2", parent=city)
    made = {each.slug: each for each in (city, market, tax, district, namesake)}
    for each in made.values():
        LiaisonOfficer.objects.create(department=each, name=each.slug, since=datetime.date(2026, 1, 1))
    return made


def seen_by(user: object) -> set[str]:
    return set(officers().visible_to(user).values_list("name", flat=True))


def test_without_a_grant_nothing_is_seen(tree: dict[str, Department]) -> None:
    assert seen_by(make_user(department=tree["market"])) == set()


def test_a_grant_reaches_the_departments_below_and_no_other(tree: dict[str, Department]) -> None:
    user = make_user()
    grant(user, "view_records", tree["market"])
    assert seen_by(user) == {"market", "market-east"}


def test_a_grant_on_the_root_reaches_all(tree: dict[str, Department]) -> None:
    user = make_user()
    grant(user, "view_records", tree["city"])
    assert seen_by(user) == set(tree)


def test_a_grant_below_does_not_reach_up(tree: dict[str, Department]) -> None:
    user = make_user()
    grant(user, "view_records", tree["market-east"])
    assert seen_by(user) == {"market-east"}


def test_a_group_grant_counts_like_a_personal_one(tree: dict[str, Department]) -> None:
    user = make_user(department=tree["tax"], role="clerk")
    assert seen_by(user) == {"tax"}
    assert may(user, "enter_records", tree["tax"].pk)
    assert not may(user, "review_records", tree["tax"].pk)
    assert not may(user, "enter_records", tree["market"].pk)


def test_global_permissions_open_no_row(tree: dict[str, Department]) -> None:
    user = make_user()
    open_pages(user, "departments.view_records", "departments.enter_records", "departments.view_department")
    user = User.objects.get(pk=user.pk)
    assert user.has_perm("departments.view_records")
    assert seen_by(user) == set()


def test_a_superuser_sees_no_row_without_a_grant(tree: dict[str, Department]) -> None:
    assert seen_by(make_user(is_superuser=True)) == set()


def test_an_inactive_or_unknown_person_sees_nothing(tree: dict[str, Department]) -> None:
    user = make_user()
    grant(user, "view_records", tree["city"])
    user.is_active = False
    assert seen_by(user) == set()
    assert seen_by(AnonymousUser()) == set()
    assert seen_by(None) == set()


def test_one_permission_does_not_stand_for_another(tree: dict[str, Department]) -> None:
    user = make_user()
    grant(user, "manage_tasks", tree["city"])
    assert seen_by(user) == set()
    assert departments_of(user, "manage_tasks") == {each.pk for each in tree.values()}


def test_a_department_that_moves_takes_its_grants_along(tree: dict[str, Department]) -> None:
    user = make_user()
    grant(user, "view_records", tree["tax"])
    market = tree["market"]
    market.parent = tree["tax"]
    with installing():
        market.save()
    assert Department.objects.get(slug="market-east").path == "city/tax/market/market-east/"
    assert seen_by(User.objects.get(pk=user.pk)) == {"tax", "market", "market-east"}


def test_the_number_of_queries_does_not_grow_with_departments(
    tree: dict[str, Department], django_assert_num_queries: object
) -> None:
    user = make_user()
    for each in tree.values():
        grant(user, "view_records", each)
    with django_assert_num_queries(1):  # type: ignore[operator]
        departments_of(user, "view_records")
        departments_of(user, "enter_records")
        user.has_perm("records.view_record")


def test_the_grants_are_five_and_stand_on_departments() -> None:
    found = Permission.objects.filter(content_type__app_label="departments", content_type__model="department")
    assert {each.codename for each in found} >= {
        "view_records",
        "enter_records",
        "review_records",
        "handle_objections",
        "manage_tasks",
    }
