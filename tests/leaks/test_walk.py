"""Every address as every person: nothing of another department comes back, and nothing of it changes.

A person takes a minute or more, so this runs when it is asked for: ``LEAKS=share`` (each person tries a fourth of the
searches and forms) or ``LEAKS=all``.
"""

import os

import pytest

from .personas import PERSONAS
from .walk import Walk, world


@pytest.mark.skipif("LEAKS" not in os.environ, reason="takes minutes: LEAKS=share or LEAKS=all runs it")
@pytest.mark.django_db
@pytest.mark.parametrize("name", PERSONAS)
def test_nothing_foreign_is_found(name: str) -> None:
    walk = Walk(world(name))
    leaks = walk.run()
    assert not leaks, f"{len(leaks)} leaks\n" + "\n".join(leaks[:40])
