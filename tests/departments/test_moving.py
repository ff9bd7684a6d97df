"""Departments that change places at the same moment: the tree stays a tree, and paths stay true."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from apps.departments.models import Department
from tests.factories import installing, make_department

pytestmark = pytest.mark.django_db(transaction=True)


def one_after_the_other(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """Both on connections of their own: the second begins while the first has not committed yet."""
    results: list[Any] = [None, None]
    begun, tried = threading.Event(), threading.Event()

    def lead() -> None:
        with transaction.atomic():
            results[0] = first()
            begun.set()
            tried.wait(timeout=1)

    def follow() -> None:
        assert begun.wait(timeout=10)
        try:
            results[1] = second()
        except Exception as error:
            results[1] = error
        finally:
            tried.set()

    def run(part: Callable[[], None]) -> None:
        try:
            part()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[part]) for part in (lead, follow)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return results


def move(department: Department, parent: Department) -> Callable[[], None]:
    def moved() -> None:
        department.parent = parent
        with installing():
            department.save()

    return moved


def test_a_path_follows_a_department_above_that_moves_at_the_same_moment() -> None:
    root = make_department("root")
    upper, other, leaf = (make_department(slug, parent=root) for slug in ("upper", "other", "leaf"))
    one_after_the_other(move(upper, other), move(leaf, upper))
    leaf.refresh_from_db()
    assert leaf.path == "root/other/upper/leaf/"


def test_two_departments_never_stand_below_each_other() -> None:
    root = make_department("root")
    left, right = (make_department(slug, parent=root) for slug in ("left", "right"))
    results = one_after_the_other(move(left, right), move(right, left))
    assert isinstance(results[1], ValidationError)
    assert set(Department.objects.values_list("path", flat=True)) == {"root/", "root/right/", "root/right/left/"}
