"""How PostgreSQL tends the tables that grow: when it vacuums and analyses them, how closely it samples their columns.

A model says ``upkeep = Upkeep(...)`` beside its fields. Tables to which rows are only added (``add_only``, the months
of ``partitioned_by``) need no word. ``install`` brings the database to it, ``differences`` compares. Why these numbers:
docs/decisions/0020-maintenance.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.apps import apps
from django.db import models
from psycopg import Connection, sql

from .declarations import declaring

SAMPLED: Final = 500
"""Statistics target of a column that is sampled closely: 150,000 rows instead of 30,000, 500 common values."""

_CHANGING: Final = {
    "autovacuum_vacuum_scale_factor": "0.02",
    "autovacuum_vacuum_insert_scale_factor": "0.02",
    "autovacuum_analyze_scale_factor": "0.01",
}
_ONLY_ADDED: Final = {
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
    # Nobody changes these rows: frozen at the first vacuum, they need no other.
    "autovacuum_freeze_min_age": "0",
}
# A queue: few rows live, each is written several times.
_OF_LIBRARIES: Final = {"procrastinate_jobs": _CHANGING, "procrastinate_events": _CHANGING}


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """What a table of many rows needs, besides being vacuumed and analysed after a fiftieth or less has changed.

    ``sampled``: fields whose values are uneven, or so many that a plain sample misjudges how often each occurs.
    ``together``: fields that people filter by together and that depend on each other.
    """

    sampled: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=lambda: dict(_CHANGING))


@dataclass(frozen=True)
class _Table:
    name: str
    options: dict[str, str]
    sampled: tuple[str, ...] = ()
    together: tuple[str, ...] = ()

    @property
    def statistics(self) -> str:
        """The name of the statistics of several columns together."""
        return f"{self.name}_together"


def install(database: Connection) -> None:
    """Bring the tables that are there to what is declared, as owner. Nobody at work is held up; safe to repeat."""
    for table in _wanted():
        for name, options in _options(database, table):
            if options != table.options:
                _set_options(database, name, options, table.options)
        columns = _columns(database, table)
        for column, target in columns.items():
            wanted = SAMPLED if column in table.sampled else -1
            if target != wanted:
                statement = "ALTER TABLE {} ALTER {} SET STATISTICS {}"
                database.execute(
                    sql.SQL(statement).format(_public(table.name), sql.Identifier(column), sql.Literal(wanted))
                )
        if columns and (found := _together(database, table)) != sorted(table.together):
            if found:
                database.execute(sql.SQL("DROP STATISTICS {}").format(_public(table.statistics)))
            if table.together:
                database.execute(
                    sql.SQL("CREATE STATISTICS {} (mcv) ON {} FROM {}").format(
                        _public(table.statistics),
                        sql.SQL(", ").join(map(sql.Identifier, table.together)),
                        _public(table.name),
                    )
                )


def differences(database: Connection) -> Iterator[str]:
    """One line for each setting that is not as declared. Any role may ask."""
    for table in _wanted():
        for name, options in _options(database, table):
            for key in sorted({*options, *table.options}):
                if options.get(key) != table.options.get(key):
                    found, wanted = options.get(key, "not set"), table.options.get(key, "not set")
                    yield f"{name}: {key} is {found}, declared: {wanted}"
        columns = _columns(database, table)
        for column, target in columns.items():
            wanted_target = SAMPLED if column in table.sampled else -1
            if target != wanted_target:
                yield f"{table.name}: the statistics target of {column} is {target}, declared: {wanted_target}"
        if columns and _together(database, table) != sorted(table.together):
            yield f"{table.name}: the statistics {table.statistics} are not those of {', '.join(table.together)}"


def _wanted() -> Iterator[_Table]:
    for model in {*declaring("add_only"), *declaring("partitioned_by")} - set(declaring("upkeep")):
        yield _Table(model._meta.db_table, _ONLY_ADDED)
    for model in declaring("upkeep"):
        upkeep: Upkeep = model.upkeep  # type: ignore[attr-defined]
        yield _Table(
            model._meta.db_table,
            upkeep.options,
            tuple(_column(model, name) for name in upkeep.sampled),
            tuple(_column(model, name) for name in upkeep.together),
        )
    for model in apps.get_models():
        if options := _OF_LIBRARIES.get(model._meta.db_table):
            yield _Table(model._meta.db_table, options)


def _column(model: type[models.Model], name: str) -> str:
    found: Any = model._meta.get_field(name)
    return str(found.column)


def _public(name: str) -> sql.Identifier:
    return sql.Identifier("public", name)


def _options(database: Connection, table: _Table) -> list[tuple[str, dict[str, str]]]:
    """The table, or its partitions where it has some, each with what is set on it; names as SQL takes them."""
    rows = database.execute(
        "SELECT format('%%I.%%I', n.nspname, c.relname), coalesce(c.reloptions, '{}')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND (c.oid = %(table)s"
        " OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = %(table)s)) ORDER BY 1",
        {"table": _oid(database, table)},
    )
    return [(name, dict(option.split("=", 1) for option in options)) for name, options in rows]


def _columns(database: Connection, table: _Table) -> dict[str, int]:
    """Statistics target of each column, -1 for the usual one; empty when there is no such table."""
    rows = database.execute(
        "SELECT attname, coalesce(attstattarget, -1) FROM pg_attribute"
        " WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY 1",
        [_oid(database, table)],
    )
    return dict(rows.fetchall())


def _together(database: Connection, table: _Table) -> list[str]:
    """The columns of the statistics that several columns of the table have together."""
    rows = database.execute(
        "SELECT a.attname FROM pg_statistic_ext s JOIN pg_attribute a ON a.attrelid = s.stxrelid"
        " AND a.attnum = ANY (s.stxkeys) WHERE s.stxrelid = %s AND s.stxname = %s ORDER BY 1",
        [_oid(database, table), table.statistics],
    )
    return [name for (name,) in rows]


def _oid(database: Connection, table: _Table) -> int | None:
    (oid,) = database.execute("SELECT to_regclass(%s)::oid", [f'public."{table.name}"']).fetchone() or (None,)
    return oid


def _set_options(database: Connection, name: str, found: dict[str, str], wanted: dict[str, str]) -> None:
    relation = sql.SQL("ALTER TABLE " + name)
    if gone := [key for key in found if key not in wanted]:
        database.execute(relation + sql.SQL(" RESET ({})").format(sql.SQL(", ").join(map(sql.Identifier, gone))))
    pairs = [sql.SQL("{} = {}").format(sql.Identifier(key), sql.Literal(value)) for key, value in wanted.items()]
    if pairs:
        database.execute(relation + sql.SQL(" SET ({})").format(sql.SQL(", ").join(pairs)))
