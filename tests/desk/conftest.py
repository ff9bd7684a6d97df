"""What every test of the desk stands on."""

import pytest

from tests.delivered import load_rules
from tests.records import factories


@pytest.fixture
def market(db: None) -> factories.Office:
    """A department with its people, calendar, rules and catalogue."""
    load_rules()
    return factories.office("market-supervision")


@pytest.fixture
def tax(market: factories.Office) -> factories.Office:
    """Another department."""
    return factories.office("taxation")
