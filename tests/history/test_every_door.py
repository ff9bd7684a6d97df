"""Random work by every door: each state that ever was comes back from history alone, with who, why and how."""

import os

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from psycopg import sql

from apps.audit.context import every_department
from apps.departments.models import LiaisonOfficer
from tests.delivered import load_rules
from tests.records.factories import office

from .kinds import kinds
from .machine import EveryDoor

EXAMPLES = int(os.environ.get("HISTORY_EXAMPLES", "12"))
"""Runs of the machine; a hundred times as many find what is rarer."""
HOW = settings(
    max_examples=EXAMPLES,
    stateful_step_count=20,
    derandomize="HISTORY_EXAMPLES" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, *([Phase.shrink] if "HISTORY_EXAMPLES" in os.environ else [])],
)


@pytest.fixture
def machine(transactional_db: None, owner_connection: psycopg.Connection) -> type[EveryDoor]:
    with every_department():
        load_rules()
        place = office("history")
        made = {"kinds": kinds(place), "department": place.department, "owner": owner_connection}
    return type("Machine", (EveryDoor,), made)


def test_history_follows_every_door(machine: type[EveryDoor]) -> None:
    run_state_machine_as_test(machine, settings=HOW)


@pytest.mark.parametrize("operation", ["insert", "update", "delete"])
def test_a_door_that_is_left_out_is_noticed(
    machine: type[EveryDoor], owner_connection: psycopg.Connection, operation: str
) -> None:
    table = LiaisonOfficer._meta.db_table
    (trigger,) = [
        each.get_pgid(LiaisonOfficer)
        for each in LiaisonOfficer._meta.triggers  # type: ignore[attr-defined]
        if each.name == f"history_{operation}"
    ]
    names = {"table": sql.Identifier(table), "trigger": sql.Identifier(trigger)}
    owner_connection.execute(sql.SQL("ALTER TABLE {table} DISABLE TRIGGER {trigger}").format(**names))
    try:
        with pytest.raises(AssertionError):
            run_state_machine_as_test(machine, settings=HOW)
    finally:
        owner_connection.execute(sql.SQL("ALTER TABLE {table} ENABLE TRIGGER {trigger}").format(**names))
