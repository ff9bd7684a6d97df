"""Which tables a request looked into, as the database itself counted, and how foreign rows stand.

An answer follows from the request and the tables that were read for it. If none of these is a table to which the
foreign rows were added, the answer with them is the answer without them, and need not be asked for again.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from tests.planting import ROOM, THEIRS, Model, is_numbered, models_of_departments, path_to_department

from .personas import Persona


def _written(table: str) -> str:
    """How many rows the transaction has written, those included that were rolled back to a savepoint."""
    return " + ".join(f"pg_stat_get_xact_tuples_{done}({table})" for done in ("inserted", "updated", "deleted"))


def _ask(statement: str, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()


def writes_by_table() -> dict[int, int]:
    """Identity of each table -> how many of its rows this transaction has written."""
    return dict(_ask(f"SELECT oid, {_written('oid')} FROM pg_class WHERE relkind = 'r'"))


def tables_of(models: Iterable[Model]) -> list[int]:
    """Identities of the models' tables."""
    names = [f'"{model._meta.db_table}"' for model in models]
    return [key for (key,) in _ask("SELECT name::regclass::oid FROM unnest(%s::text[]) AS name", names)]


class Use(NamedTuple):
    """What was done with the watched tables."""

    read: bool
    written: bool

    @property
    def counts(self) -> bool:
        """Whether the answer may be another one when rows are added."""
        return self.read or self.written


class Watch:
    """Watches the tables to which foreign rows are added (``planted``), and whether something is written that belongs
    to a department."""

    def __init__(self, planted: list[int]) -> None:
        indexes = _ask("SELECT indexrelid FROM pg_index WHERE indrelid = ANY (%s)", planted)
        self._read = [*planted, *(key for (key,) in indexes)]
        self._write = sorted({*planted, *tables_of(models_of_departments())})
        self._counts = self._count()

    def since(self) -> Use:
        """What was done since this was asked last."""
        (reads, writes), (more_reads, more_writes) = self._counts, self._count()
        self._counts = more_reads, more_writes
        return Use(read=reads != more_reads, written=writes != more_writes)

    def _count(self) -> tuple[int, int]:
        (counts,) = _ask(
            f"SELECT (SELECT sum(pg_stat_get_xact_numscans(key)) FROM unnest(%s::oid[]) AS key),"
            f" (SELECT sum({_written('key')}) FROM unnest(%s::oid[]) AS key)",
            self._read,
            self._write,
        )
        return counts


class ForeignRows:
    """The rows of the other department that this person may not write."""

    def __init__(self, department: Any, persona: Persona) -> None:
        statements, self._values = [], []
        for model in models_of_departments():
            if persona.may_write(model):
                continue
            theirs = Q(**{str(path_to_department(model)): department})
            rows = model._base_manager.filter(theirs)
            if persona.works_on_seen and is_numbered(model):
                # What such a role does with the rows that it sees makes more rows of the department.
                rows = rows.filter(pk__gt=THEIRS, pk__lt=THEIRS + ROOM)
            statement, values = rows.values_list().query.sql_with_params()
            statements.append(
                f"SELECT '{model._meta.label}', md5(string_agg(line::text, '' ORDER BY line::text))"
                f" FROM ({statement}) AS line"
            )
            self._values += values
        self._statement = " UNION ALL ".join(statements)
        self._as_planted = self._state()

    def changed(self) -> list[str]:
        """The models of which a row is no longer as it was at first."""
        now = self._state()
        return [label for label, rows in self._as_planted.items() if now[label] != rows]

    def _state(self) -> dict[str, str]:
        return dict(_ask(self._statement, *self._values))
