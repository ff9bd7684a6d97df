"""Giving takes two persons: what one proposes has no effect until another one confirms it."""

import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from apps.departments.actions import StateConflict
from apps.departments.models import (
    Department,
    DepartmentGroupObjectPermission,
    Membership,
    User,
)
from apps.departments.roles import remove_role
from apps.departments.scope import departments_of, forget_grants
from apps.departments.terms import Act, Role
from apps.departments.two_persons import (
    CONFIRM,
    PROPOSE_END_FOUR_EYES,
    PROPOSE_MOVE,
    REFUSE,
    TAKE_BACK,
    State,
    propose,
)
from tests.departments.factories import propose_role, right, role_of
from tests.factories import installing, make_user

pytestmark = pytest.mark.django_db


def rights(person: User, permission: str = "view_records") -> frozenset[int]:
    forget_grants(person)
    return departments_of(person, permission)


# Giving


def test_a_role_takes_effect_when_a_second_person_confirms(first: User, second: User, market: Department) -> None:
    person = make_user(department=market)
    change = propose_role(first, person, market)
    assert rights(person) == frozenset() and not person.groups.exists()
    done = CONFIRM(user=second, obj=change)
    assert rights(person) == {market.pk}
    assert (done.state, done.decided_by, done.decided_at is not None) == (State.CONFIRMED, second, True)
    proposed, decided = change.history.order_by("history_id")
    assert [(each.history_user_id, each.history_change_reason, each.state) for each in (proposed, decided)] == [
        (first.pk, "入职", State.WAITING),
        (second.pk, "入职", State.CONFIRMED),
    ]
    given = Membership.objects.get(user=person).history.get()
    assert (given.history_user_id, given.history_change_reason) == (second.pk, "入职")


def test_a_grant_to_a_person_takes_effect_when_confirmed(
    first: User, second: User, market: Department, tax: Department
) -> None:
    person = make_user(department=market, role="clerk")
    change = propose(
        user=first, act=Act.PERSON_GRANT, person=person, permission=right(), department=tax, reason="联合检查"
    )
    assert rights(person) == {market.pk}
    CONFIRM(user=second, obj=change)
    assert rights(person) == {market.pk, tax.pk}
    with pytest.raises(ValidationError, match=r"exists already|已存在"):
        propose(user=first, act=Act.PERSON_GRANT, person=person, permission=right(), department=tax, reason="x")


def test_a_grant_to_a_group_takes_effect_when_confirmed(
    first: User, second: User, market: Department, tax: Department
) -> None:
    person = make_user(department=market, role="clerk")
    team = role_of(market, "clerk")
    change = propose(user=first, act=Act.GROUP_GRANT, group=team, permission=right(), department=tax, reason="x")
    assert rights(person) == {market.pk}
    CONFIRM(user=second, obj=change)
    assert rights(person) == {market.pk, tax.pk}


def test_a_department_moves_when_a_security_administrator_confirms(
    system: User, first: User, root: Department, market: Department, tax: Department
) -> None:
    chief = make_user(department=market, role="clerk")
    change = PROPOSE_MOVE(user=system, obj=tax, parent=market, reason="机构改革")
    assert rights(chief) == {market.pk}
    CONFIRM(user=first, obj=change)
    tax.refresh_from_db()
    assert tax.path == "zhengzhou/market/tax/"
    assert rights(chief) == {market.pk, tax.pk}
    moved = tax.history.latest()
    # The platform moves it: the pages of neither administrator reach both. The change itself names the two.
    assert (moved.history_user_id, moved.history_change_reason) == (None, "机构改革")


def test_four_eyes_end_when_a_security_administrator_confirms(system: User, first: User, market: Department) -> None:
    change = PROPOSE_END_FOUR_EYES(user=system, obj=market, reason="人员不足")
    market.refresh_from_db()
    assert market.four_eyes
    CONFIRM(user=first, obj=change)
    market.refresh_from_db()
    assert not market.four_eyes
    assert PROPOSE_END_FOUR_EYES.why_not(system, market)


def test_a_move_in_a_circle_is_refused_when_proposed_and_when_confirmed(
    system: User, first: User, root: Department, market: Department, tax: Department
) -> None:
    with pytest.raises(ValidationError, match=r"below itself|自己的下级"):
        PROPOSE_MOVE(user=system, obj=root, parent=market, reason="x")
    there = PROPOSE_MOVE(user=system, obj=tax, parent=market, reason="x")
    back = PROPOSE_MOVE(user=system, obj=market, parent=tax, reason="x")
    CONFIRM(user=first, obj=there)
    with pytest.raises(ValidationError):
        CONFIRM(user=first, obj=back)
    back.refresh_from_db()
    assert back.state == State.WAITING


# Who


@pytest.mark.parametrize("act", [Act.ROLE, Act.MOVE])
def test_only_the_administrator_of_the_kind_proposes(
    act: Act, first: User, system: User, root: Department, market: Department, tax: Department
) -> None:
    concerned: dict[str, Any] = {
        Act.ROLE: {"person": make_user(), "group": role_of(market, "clerk")},
        Act.MOVE: {"department": tax, "parent": market},
    }[act]
    others = [
        system if act == Act.ROLE else first,
        make_user(department=root, role="audit-administrator"),
        make_user(department=market, role="reviewer"),
        make_user(is_superuser=True),
    ]
    for user in others:
        with pytest.raises(PermissionDenied):
            propose(user=user, act=act, reason="x", **concerned)


