"""Statement-level triggers that write history rows, whatever door a change comes through."""

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


class HistoryTriggerSql(compiler.UpsertTriggerSql):
    """The installation template of a history trigger.

    Unlike the package's own it cannot be switched off by a session setting, and it runs with the rights of the
    schema's owner, because the application role may not write history itself.
    """

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}() RETURNS TRIGGER AS $$
                BEGIN
                    {func}
                    RETURN NULL;
                END;
            $$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid} {when} {operation} ON {table} {referencing}
                FOR EACH STATEMENT EXECUTE FUNCTION {execute};
            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class HistoryTrigger(pgtrigger.Trigger):
    """Copies the rows that a statement inserted, changed or deleted into the history table.

    An UPDATE that leaves every tracked column as it was writes nothing.
    """

    level = pgtrigger.Statement
    when = pgtrigger.After

    def __init__(self, *, history_model: type[models.Model], operation: pgtrigger.Operation) -> None:
        self.history_model = history_model
        old = None if operation == pgtrigger.Insert else "old_rows"
        new = None if operation == pgtrigger.Delete else "new_rows"
        super().__init__(
            name=f"history_{str(operation).lower()}",
            operation=operation,
            referencing=pgtrigger.Referencing(old=old, new=new),
        )

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
            INSERT INTO "{self.history_model._meta.db_table}" ({", ".join(columns)}, {", ".join(_CONTEXT_COLUMNS)})
            SELECT {", ".join(f"r.{column}" for column in columns)}, clock_timestamp(), '{mark}',
                nullif(current_setting('app.user_id', true), '')::bigint,
                nullif(current_setting('app.reason', true), ''),
                coalesce(nullif(current_setting('app.channel', true), ''), 'sql'),
                coalesce(current_setting('app.request_id', true), ''),
                session_user
            FROM {source};
        """

    def compile(self, model: models.Model) -> Any:
        compiled = super().compile(model)
        kwargs = {**compiled.sql.kwargs}
        kwargs.pop("ignore_func_name", None)
        compiled.sql = HistoryTriggerSql(**kwargs)
        return compiled
