"""What every test of cases stands on."""

import pytest

from tests.delivered import load_rules
from tests.records.factories import Office

from . import factories


@pytest.fixture
def rules(db: None) -> None:
    """Calendar, dated rules and catalogue as delivered."""
    load_rules()


@pytest.fixture
def centre(rules: None) -> factories.Centre:
    """The credit centre with two officers."""
    return factories.centre()


@pytest.fixture
def office(rules: None) -> Office:
    """A department of the city with its people."""
    return factories.office()
