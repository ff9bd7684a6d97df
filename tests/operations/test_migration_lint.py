"""A migration that would hold people up, or break the release beside it, is found before it is released."""

from functools import cache
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

from tools import lint_migrations

pytestmark = pytest.mark.django_db

INDEX = models.Index(fields=["source"], name="calendarday_source")
DANGEROUS: dict[str, tuple[Any, set[str]]] = {
    "an index that blocks writers": (migrations.AddIndex("calendarday", INDEX), {"require-concurrent-index-creation"}),
    "a column that the running release does not fill": (
        migrations.AddField("calendarday", "office", models.CharField(max_length=9, default="")),
        {"ban-drop-default"},
    ),
    "a column that the running release still reads": (
        migrations.RemoveField("calendarday", "source"),
        {"ban-drop-column"},
    ),
    "a column that it knows by another name": (
        migrations.RenameField("calendarday", "source", "origin"),
        {"renaming-column"},
    ),
    "a table that is written anew": (
        migrations.AlterField("calendarday", "is_working", models.TextField()),
        {"changing-column-type"},
    ),
    "a constraint that reads the whole table": (
        migrations.AddConstraint(
            "calendarday", models.CheckConstraint(condition=~models.Q(source=""), name="calendarday_has_source")
        ),
        {"constraint-missing-not-valid"},
    ),
}
HARMLESS = {
    "a column with a default that stays": migrations.AddField(
        "calendarday", "office", models.CharField(max_length=9, db_default="")
    ),
    "a new table with its index": migrations.CreateModel(
        "Office",
        [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=9, db_index=True))],
    ),
}


def migration(*operations: Any, **attributes: Any) -> Any:
    """A migration of the app `core` that comes after all others."""
    made = type("Migration", (migrations.Migration,), {"operations": list(operations), **attributes})
    return made("9999_example", "core")


@cache
def state() -> Any:
    """The project as the migrations leave it. Put together once: it takes seconds."""
    return MigrationLoader(None).project_state()


def objections(of: Any) -> list[str]:
    return list(lint_migrations.objections(of, state().clone()))


def rules(of: Any) -> set[str]:
    return {line.split(": ")[1] for line in objections(of)}


@pytest.mark.parametrize("name", DANGEROUS)
def test_what_is_dangerous_is_named(name: str) -> None:
    operation, broken = DANGEROUS[name]
    assert rules(migration(operation)) == broken


@pytest.mark.parametrize("name", HARMLESS)
def test_what_holds_nobody_up_passes(name: str) -> None:
    assert rules(migration(HARMLESS[name])) == set()


@pytest.mark.django_db(transaction=True)
def test_an_index_is_made_while_people_write() -> None:
    assert rules(migration(AddIndexConcurrently("calendarday", INDEX), atomic=False)) == set()


def test_what_must_be_is_accepted_with_a_reason_alone() -> None:
    operation, (rule,) = DANGEROUS["a column that the running release still reads"]
    assert rules(migration(operation, accepted={rule: "no release since 1.4 reads it"})) == set()
    assert rules(migration(operation, accepted={rule: " "})) == {rule}


def test_what_is_accepted_for_nothing_is_named() -> None:
    found = objections(
        migration(HARMLESS["a column with a default that stays"], accepted={"ban-drop-column": "because"})
    )
    assert [line.split(" is accepted")[0] for line in found] == ["core.9999_example: ban-drop-column"]


def test_the_released_migrations_are_there() -> None:
    known = {".".join(key) for key in MigrationLoader(None).disk_migrations}
    released = lint_migrations.RELEASED.read_text().split()
    assert released and set(released) <= known
