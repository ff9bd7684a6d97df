"""System checks: every model says who may see its rows, and the database holds to it and keeps the history."""

from typing import Any

from django.core.checks import CheckMessage, Error, Warning
from django.db import connections

from . import differences, row_security, upkeep


def every_model_declares(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """audit.E002 for each model without ``row_security``."""
    return [
        Error(
            f"{model._meta.label} does not say who may see its rows.",
            hint="Set row_security on the model: DepartmentRows(), RowsOf(...), InternalRows(...), OwnRows(...) or "
            "Open(why=...) of apps.audit.row_security.",
            obj=model,
            id="audit.E002",
        )
        for model in row_security.undeclared()
    ]


def database_holds_to_it(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """audit.E001 for each policy of a named database that is not what its model declares."""
    messages: list[CheckMessage] = []
    for alias in databases or ():
        wrapper: Any = connections[alias]
        wrapper.ensure_connection()
        for line in row_security.differences(wrapper.connection, wrapper.settings_dict["ROLES"]):
            messages.append(Error(line, hint="Run `manage.py init_database` as the owner.", id="audit.E001"))
    return messages


def history_is_kept(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """audit.E003 for each trigger, partition, function or right of a named database that is not as declared."""
    hint = (
        "Find out who changed it. `manage.py init_database` mends partitions, guards, functions and rights, "
        "`DATABASE_ROLE=owner manage.py pgtrigger install` the declared triggers."
    )
    messages: list[CheckMessage] = []
    for alias in databases or ():
        wrapper: Any = connections[alias]
        wrapper.ensure_connection()
        for line in differences.differences(wrapper.connection, wrapper.settings_dict["ROLES"]["app"]):
            messages.append(Error(line, hint=hint, id="audit.E003"))
    return messages


def tables_are_tended(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """audit.W001 for each table of a named database that is vacuumed, analysed or sampled otherwise than declared."""
    messages: list[CheckMessage] = []
    for alias in databases or ():
        wrapper: Any = connections[alias]
        wrapper.ensure_connection()
        for line in upkeep.differences(wrapper.connection):
            messages.append(Warning(line, hint="Run `manage.py init_database` as the owner.", id="audit.W001"))
    return messages
