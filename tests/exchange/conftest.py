"""Departments with their people, and the item most files are about."""

import pytest

from apps.catalogue.models import InformationItem
from tests.delivered import load_rules
from tests.records import factories


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


@pytest.fixture
def penalty(rules: None) -> InformationItem:
    return factories.item("penalty-legal")