def test_only_another_security_administrator_confirms_or_refuses(
    first: User, second: User, system: User, root: Department, market: Department
) -> None:
    change = propose_role(first, make_user(), market)
    others = [
        first,
        system,
        make_user(department=root, role="audit-administrator"),
        make_user(department=market, role="reviewer"),
        make_user(is_superuser=True),
    ]
    for user in others:
        for decision in (CONFIRM, REFUSE):
            assert not decision.allowed(user, change)
            with pytest.raises(StateConflict):
                decision(user=user, obj=change, reason="x")
    assert CONFIRM.allowed(second, change)


def test_nobody_proposes_or_confirms_for_themselves(first: User, second: User, market: Department) -> None:
    with pytest.raises(PermissionDenied):
        propose_role(first, first, market)
    person = make_user(department=market)
    change = propose_role(first, person, market)
    # The one whom it concerns has become a security administrator meanwhile.
    with installing():
        Membership.objects.create(user=person, group=role_of(market.parent, "security-administrator"))  # type: ignore[arg-type]
    with pytest.raises(StateConflict, match=r"concerns you|涉及您本人"):
        CONFIRM(user=person, obj=change)


def test_nobody_gets_into_a_group_whose_grant_they_gave_or_confirmed(
    first: User, second: User, market: Department, tax: Department, root: Department
) -> None:
    team = role_of(market, "clerk")
    CONFIRM(
        user=second,
        obj=propose(user=first, act=Act.GROUP_GRANT, group=team, permission=right(), department=tax, reason="x"),
    )
    third, fourth = (make_user(department=root, role="security-administrator") for _ in range(2))
    for giver in (first, second):
        remove_role(user=third, target=giver, role=Role.SECURITY_ADMINISTRATOR, department=root, reason="调离")
        with pytest.raises(ValidationError, match=r"nobody uses such a grant|不得使用本人给予的授权"):
            propose_role(third, giver, market)
    # Once the grant is gone, or given anew by others, the way is free.
    DepartmentGroupObjectPermission.objects.get(group=team, content_object=tax).delete()
    CONFIRM(user=fourth, obj=propose_role(third, first, market))
    assert rights(first) == {market.pk}


def test_administrators_of_security_can_not_give_each_other_grants(
    first: User, second: User, root: Department, market: Department
) -> None:
    third = make_user(department=root, role="security-administrator")
    with pytest.raises(ValidationError):
        propose(user=first, act=Act.PERSON_GRANT, person=third, permission=right(), department=market, reason="x")
    with pytest.raises(ValidationError):
        propose_role(first, third, market)
    team = role_of(root, "security-administrator")
    with pytest.raises(ValidationError):
        propose(user=first, act=Act.GROUP_GRANT, group=team, permission=right(), department=market, reason="x")


# Not giving


def test_a_refusal_names_its_reason_and_gives_nothing(first: User, second: User, market: Department) -> None:
    person = make_user()
    change = propose_role(first, person, market)
    with pytest.raises(ValidationError):
        REFUSE(user=second, obj=change, reason=" ")
    refused = REFUSE(user=second, obj=change, reason="不在编")
    assert (refused.state, refused.answer, refused.decided_by) == (State.REFUSED, "不在编", second)
    assert change.history.latest().history_change_reason == "不在编"
    with pytest.raises(StateConflict):
        CONFIRM(user=second, obj=change)
    assert rights(person) == frozenset()


def test_a_proposal_is_taken_back_by_who_made_it(first: User, second: User, market: Department) -> None:
    person = make_user()
    change = propose_role(first, person, market)
    with pytest.raises(StateConflict):
        TAKE_BACK(user=second, obj=change, reason="x")
    assert TAKE_BACK(user=first, obj=change, reason="填错").state == State.TAKEN_BACK
    with pytest.raises(StateConflict):
        CONFIRM(user=second, obj=change)
    # And may be made anew, by anybody.
    propose_role(second, person, market)


def test_a_proposal_that_waited_too_long_lapses(first: User, second: User, market: Department, settings: Any) -> None:
    person = make_user()
    settings.TWO_PERSON_DAYS = 0
    change = propose_role(first, person, market)
    assert change.lapsed
    with pytest.raises(StateConflict, match=r"lapsed|失效"):
        CONFIRM(user=second, obj=change)
    assert rights(person) == frozenset()
    settings.TWO_PERSON_DAYS = 7
    anew = propose_role(first, person, market)
    assert timezone.now() + datetime.timedelta(days=6) < anew.expires_at


def test_the_same_is_not_proposed_twice(first: User, second: User, market: Department) -> None:
    person = make_user()
    propose_role(first, person, market)
    with pytest.raises(ValidationError, match=r"proposed this already|已提出"):
        propose_role(second, person, market)


def test_a_proposal_needs_a_reason(first: User, market: Department) -> None:
    with pytest.raises(ValidationError):
        propose(user=first, act=Act.ROLE, person=make_user(), group=role_of(market, "clerk"), reason="  ")
