"""Triggers that close what the history triggers cannot see: TRUNCATE, and a primary key that gets another value.

TRUNCATE is refused on every tracked table, on every partitioned one and on those to which the application may only
add, for the owner too. A partition has a guard of its own, made with it, because a statement that empties a partition
does not ask its parent.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.db import models
from psycopg import Connection, sql

from .declarations import declaring
from .history import is_tracked

NO_TRUNCATE: Final = "refuse_truncate"
NO_NEW_KEY: Final = "refuse_new_key"


def guards() -> Iterator[tuple[type[models.Model], str]]:
    """Model and name of each guard that its table must have."""
    for model in apps.get_models():
        if is_tracked(model):
            yield model, NO_TRUNCATE
            yield model, NO_NEW_KEY
    for model in {*declaring("partitioned_by"), *declaring("add_only")}:
        yield model, NO_TRUNCATE


def statement(model: type[models.Model], guard: str, table: sql.Composable | None = None) -> sql.Composed:
    """What makes a guard on the table of a model, where the search path finds it, or on ``table``."""
    key: Any = model._meta.pk.column
    if guard == NO_TRUNCATE:
        text = "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
    else:
        # After, and for this column alone: an UPDATE of other columns does not even look at it.
        text = "AFTER UPDATE OF {key} ON {table} FOR EACH ROW WHEN (OLD.{key} IS DISTINCT FROM NEW.{key})"
    return sql.SQL("CREATE OR REPLACE TRIGGER {guard} " + text + " EXECUTE FUNCTION public.{guard}()").format(
        guard=sql.Identifier(guard), table=table or sql.Identifier(model._meta.db_table), key=sql.Identifier(key)
    )


def install(database: Connection) -> None:
    """Make the guards, as owner; one that was changed or switched off is as it should be again."""
    for model, guard in guards():
        name = sql.Identifier("public", model._meta.db_table).as_string(database)
        tables = database.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE oid = to_regclass(%s)"
            " UNION ALL SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = to_regclass(%s)",
            [name, name],
        ).fetchall()
        for (table,) in tables:
            database.execute(statement(model, guard, sql.SQL(table)))
