"""Where the database is not what the models say about history: functions, partitions, triggers, rights.

Any role may ask, nothing is changed. What should be there is made from the declarations, around an empty copy of the
table in the session's temporary schema, and PostgreSQL is asked what it knows of both.
"""

from collections.abc import Iterator
from typing import Any

import pgtrigger
from django.db import models
from psycopg import Connection, sql

from . import guards
from .declarations import declaring, unwritten_tables
from .functions import FUNCTIONS
from .history import history_tables

_FUNCTION = "p.prosrc, p.prosecdef, p.proconfig, p.provolatile::text, p.prolang, p.prorettype"
# All that makes a trigger but for the names of its table and of the function's schema.
_TRIGGERS = f"""
SELECT t.tgname, regexp_replace(
        regexp_replace(pg_get_triggerdef(t.oid), ' EXECUTE FUNCTION .*', ''), ' ON \\S+ (?=REFERENCING|FOR EACH)', ' '),
    t.tgenabled::text, p.proname, {_FUNCTION}
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgrelid = to_regclass(%s) AND NOT t.tgisinternal
"""


def differences(database: Connection, app: str) -> list[str]:
    """One line for each thing that is missing or not as declared; tables that are not migrated yet are left out.

    ``app`` is the name of the application role.
    """
    with database.transaction(force_rollback=True):
        # In these PostgreSQL tells the bounds of partitions.
        database.execute("SET LOCAL TimeZone = 'UTC'")
        database.execute("SET LOCAL DateStyle = 'ISO, YMD'")
        return [*_functions(database), *_partitions(database), *_triggers(database), *_rights(database, app)]


def _functions(database: Connection) -> Iterator[str]:
    for function in FUNCTIONS:
        database.execute(function.definition("pg_temp"))
        query = f"SELECT {_FUNCTION} FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = %s"
        wanted = database.execute(f"{query} AND n.oid = pg_my_temp_schema()", [function.name]).fetchone()
        found = database.execute(f"{query} AND n.nspname = %s", [function.name, function.schema]).fetchone()
        if wanted != found:
            fault = "is not the declared one" if found else "is missing"
            yield f"The function {function.schema}.{function.name} {fault}"


def _partitions(database: Connection) -> Iterator[str]:
    names = [model._meta.db_table for model in declaring("partitioned_by")]
    for (name,) in database.execute(
        "SELECT relname FROM pg_class WHERE relname = ANY (%s) AND relnamespace = 'public'::regnamespace"
        " AND relkind = 'r' ORDER BY 1",
        [names],
    ):
        yield f"{name}: the table is not partitioned"
    for name, month in database.execute(
        "SELECT c.relname, to_char(month, 'YYYY-MM') FROM pg_class c, generate_series("
        "    date_trunc('month', now()), date_trunc('month', now()) + interval '2 months', '1 month') AS month"
        " WHERE c.relname = ANY (%s) AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'p' AND NOT EXISTS ("
        "    SELECT FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid WHERE i.inhparent = c.oid"
        "    AND pg_get_expr(p.relpartbound, p.oid)"
        "        = format('FOR VALUES FROM (%%L) TO (%%L)', month, month + interval '1 month')) ORDER BY 1, 2",
        [names],
    ):
        yield f"{name}: the partition of {month} is missing"
    for name, partition, closed, guarded in database.execute(
        "SELECT c.relname, p.relname, n.nspname = 'history' AND NOT EXISTS ("
        "        SELECT FROM aclexplode(p.relacl) a WHERE a.grantee <> p.relowner),"
        "    EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = p.oid AND t.tgname = %s AND t.tgenabled = 'O')"
        " FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid JOIN pg_namespace n ON n.oid = p.relnamespace"
        " JOIN pg_class c ON c.oid = i.inhparent"
        " WHERE c.relname = ANY (%s) AND c.relnamespace = 'public'::regnamespace AND c.relkind = 'p' ORDER BY 1, 2",
        [guards.NO_TRUNCATE, names],
    ):
        if not closed:
            yield f"{name}: others than the owner may reach the partition {partition}"
        if not guarded:
            yield f"{name}: the trigger {guards.NO_TRUNCATE} of the partition {partition} is missing or switched off"


def _triggers(database: Connection) -> Iterator[str]:
    declared: dict[type[models.Model], list[Any]] = {}
    registered: Any = pgtrigger.registered()
    for model, trigger in registered:
        compiled = trigger.compile(model).sql
        # A function of that name may be missing where it should be: the copy has its own.
        own = type(compiled)(**{**compiled.kwargs, "execute": f"pg_temp.{compiled.pgid}()"})
        declared.setdefault(model, []).append(str(own))
    for model, guard in guards.guards():
        declared.setdefault(model, []).append(guards.statement(model, guard))
    for model, statements in sorted(declared.items(), key=lambda item: item[0]._meta.db_table):
        table = sql.Identifier(model._meta.db_table)
        found = _described(database, sql.Identifier("public", model._meta.db_table))
        if found is None:
            continue
        with database.transaction(force_rollback=True):
            database.execute("SET LOCAL search_path = pg_temp, public")
            database.execute(sql.SQL("CREATE TEMPORARY TABLE {} (LIKE public.{})").format(table, table))
            for statement in statements:
                database.execute(statement)
            wanted = _described(database, sql.Identifier("pg_temp", model._meta.db_table)) or {}
        for name, description in sorted(wanted.items()):
            if name not in found:
                yield f"{model._meta.db_table}: the trigger {name} is missing"
            elif found[name][1] != description[1]:
                yield f"{model._meta.db_table}: the trigger {name} is switched off"
            elif found[name] != description:
                yield f"{model._meta.db_table}: the trigger {name} is not the declared one"


def _described(database: Connection, table: sql.Identifier) -> dict[str, tuple[Any, ...]] | None:
    """Name of each trigger of a table -> what it is; None when there is no such table."""
    name = table.as_string(database)
    if database.execute("SELECT to_regclass(%s)", [name]).fetchone() == (None,):
        return None
    return {trigger: tuple(told) for trigger, *told in database.execute(_TRIGGERS, [name])}


def _rights(database: Connection, app: str) -> Iterator[str]:
    for (name,) in database.execute(
        "SELECT c.relname FROM pg_class c, pg_roles r WHERE c.relname = ANY (%s) AND r.rolname = %s"
        " AND c.relnamespace = 'public'::regnamespace"
        " AND has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') ORDER BY 1",
        [[*history_tables(), *unwritten_tables()], app],
    ):
        yield f"{name}: the role {app} may write history"
