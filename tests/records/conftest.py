"""What every test of records stands on."""

import pytest

from tests.delivered import load_rules

from . import factories


@pytest.fixture
def rules(db: None) -> None:
    """Calendar, dated rules and catalogue as delivered."""
    load_rules()


@pytest.fixture
def market(rules: None) -> factories.Office:
    """A department with its people."""
    return factories.office("market-supervision")


@pytest.fixture
def tax(rules: None) -> factories.Office:
    """Another department."""
    return factories.office("taxation")
