"""Tables that grow with every change are kept in monthly partitions: history, and whatever else declares it.

A model says ``partitioned_by = "history_date"``: the name of its moment, a timestamp that is never null. Django knows
one plain table; ``partition`` turns it into a partitioned one, whose primary key is the model's key and the moment, and
whose months lie in the schema ``history``, out of the application's reach. Rows of a month that has no partition go to
a default one, so a write never fails; they move when their month is made.
"""

from collections.abc import Callable
from typing import Any, Final

from django.db import connection, models
from psycopg import Connection, sql

from .functions import SCHEMA

LONGEST_NAME: Final = 63 - len("_default")
"""Bytes that the name of a partitioned table may have, so that those of its partitions are no longer than 63."""

Run = Callable[..., list[Any]]


class PartitionError(Exception):
    """A table cannot be partitioned; the text names it and the mend."""


def make_months_ahead() -> int:
    """Make the partitions of this month and the next three where they are missing; returns how many were.

    Any role may ask: the function in the database does it with the owner's rights, and nothing else. Raises
    OperationalError when a reader of a whole table does not end within five seconds; nothing is done then.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.make_months_ahead()")
        (made,) = cursor.fetchone()
    return int(made)


_MONTHS_AHEAD: Final = """
    WITH months AS (
        SELECT i.inhparent AS parent,
            substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \\(''([^'']+)')::timestamptz AS first
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    )
    SELECT min(ahead) - 1
    FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partdefid, generate_series(0, 12) AS ahead
    WHERE c.relnamespace = 'history'::regnamespace AND (ahead = 12 OR NOT EXISTS (
        SELECT FROM months WHERE parent = p.partrelid AND first
            = (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead)) AT TIME ZONE 'UTC'
    ))
"""


def months_ahead() -> int:
    """For how many months after this one every table kept in months has its partition; -1 where this month is missing.

    The worker keeps three ahead. Any role may ask.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS_AHEAD)
        (ahead,) = cursor.fetchone()
    return int(ahead)


