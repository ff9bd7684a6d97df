"""Each lock holds without the other: a queryset that forgets its filter shows nothing, and neither does a database
without policies. Without both the walk finds what is open; so it looks at the right places."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Q
from psycopg import sql

import apps
from apps.audit.row_security import guarded_models
from apps.departments.scope import ScopedQuerySet
from credit_city import roles

from .addresses import Pattern
from .walk import Walk
from .world import world


def filters() -> list[type[ScopedQuerySet]]:
    """All querysets with a row filter, from whatever module of the apps."""
    found = set()
    for module in pkgutil.walk_packages(apps.__path__, "apps."):
        if module.name.endswith(".querysets"):
            for _name, each in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if issubclass(each, ScopedQuerySet) and each is not ScopedQuerySet:
                    found.add(each)
    return sorted(found, key=lambda each: each.__name__)


@pytest.fixture
def unlocked(django_db_setup: None, django_db_blocker: Any, owner_settings: dict[str, Any]) -> Iterator[None]:
    """A database whose policies do nothing."""
    tables = [sql.Identifier(model._meta.db_table) for model in guarded_models()]
    with roles.connect(owner_settings) as owner:
        for table in tables:
            owner.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(table))
        yield
        for table in tables:
            owner.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table))


@pytest.fixture(params=filters(), ids=lambda each: each.__name__)
def forgotten(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queryset that lets every row through.

    A part is looked for in its whole, a file in its record: its own filter alone opens nothing.
    """
    whole = [each for each in filters() if "__" not in each.department_field]
    for each in (request.param, *(whole if "__" in request.param.department_field else ())):
        monkeypatch.setattr(each, "scope_of", lambda self, user, permission=None: Q())


def _walk() -> list[str]:
    def shows_rows(pattern: Pattern) -> bool:
        return pattern.owned or pattern.name == "index"

    return Walk(world("reviewer"), only=shows_rows).run()


def test_without_a_filter_the_database_holds(forgotten: None, db: None) -> None:
    assert not _walk()


def test_without_policies_the_filters_hold(unlocked: None, db: None) -> None:
    assert not _walk()


def test_without_both_the_walk_finds_it(unlocked: None, forgotten: None, db: None) -> None:
    leaks = _walk()
    assert any(" read " in leak for leak in leaks), leaks
