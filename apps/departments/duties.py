"""Which administrator writes where, held by the database: what no page of the own role changes is refused.

The function is ``departments_check_duty`` (migration ``two_persons``); its trigger stands on every table that has a
history and is open to everybody. A table with row security needs none: an administrator holds no grant, so the context
opens no row there. Accounts have a trigger of their own: everybody changes the own password.
"""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.db import connections, models

from apps.audit.row_security import Open, security_of

from .models import User

_NAME = "check_duty"


def _guarded() -> list[type[models.Model]]:
    """The models whose tables bear the trigger."""
    return [
        model
        for model in apps.get_models()
        if hasattr(model._meta, "simple_history_manager_attribute")
        and isinstance(security_of(model), Open)
        and model is not User
    ]


def _open_tables(using: str) -> list[type[models.Model]]:
    """Models whose table exists and does not bear the trigger, or bears it switched off."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
            " AND to_regproc('public.departments_check_duty') IS NOT NULL AND NOT EXISTS (SELECT FROM pg_trigger t"
            " WHERE t.tgrelid = c.oid AND t.tgname = %s AND t.tgenabled IN ('O', 'A')"
            " AND t.tgfoid = to_regproc('public.departments_check_duty'))",
            [_NAME],
        )
        open_to_all = {name for (name,) in cursor.fetchall()}
    return [model for model in _guarded() if model._meta.db_table in open_to_all]


def install(using: str = "default", **kwargs: Any) -> None:
    """Put the trigger on every table that lacks it (after each ``migrate``, as the owner)."""
    for model in _open_tables(using):
        table = connections[using].ops.quote_name(model._meta.db_table)
        with connections[using].cursor() as cursor:
            cursor.execute(f"DROP TRIGGER IF EXISTS {_NAME} ON {table}")
            cursor.execute(
                f"CREATE TRIGGER {_NAME} BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH STATEMENT"
                " WHEN (nullif(current_setting('app.user_id', true), '') IS NOT NULL)"
                " EXECUTE FUNCTION departments_check_duty(%s, %s)",
                [model._meta.app_label, model._meta.model_name],
            )


def check_duties(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Tables on which somebody removed the trigger or switched it off."""
    return [
        Error(
            f"Nothing keeps the administrators apart on the table {model._meta.db_table}.",
            hint="Run `manage.py init_database`.",
            obj=model,
            id="departments.E001",
        )
        for using in databases or []
        for model in _open_tables(using)
    ]
