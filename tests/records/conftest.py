"""What every test of records stands on."""

import pytest

from . import factories


@pytest.fixture
def rules(db: None) -> None:
    """Calendar, dated rules and catalogue as delivered."""
    factories.load_rules()


@pytest.fixture
def market(rules: None) -> factories.Office:
    """A department with its people."""
    return factories.office("market-supervision")


@pytest.fixture
def tax(rules: None) -> factories.Office:
    """Another department."""
    return factories.office("taxation")
