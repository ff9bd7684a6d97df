"""Between proposal and confirmation the world moves on, and more than one may decide at the same moment."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from apps.departments.actions import StateConflict
from apps.departments.models import (
    Department,
    DepartmentUserObjectPermission,
    Membership,
    TwoPersonChange,
    User,
)
from apps.departments.roles import remove_role
from apps.departments.terms import Act, Role
from apps.departments.two_persons import CONFIRM, State, propose
from tests.departments.factories import propose_role, right, role_of
from tests.departments.test_moving import one_after_the_other
from tests.factories import installing, make_user

pytestmark = pytest.mark.django_db


def a_leaver(person: User, root: Department) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def an_auditor(person: User, root: Department) -> None:
    with installing():
        Membership.objects.create(user=person, group=role_of(root, "audit-administrator"))


def a_member(person: User, root: Department) -> None:
    with installing():
        Membership.objects.create(user=person, group=role_of(Department.objects.get(slug="market"), "clerk"))


@pytest.mark.parametrize("become", [a_leaver, an_auditor, a_member])
def test_who_changed_meanwhile_gets_nothing(
    become: Callable[[User, Department], None], first: User, second: User, root: Department, market: Department
) -> None:
    person = make_user()
    change = propose_role(first, person, market)
    become(person, root)
    before = Membership.objects.filter(user=person).count()
    with pytest.raises(ValidationError):
        CONFIRM(user=second, obj=change)
    assert Membership.objects.filter(user=person).count() == before


def test_a_proposal_falls_with_the_role_of_who_made_it(
    first: User, second: User, root: Department, market: Department
) -> None:
    change = propose_role(first, make_user(), market)
    remove_role(user=second, target=first, role=Role.SECURITY_ADMINISTRATOR, department=root, reason="调离")
    with pytest.raises(StateConflict, match=r"no longer has the role|不再具有"):
        CONFIRM(user=second, obj=change)


def test_an_inactive_administrator_decides_nothing(first: User, second: User, market: Department) -> None:
    change = propose_role(first, make_user(), market)
    User.objects.filter(pk=second.pk).update(is_active=False)
    with pytest.raises(StateConflict):
        CONFIRM(user=second, obj=change)


# At the same moment


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_at_once_give_once(first: User, second: User, root: Department, market: Department) -> None:
    third = make_user(department=root, role="security-administrator")
    person = make_user()
    change = propose_role(first, person, market)
    done, late = one_after_the_other(lambda: CONFIRM(user=second, obj=change), lambda: CONFIRM(user=third, obj=change))
    assert done.decided_by == second
    assert isinstance(late, StateConflict) and second.name in str(late)
    assert Membership.objects.filter(user=person).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_grant_confirmed_while_the_person_becomes_an_administrator(
    first: User, second: User, root: Department, market: Department
) -> None:
    third = make_user(department=root, role="security-administrator")
    person = make_user()
    grant = propose(user=first, act=Act.PERSON_GRANT, person=person, permission=right(), department=market, reason="x")
    office = propose_role(first, person, root, "audit-administrator")
    done, late = one_after_the_other(lambda: CONFIRM(user=second, obj=grant), lambda: CONFIRM(user=third, obj=office))
    assert done.state == State.CONFIRMED and isinstance(late, ValidationError)
    assert DepartmentUserObjectPermission.objects.filter(user=person).exists()
    assert not Membership.objects.filter(user=person).exists()


@pytest.mark.django_db(transaction=True)
def test_a_confirmation_while_the_role_of_the_one_who_confirms_is_taken(
    first: User, second: User, root: Department, market: Department
) -> None:
    change = propose_role(first, make_user(), market)

    def take() -> None:
        remove_role(user=first, target=second, role=Role.SECURITY_ADMINISTRATOR, department=root, reason="调离")

    _taken, late = one_after_the_other(take, lambda: CONFIRM(user=second, obj=change))
    assert isinstance(late, StateConflict)
    assert TwoPersonChange.objects.get().state == State.WAITING
