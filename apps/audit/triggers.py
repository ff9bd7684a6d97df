"""Triggers that write history rows, and those that demand a reason, whatever door a change comes through."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

import pgtrigger
from django.db import models
from pgtrigger import compiler

_CONTEXT_COLUMNS = (
    "history_date",
    "history_type",
    "history_user_id",
    "history_change_reason",
    "history_channel",
    "history_request_id",
    "history_database_user",
)
_FROM_APPLICATION = "NOT pg_has_role(session_user, current_user, 'MEMBER')"
# A session that could act as the owner could set these settings as it likes: what it says of user and door does not
# count. It is a database session, and the row names its login.
_CONTEXT = [
    ("app_reason", "CONSTANT text := nullif(btrim(current_setting('app.reason', true)), '')"),
    ("app_door", "text := 'sql'"),
    ("app_user", "bigint"),
]


class HistoryTriggerSql(compiler.UpsertTriggerSql):
    """The installation template of a trigger that belongs to the history.

    Unlike the package's own it cannot be switched off by a session setting, and it runs with the rights of the
    schema's owner, because the application role may not write history itself.
    """

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}() RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                    RETURN NULL;
                END;
            $$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid} {when} {operation} ON {table} {referencing}
                FOR EACH {level} {condition} EXECUTE FUNCTION {execute};
            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class OwnTrigger(pgtrigger.Trigger):
    """A trigger that is installed by our own template."""

    when = pgtrigger.After

    def compile(self, model: models.Model) -> Any:
        compiled = super().compile(model)
        kwargs = {**compiled.sql.kwargs}
        kwargs.pop("ignore_func_name", None)
        compiled.sql = HistoryTriggerSql(**kwargs)
        return compiled


class HistoryTrigger(OwnTrigger):
    """Copies the rows that a statement inserted, changed or deleted into the history table.

    An UPDATE that leaves every tracked column as it was writes nothing.
    """

    level = pgtrigger.Statement

    def __init__(self, *, history_model: type[models.Model], operation: pgtrigger.Operation) -> None:
        self.history_model = history_model
        old = None if operation == pgtrigger.Insert else "old_rows"
        new = None if operation == pgtrigger.Delete else "new_rows"
        super().__init__(
            name=f"history_{str(operation).lower()}",
            operation=operation,
            referencing=pgtrigger.Referencing(old=old, new=new),
        )

    def get_declare(self, model: models.Model) -> list[tuple[str, str]]:
        return _CONTEXT

    def get_func(self, model: models.Model) -> str:
        columns = [f'"{field.column}"' for field in self.history_model.tracked_fields]  # type: ignore[attr-defined]
        key = f'"{model._meta.pk.column}"'
        rows = "old_rows" if self.operation == pgtrigger.Delete else "new_rows"
        source = f"{rows} AS r"
        if self.operation == pgtrigger.Update:
            before, after = (", ".join(f"{alias}.{column}" for column in columns) for alias in ("o", "r"))
            source += f" JOIN old_rows AS o ON o.{key} = r.{key} WHERE ({after}) IS DISTINCT FROM ({before})"
        mark = {"INSERT": "+", "UPDATE": "~", "DELETE": "-"}[str(self.operation)]
        return f"""
            IF {_FROM_APPLICATION} THEN
                app_door := coalesce(nullif(current_setting('app.channel', true), ''), 'sql');
                app_user := nullif(current_setting('app.user_id', true), '')::bigint;
            END IF;
            INSERT INTO "{self.history_model._meta.db_table}" ({", ".join(columns)}, {", ".join(_CONTEXT_COLUMNS)})
            SELECT {", ".join(f"r.{column}" for column in columns)}, clock_timestamp(), '{mark}', app_user, app_reason,
                app_door, coalesce(current_setting('app.request_id', true), ''), session_user
            FROM {source};
        """


def becomes(field: str, value: str) -> pgtrigger.Q:
    """The condition that an UPDATE gives a field this value, and it had another."""
    return pgtrigger.Q(**{f"new__{field}": value}) & ~pgtrigger.Q(**{f"old__{field}": value})


def changed(*fields: str) -> pgtrigger.Q:
    """The condition that an UPDATE changes one of these fields."""
    return reduce(or_, (pgtrigger.Q(**{f"old__{name}__df": pgtrigger.F(f"new__{name}")}) for name in fields))


class NeedsReason(OwnTrigger):
    """Refuses a change without a reason, by whatever door: ``triggers = [NeedsReason("withdraw", ...)]`` in ``Meta``.

    ``condition`` says which changes, ``what`` names them in the error ("withdrawing a record"). With
    ``in_application`` a database session is let through: its row in the history says door ``sql`` and the login.
    """

    level = pgtrigger.Row

    def __init__(
        self,
        name: str,
        *,
        what: str,
        condition: pgtrigger.Condition,
        operation: pgtrigger.Operation = pgtrigger.Update,
        in_application: bool = False,
    ) -> None:
        self.what = what
        self.in_application = in_application
        super().__init__(name=f"reason_{name}", operation=operation, condition=condition)

    def get_func(self, model: models.Model) -> str:
        missing = "coalesce(btrim(current_setting('app.reason', true)), '') = ''"
        if self.in_application:
            missing += f" AND {_FROM_APPLICATION}"
        table, key = model._meta.db_table, model._meta.pk.column
        return f"""
            IF {missing} THEN
                RAISE EXCEPTION 'A reason is missing: {self.what} needs one ({table}, row %).', NEW."{key}"
                    USING ERRCODE = 'check_violation', CONSTRAINT = '{self.name}', TABLE = '{table}',
                    HINT = 'Say why, in the same transaction: SET LOCAL app.reason = ''...'';';
            END IF;
        """


class LawfulStates(OwnTrigger):
    """Refuses a state that no declared way leads to: ``triggers = [LawfulStates(by="kind", moves=..., ...)]``.

    ``moves`` are the lawful (from, to) pairs of ``field`` for each value of the column ``by``, which a row keeps for
    its life; a value that is not named has no lawful state. ``first`` are the states in which a row may begin. ``once``
    are moves that a row makes once: the boolean column ``mark`` turns true with such a move, and with nothing else, and
    never turns back.
    """

    level = pgtrigger.Row
    when = pgtrigger.Before

    def __init__(
        self,
        *,
        by: str,
        moves: Mapping[str, Sequence[tuple[str, str]]],
        first: Sequence[str],
        once: Sequence[tuple[str, str]],
        mark: str,
        field: str = "state",
    ) -> None:
        self.by, self.moves, self.first, self.once, self.mark, self.field = by, moves, first, once, mark, field
        super().__init__(name="lawful_states", operation=pgtrigger.Insert | pgtrigger.Update)

    def get_func(self, model: models.Model) -> str:
        table, key, state, by, mark = model._meta.db_table, model._meta.pk.column, self.field, self.by, self.mark
        refused = f"USING ERRCODE = 'check_violation', CONSTRAINT = '{self.name}', TABLE = '{table}'"
        beginnings = _rows((kind, each) for kind in self.moves for each in self.first)
        moves = _rows((kind, *move) for kind, pairs in self.moves.items() for move in pairs)
        return f"""
            IF TG_OP = 'INSERT' THEN
                IF (NEW.{by}, NEW.{state}) NOT IN ({beginnings}) OR NEW.{mark} THEN
                    RAISE EXCEPTION 'Nothing begins like this: % % ({table}).', NEW.{by}, NEW.{state} {refused};
                END IF;
                RETURN NEW;
            END IF;
            IF NEW.{by} <> OLD.{by} THEN
                RAISE EXCEPTION 'What began as % stays so ({table}, row %).', OLD.{by}, NEW."{key}" {refused};
            END IF;
            IF NEW.{state} <> OLD.{state} AND (NEW.{by}, OLD.{state}, NEW.{state}) NOT IN ({moves}) THEN
                RAISE EXCEPTION 'No action leads from % to % ({table}, row %).',
                    OLD.{state}, NEW.{state}, NEW."{key}" {refused};
            END IF;
            IF (NOT OLD.{mark} AND NEW.{mark}) <> ((OLD.{state}, NEW.{state}) IN ({_rows(self.once)}))
                OR OLD.{mark} AND NOT NEW.{mark} THEN
                RAISE EXCEPTION 'This step is made once, and {mark} says so ever after: % to % ({table}, row %).',
                    OLD.{state}, NEW.{state}, NEW."{key}" {refused};
            END IF;
            RETURN NEW;
        """


class FollowsOtherRows(OwnTrigger):
    """Refuses to set a boolean column by hand: it follows from other rows, and a trigger of theirs alone writes it.

    ``triggers = FollowsOtherRows.on("under_objection")``: two of them, so that rows where it stays pay nothing.
    """

    level = pgtrigger.Row
    when = pgtrigger.Before

    @classmethod
    def on(cls, field: str) -> list["FollowsOtherRows"]:
        """The triggers for one column."""
        begins = pgtrigger.Q(**{f"new__{field}": True})
        return [
            cls(field, name=f"follows_{field}_insert", operation=pgtrigger.Insert, condition=begins),
            cls(field, name=f"follows_{field}_update", operation=pgtrigger.UpdateOf(field), condition=changed(field)),
        ]

    def __init__(self, field: str, **kwargs: Any) -> None:
        self.field = field
        super().__init__(**kwargs)

    def get_func(self, model: models.Model) -> str:
        table = model._meta.db_table
        return f"""
            IF pg_trigger_depth() < 2 THEN
                RAISE EXCEPTION '{self.field} follows from other rows and is not set by hand ({table}, row %).', NEW.id
                    USING ERRCODE = 'check_violation', CONSTRAINT = '{self.name}', TABLE = '{table}';
            END IF;
            RETURN NEW;
        """


def _text(value: str) -> str:
    quoted = value.replace("'", "''")
    return f"'{quoted}'"


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return ", ".join(f"({', '.join(map(_text, row))})" for row in rows)
