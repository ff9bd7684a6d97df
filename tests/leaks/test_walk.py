"""Every address as every person: nothing of another department comes back, and nothing of it changes.

Each person tries a fourth of the searches and forms; with the environment variable LEAKS=all everybody tries all.
"""

import pytest

from .personas import PERSONAS
from .walk import Walk
from .world import world


@pytest.mark.django_db
@pytest.mark.parametrize("name", PERSONAS)
def test_nothing_foreign_is_found(name: str) -> None:
    leaks = Walk(world(name)).run()
    assert not leaks, f"{len(leaks)} leaks\n" + "\n".join(leaks[:40])
