"""What the forms refuse, the database refuses too: by ORM and SQL, to the application and mostly to the owner."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection, transaction

from apps.audit.context import acting
from apps.departments.models import (
    Department,
    DepartmentGroupObjectPermission,
    DepartmentUserObjectPermission,
    Membership,
    RoleGroup,
    TwoPersonChange,
    User,
)
from apps.departments.roles import PRESETS, ensure_role_groups, roles_of
from apps.departments.terms import ADMINISTRATORS, PROPOSERS, Act, Role
from apps.departments.two_persons import CONFIRM, State, propose
from tests.accounts.factories import with_app
from tests.departments.factories import right, role_of
from tests.factories import grant, installing, make_department, make_user, open_pages

pytestmark = pytest.mark.django_db


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    cause = caught.value.__cause__
    assert isinstance(cause, psycopg.errors.CheckViolation)
    assert cause.diag.constraint_name == constraint, cause


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


# Nothing comes about without two persons


def test_no_role_without_two_persons(market: Department) -> None:
    person = make_user()
    team = role_of(market, "clerk")
    with refused("two_persons"):
        Membership.objects.create(user=person, group=team)
    with refused("two_persons"):
        Membership.objects.bulk_create([Membership(user=person, group=team)])
    with refused("two_persons"):
        person.groups.add(team)
    with refused("two_persons"):
        sql("INSERT INTO departments_membership (user_id, group_id) VALUES (%s, %s)", person.pk, team.pk)
    somebody = make_user(department=market, role="clerk")
    with refused("two_persons"):
        Membership.objects.filter(user=somebody).update(user=person)
    with refused("two_persons"):
        Membership.objects.filter(user=somebody).update(group=role_of(market, "reviewer"))


def test_no_grant_without_two_persons(root: Department, market: Department) -> None:
    clerk = make_user(department=market, role="clerk")
    with refused("two_persons"):
        DepartmentUserObjectPermission.objects.create(user=clerk, permission=right(), content_object=root)
    with refused("two_persons"):
        DepartmentGroupObjectPermission.objects.create(
            group=role_of(market, "clerk"), permission=right(), content_object=root
        )
    grant(clerk, "view_records", market)
    with refused("two_persons"):
        DepartmentUserObjectPermission.objects.update(content_object=root)
    with refused("two_persons"):
        DepartmentGroupObjectPermission.objects.filter(group=role_of(market, "clerk")).update(content_object=root)


def test_no_move_and_no_end_of_four_eyes_without_two_persons(root: Department, market: Department) -> None:
    east = make_department("east", parent=root)
    market.parent = east
    with refused("two_persons"):
        market.save()
    market.refresh_from_db()
    with refused("two_persons"):
        Department.objects.filter(pk=market.pk).update(four_eyes=False)
    with refused("two_persons"):
        make_department("west", parent=root, four_eyes=False)
    # Whose grants reach where is read from the path.
    with refused("path_of_department"):
        Department.objects.filter(pk=market.pk).update(path="zhengzhou/east/market/")
    with installing():
        Department.objects.filter(pk=market.pk).update(four_eyes=False)
    Department.objects.filter(pk=market.pk).update(four_eyes=True)


def test_an_agreement_serves_its_own_content(first: User, second: User, market: Department) -> None:
    person, other = make_user(), make_user()
    team = role_of(market, "clerk")
    CONFIRM(user=second, obj=propose(user=first, act=Act.ROLE, person=person, group=team, reason="x"))
    for wrong in ({"user": other, "group": team}, {"user": person, "group": role_of(market, "reviewer")}):
        with refused("two_persons"):
            Membership.objects.create(**wrong)


@pytest.mark.django_db(transaction=True)
def test_an_agreement_is_used_once(first: User, second: User, market: Department) -> None:
    person = make_user()
    team = role_of(market, "clerk")
    CONFIRM(user=second, obj=propose(user=first, act=Act.ROLE, person=person, group=team, reason="x"))
    Membership.objects.filter(user=person).delete()
    with refused("two_persons"):
        Membership.objects.create(user=person, group=team)


@pytest.mark.django_db(transaction=True)
def test_the_owner_installs(market: Department, owner_connection: psycopg.Connection) -> None:
    person = make_user()
    owner_connection.execute(
        "INSERT INTO departments_membership (user_id, group_id) VALUES (%s, %s)",
        [person.pk, role_of(market, "clerk").pk],
    )
    given = Membership.objects.get(user=person).history.get()
    assert (given.history_channel, given.history_database_user) == ("sql", owner_connection.info.user)


# The two-person change itself


def waiting(first: User, market: Department) -> TwoPersonChange:
    return propose(user=first, act=Act.ROLE, person=make_user(), group=role_of(market, "clerk"), reason="x")


def again(change: TwoPersonChange, **values: Any) -> TwoPersonChange:
    """The same change as a new row."""
    taken = ("person", "group", "permission", "department", "parent", "proposed_by", "act", "reason", "expires_at")
    return TwoPersonChange(**{name: getattr(change, name) for name in taken} | values)


def test_a_proposal_is_made_in_the_own_name_by_the_right_administrator(
    first: User, second: User, system: User, market: Department
) -> None:
    change = waiting(first, market)
    for actor in (second.pk, None, system.pk):
        with acting(user_id=actor), refused("proposed_by_administrator"):
            again(change).save()
    for name in (system, make_user(is_superuser=True), make_user(department=market, role="reviewer")):
        with acting(user_id=name.pk), refused("proposed_by_administrator"):
            again(change, proposed_by=name).save()
    for state in (State.CONFIRMED, State.REFUSED):
        with acting(user_id=first.pk), refused("proposed_first"):
            again(change, proposed_by=first, state=state, decided_by=second).save()
    with acting(user_id=first.pk), refused("for_a_third_person"):
        again(change, proposed_by=first, person=first).save()
    with acting(user_id=first.pk), refused("named_what_it_concerns"):
        again(change, proposed_by=first, person=None).save()


def decide(change: TwoPersonChange, by: Any, state: str = State.CONFIRMED, **values: Any) -> None:
    TwoPersonChange.objects.filter(pk=change.pk).update(state=state, decided_by=by, **values)


def test_a_decision_is_made_once_in_the_own_name_by_another_person(
    first: User, second: User, system: User, market: Department
) -> None:
    change = waiting(first, market)
    for actor, name in ((first, second), (None, second), (system, system)):
        with acting(user_id=actor and actor.pk), refused("decided_by_administrator"):
            decide(change, name)
    with acting(user_id=first.pk), refused("two_different_persons"):
        decide(change, first)
    with acting(user_id=second.pk), refused("decided_by_administrator"):
        decide(change, second, State.TAKEN_BACK)
    other = make_user()
    with acting(user_id=second.pk), refused("decided_as_proposed"):
        decide(change, second, person=other)
    with acting(user_id=second.pk):
        decide(change, second, decided_at="2020-01-01 00:00+00")
        change.refresh_from_db()
        assert change.decided_at is not None and change.decided_at.year > 2020, "the database writes when"
        for state in State.values:
            with refused("decided_once"):
                decide(change, second, state)


@pytest.mark.parametrize("who", ["proposer", "decider"])
def test_inactive_persons_stand_behind_nothing(who: str, first: User, second: User, market: Department) -> None:
    change = waiting(first, market)
    gone = {"proposer": first, "decider": second}[who]
    User.objects.filter(pk=gone.pk).update(is_active=False)
    expected = {"proposer": "still_standing", "decider": "decided_by_administrator"}[who]
    with acting(user_id=second.pk), refused(expected):
        decide(change, second)


def test_what_lapsed_is_not_confirmed(first: User, second: User, market: Department, settings: Any) -> None:
    settings.TWO_PERSON_DAYS = -1
    change = waiting(first, market)
    with acting(user_id=second.pk), refused("still_standing"):
        decide(change, second)


def test_changes_are_kept(first: User, market: Department) -> None:
    change = waiting(first, market)
    with refused("changes_are_kept"):
        change.delete()
    with refused("changes_are_kept"), installing():
        TwoPersonChange.objects.filter(pk=change.pk).delete()


def test_the_database_knows_the_same_proposers_as_the_forms(
    root: Department, market: Department, first: User, system: User
) -> None:
    east = make_department("east", parent=root)
    somebody = make_user()
    with_app(somebody)
    concerned: dict[Act, dict[str, Any]] = {
        Act.ROLE: {"person": make_user(), "group": role_of(market, "clerk")},
        Act.PERSON_GRANT: {"person": make_user(), "permission": right(), "department": market},
        Act.GROUP_GRANT: {"group": role_of(market, "clerk"), "permission": right(), "department": root},
        Act.MOVE: {"department": market, "parent": east},
        Act.END_FOUR_EYES: {"department": market},
        Act.RESET_FACTORS: {"person": somebody},
    }
    for act in Act:
        right_one, wrong_one = (first, system) if PROPOSERS[act] == Role.SECURITY_ADMINISTRATOR else (system, first)
        change = propose(user=right_one, act=act, reason="x", **concerned[act])
        with acting(user_id=wrong_one.pk), refused("proposed_by_administrator"):
            again(change, proposed_by=wrong_one).save()


# Administrators are kept apart, even from the owner


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
def test_an_administrator_holds_no_grant_and_no_page_besides(role: Role, root: Department, market: Department) -> None:
    person = make_user(department=root, role=role)
    team = role_of(root, role)
    with installing():
        with refused("administrator_without_grants"):
            DepartmentUserObjectPermission.objects.create(user=person, permission=right(), content_object=market)
        with refused("administrator_without_grants"):
            DepartmentGroupObjectPermission.objects.create(group=team, permission=right(), content_object=market)
        with refused("administrator_without_grants"):
            open_pages(person, "records.view_record")
        with refused("pages_of_administrators"):
            team.permissions.add(Permission.objects.get(codename="view_personaldata"))


def test_what_was_held_before_stands_in_the_way_of_the_role(root: Department, market: Department) -> None:
    granted, paged, above = make_user(), make_user(), make_user(is_superuser=True)
    grant(granted, "view_records", market)
    open_pages(paged, "records.view_record")
    team = role_of(root, "audit-administrator")
    with installing():
        for person, constraint in (
            (granted, "administrator_without_grants"),
            (paged, "administrator_without_grants"),
            (above, "superuser_without_role"),
        ):
            with refused(constraint):
                Membership.objects.create(user=person, group=team)


def test_the_auditors_pages_are_for_looking_only(root: Department) -> None:
    team = role_of(root, "audit-administrator")
    with installing(), refused("pages_of_administrators"):
        team.permissions.add(Permission.objects.get(codename="change_rule"))


def test_a_group_keeps_its_role_while_anybody_or_anything_is_in_it(root: Department, market: Department) -> None:
    make_user(department=market, role="clerk")
    make_user(department=root, role="system-administrator")
    with installing():
        with refused("role_group_stays"):
            RoleGroup.objects.filter(department=market, role=Role.CLERK).update(role=Role.AUDIT_ADMINISTRATOR)
        for role_group in RoleGroup.objects.filter(group__user__isnull=False):
            with refused("role_group_empty"):
                role_group.delete()
        plain = Group.objects.create(name="plain")
        with refused("role_groups_only"):
            Membership.objects.create(user=make_user(), group=plain)
        plain.permissions.add(Permission.objects.get(codename="view_record"))
        with refused("pages_of_administrators"):
            RoleGroup.objects.create(group=plain, department=market, role=Role.SYSTEM_ADMINISTRATOR)


def test_who_gave_a_group_its_grant_does_not_get_in(
    first: User, second: User, root: Department, market: Department
) -> None:
    team = role_of(market, "clerk")
    CONFIRM(
        user=second,
        obj=propose(user=first, act=Act.GROUP_GRANT, group=team, permission=right(), department=root, reason="x"),
    )
    for giver in (first, second):
        Membership.objects.filter(user=giver).delete()
        with installing(), refused("no_grant_of_own_giving"):
            Membership.objects.create(user=giver, group=team)


# Superusers


def test_the_application_makes_no_superuser(market: Department) -> None:
    with refused("no_superusers"):
        User.objects.create_superuser("root", password="x")
    person = make_user()
    with refused("no_superusers"):
        User.objects.filter(pk=person.pk).update(is_superuser=True)
    with refused("no_superusers"):
        sql("UPDATE departments_user SET is_superuser = true WHERE id = %s", person.pk)


def test_not_even_the_owner_raises_a_person_with_a_role(market: Department) -> None:
    clerk = make_user(department=market, role="clerk")
    with installing(), refused("superuser_without_role"):
        User.objects.filter(pk=clerk.pk).update(is_superuser=True)


def test_an_administrator_does_not_come_back_with_the_role(root: Department, market: Department) -> None:
    auditor = make_user(department=root, role="audit-administrator")
    clerk = make_user(department=market, role="clerk")
    User.objects.filter(pk__in=[auditor.pk, clerk.pk]).update(is_active=False)
    with refused("administrator_comes_back"):
        User.objects.filter(pk=auditor.pk).update(is_active=True)
    User.objects.filter(pk=clerk.pk).update(is_active=True)
    Membership.objects.filter(user=auditor).delete()
    User.objects.filter(pk=auditor.pk).update(is_active=True)


# Presets


def test_the_database_lets_pass_what_comes_with_a_role_and_nothing_else(root: Department) -> None:
    places = {
        "market": make_department("market", parent=root),
        "centre": make_department("credit-centre", parent=root, kind=Department.Kind.OFFICE),
        "office": make_department("leading-group-office", parent=root, kind=Department.Kind.OFFICE),
    }
    ensure_role_groups(*places.values())
    rights = {codename: right(codename) for codename, _name in Department._meta.permissions}
    for department in places.values():
        for role in roles_of(department):
            team = role_of(department, role)
            DepartmentGroupObjectPermission.objects.filter(group=team).delete()
            home = root if PRESETS[role].citywide else department
            for codename, permission in rights.items():
                for place in (root, department):
                    expected = codename in PRESETS[role].grants and place == home
                    with connection.cursor() as cursor:
                        cursor.execute(
                            "SELECT departments_comes_with_role(%s, %s, %s)", [team.pk, permission.pk, place.pk]
                        )
                        assert cursor.fetchone() == (expected,), (role, codename, place)
    assert ensure_role_groups(*places.values()) == 0, "the application itself may bring them back"
    assert DepartmentGroupObjectPermission.objects.filter(group=role_of(places["market"], "clerk")).count() == 2


def test_a_new_department_gets_its_groups_without_a_second_person(root: Department, system: User) -> None:
    make: Callable[[], Department] = lambda: make_department("new", parent=root)  # noqa: E731
    with acting(user_id=system.pk):
        ensure_role_groups(make())
    assert DepartmentGroupObjectPermission.objects.filter(content_object__slug="new").count() > 3
