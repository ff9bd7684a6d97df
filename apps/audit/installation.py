"""What belongs to the database and to no migration: functions, partitions, guards. ``checks`` looks for differences."""

from psycopg import Connection

from . import guards, upkeep
from .declarations import declaring
from .functions import FUNCTIONS, SCHEMA
from .partitions import partition


def install(database: Connection) -> None:
    """Bring the database up to what the models declare. Safe to repeat; run after every ``migrate``.

    ``database`` is a connection as owner in autocommit mode. Grant the application role its rights afterwards
    (``roles.grant``). Raises PartitionError.
    """
    with database.transaction():
        database.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        for function in FUNCTIONS:
            database.execute(function.definition())
    for model in declaring("partitioned_by"):
        partition(database, model)
    database.execute("SELECT public.make_months_ahead()")
    with database.transaction():
        guards.install(database)
        upkeep.install(database)
