"""An action checks for itself: visibility, right, state, reason, inside one transaction on the locked row."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from apps.departments.actions import NotVisible, StateConflict
from apps.departments.models import Department, DepartmentUserObjectPermission, User
from tests.departments.desk import Officer, close
from tests.factories import grant, make_department, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def department() -> Department:
    return make_department("market")


@pytest.fixture
def officer(department: Department) -> Officer:
    return Officer.objects.create(department=department, name="王", since=datetime.date(2026, 1, 1))


@pytest.fixture
def reviewer(department: Department) -> User:
    user = make_user()
    grant(user, "view_records", department)
    grant(user, "review_records", department)
    return user


def test_it_is_done_and_the_history_says_who_and_why(officer: Officer, reviewer: User) -> None:
    done = close(user=reviewer, obj=officer, reason=" left the post ")
    assert done.state == "closed"
    last = officer.history.first()
    assert (last.history_user_id, last.history_change_reason, last.post) == (reviewer.pk, "left the post", "closed")


def test_a_missing_reason_is_refused(officer: Officer, reviewer: User) -> None:
    with pytest.raises(ValidationError) as error:
        close(user=reviewer, obj=officer, reason="  ")
    assert "reason" in error.value.message_dict


def test_a_row_out_of_sight_does_not_exist(officer: Officer) -> None:
    stranger = make_user()
    grant(stranger, "review_records", officer.department)
    with pytest.raises(NotVisible):
        close(user=stranger, obj=officer, reason="x")


def test_seeing_is_not_doing(officer: Officer) -> None:
    viewer = make_user()
    grant(viewer, "view_records", officer.department)
    assert not close.allowed(viewer, officer)
    with pytest.raises(PermissionDenied):
        close(user=viewer, obj=officer, reason="x")


def test_a_stale_object_meets_the_state_of_the_row(officer: Officer, reviewer: User) -> None:
    stale = Officer.objects.get(pk=officer.pk)
    close(user=reviewer, obj=officer, reason="first")
    assert stale.state == "open"
    with pytest.raises(StateConflict):
        close(user=reviewer, obj=stale, reason="second")
    assert officer.history.filter(post="closed").count() == 1


def test_a_right_taken_away_counts_at_once(officer: Officer, reviewer: User) -> None:
    assert close.allowed(reviewer, officer)
    DepartmentUserObjectPermission.objects.filter(user=reviewer, permission__codename="review_records").delete()
    with pytest.raises(PermissionDenied):
        close(user=reviewer, obj=officer, reason="x")


def test_a_row_of_another_department_in_disguise_is_not_touched(officer: Officer, reviewer: User) -> None:
    """The object handed in may lie about its department: what counts is the row."""
    other = Officer.objects.create(department=make_department("tax"), name="李", since=datetime.date(2026, 1, 1))
    other.department = officer.department
    with pytest.raises(NotVisible):
        close(user=reviewer, obj=other, reason="x")