def analyze_months() -> None:
    """Collect statistics of the tables kept in months, as wholes. Any role may ask; raises OperationalError when a
    table is locked for longer than five seconds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.analyze_months()")


def partition(database: Connection, model: type[models.Model]) -> bool:
    """Partition the table of a model, in a transaction of its own; its rows go to their months.

    ``database`` is a connection as owner in autocommit mode. Returns whether there was anything to do: a table that is
    partitioned already, or does not exist yet, is left alone. The new table begins without rights for anybody but its
    owner, until ``roles.grant`` gives them; under row security it shows nothing until its policies are made.
    Raises PartitionError when the name is too long, when a unique constraint stands in the way, or when the rows are
    not the same afterwards.
    """
    key: Any = model._meta.pk.column
    name, moment = model._meta.db_table, model.partitioned_by  # type: ignore[attr-defined]
    if len(name.encode()) > LONGEST_NAME:
        raise PartitionError(f"{name}: the name is too long for its partitions, give a db_table of {LONGEST_NAME}.")
    parts = {
        "table": sql.Identifier("public", name),
        "aside": sql.Identifier(SCHEMA, name),
        "default": sql.Identifier(SCHEMA, f"{name}_default"),
        "sequence": sql.Identifier("public", f"{name}_{key}_seq"),
        "key": sql.Identifier(key),
        "moment": sql.Identifier(moment),
        # As texts, for functions that take the name of a relation.
        "table_text": sql.Literal(f'public."{name}"'),
        "aside_text": sql.Literal(f'{SCHEMA}."{name}"'),
        "key_text": sql.Literal(key),
        "sequence_text": sql.Literal(f'public."{name}_{key}_seq"'),
    }

    def run(statement: str, **more: sql.Composable) -> list[Any]:
        cursor = database.execute(sql.SQL(statement).format(**parts, **more))
        return cursor.fetchall() if cursor.description else []

    with database.transaction():
        found = run("SELECT relkind::text, relrowsecurity, relforcerowsecurity FROM pg_class"
                    " WHERE oid = to_regclass({table_text})")  # fmt: skip
        if not found or found[0][0] != "r":
            return False
        _, secured, forced = found[0]
        run("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        # Indexes and sequences go along, so their names are free again.
        run("ALTER TABLE {table} SET SCHEMA {schema}", schema=sql.Identifier(SCHEMA))
        run("ALTER TABLE {aside} NO FORCE ROW LEVEL SECURITY")
        run("CREATE TABLE {table} (LIKE {aside} INCLUDING ALL EXCLUDING IDENTITY EXCLUDING INDEXES)"
            " PARTITION BY RANGE ({moment})")  # fmt: skip
        run("ALTER TABLE {table} ADD PRIMARY KEY ({key}, {moment})")
        _take_over_sequence(run)
        _take_over_the_rest(run, name)
        _take_rights_away(run)
        _make_partitions(run)
        run("INSERT INTO {table} SELECT * FROM {aside}")
        fingerprint = "SELECT count(*), sum(hashtextextended(row::text, 0)::numeric) FROM {} AS row"
        if run(fingerprint.replace("{}", "{table}")) != run(fingerprint.replace("{}", "{aside}")):
            raise PartitionError(f"{name}: the rows are not the same after they were moved; nothing was changed.")
        run("DROP TABLE {aside}")
        if secured:
            run("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        if forced:
            run("ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    return True


def _take_over_sequence(run: Run) -> None:
    """A sequence of the same name goes on with the next number. (PostgreSQL 15 has no identity in partitions.)"""
    ((old,),) = run("SELECT pg_get_serial_sequence({aside_text}, {key_text})")
    run("CREATE SEQUENCE {sequence} OWNED BY {table}.{key}")
    run("SELECT setval({sequence_text}, last_value, is_called) FROM {old}", old=sql.SQL(old))
    run("ALTER TABLE {table} ALTER {key} SET DEFAULT nextval({sequence_text})")


def _take_over_the_rest(run: Run, name: str) -> None:
    for index, definition, unique in run(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisunique FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = {aside_text}::regclass AND NOT i.indisprimary"
    ):
        if unique:
            raise PartitionError(f"{name}: a partitioned table cannot keep the unique index {index}, remove it.")
        run(definition.replace(f" ON {SCHEMA}.", " ON public.", 1))
    for constraint, definition in run(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = {aside_text}::regclass AND contype = 'f'"
    ):
        run("ALTER TABLE {table} ADD CONSTRAINT {name} " + definition, name=sql.Identifier(constraint))
    for (definition,) in run(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = {aside_text}::regclass AND NOT tgisinternal"
    ):
        run(definition.replace(f" ON {SCHEMA}.", " ON public.", 1))


def _take_rights_away(run: Run) -> None:
    """Default privileges gave the application role writes on the new table."""
    for (role,) in run(
        "SELECT DISTINCT a.grantee::regrole::text FROM pg_class c, aclexplode(c.relacl) a"
        " WHERE c.oid IN ({table_text}::regclass, {sequence_text}::regclass) AND a.grantee NOT IN (0, c.relowner)"
    ):
        run("REVOKE ALL ON {table} FROM {role}", role=sql.SQL(role))
        run("REVOKE ALL ON SEQUENCE {sequence} FROM {role}", role=sql.SQL(role))


def _make_partitions(run: Run) -> None:
    run("CREATE TABLE {default} PARTITION OF {table} DEFAULT")
    run("CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {default}"
        " FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_truncate()")  # fmt: skip
    run(
        "SELECT history.add_month({table_text}::regclass, month AT TIME ZONE 'UTC')"
        " FROM (SELECT DISTINCT date_trunc('month', {moment} AT TIME ZONE 'UTC') AS month FROM {aside}) AS found"
    )
    run("SELECT history.add_months_ahead({table_text}::regclass)")
