"""The walk looks at every model and every address: what it could not look at is told, with what to add."""

import pytest
from django.test import Client
from django.urls import resolve

from tests.planting import Side, is_owned, models_of_departments, planters

from .addresses import addresses, patterns
from .answers import text_of
from .reading import Watch, tables_of
from .world import world

UNUSED = {"guardian.UserObjectPermission": "guardian's own table stays empty; grants stand in ours"}


@pytest.fixture
def ours(db: None) -> Side:
    return world("clerk").ours


def test_every_model_that_leads_to_a_department_is_planted(ours: Side) -> None:
    planted = {model for planter in planters() for model in planter.models}
    for model in models_of_departments():
        label, app = model._meta.label, model._meta.app_label
        if label in UNUSED:
            continue
        assert model in planted, (
            f"Nothing looks for leaks of {label}: its rows lead to a department. Write a planter for it in"
            f" tests/{app}/factories.py, decorated with @plants({model.__name__}); tests/planting.py says how."
        )
        assert model._base_manager.exists(), f"The planter of {label} makes no row of it."


def test_every_owned_model_carries_marks(ours: Side) -> None:
    marked = {model for model, _name in ours.marks.values()}
    for model in models_of_departments():
        texts = [
            field for field in model._meta.concrete_fields if field.get_internal_type() in {"CharField", "TextField"}
        ]
        if is_owned(model) and any(not field.choices and field.editable for field in texts):
            assert model in marked, f"No text of a planted {model._meta.label} would be known again: give it marks."


def test_every_address_can_be_filled(ours: Side) -> None:
    for pattern in patterns():
        filled = addresses(pattern, {})
        assert filled, f"No address for {pattern.route}: plant a row that it can show."
        for address in filled:
            assert resolve(address).url_name == (pattern.name or None), (
                f"{address} does not lead to {pattern.route}: say in tests/leaks/addresses.py what fills it."
            )


def test_our_own_marks_are_shown_to_our_own_people(ours: Side) -> None:
    """Marks that no page ever shows would prove nothing."""
    client = Client(headers={"accept-language": "zh-hans"})
    # Sees what a clerk sees, and cases.
    client.force_login(ours.office.reviewer)
    marked = {model for model, _name in ours.marks.values() if is_owned(model)}
    watches = {model: Watch(tables_of([model])) for model in marked}
    shown = ""
    for pattern in patterns():
        if pattern.owned and pattern.name.rpartition("_")[2] in {"changelist", "change", "history", "annotated"}:
            shown += "".join(text_of(client.get(address)) for address in addresses(pattern, {}))
    seen = {ours.marks[mark] for mark in ours.marks if mark in shown}
    for model in marked:
        # What no page looks into cannot be shown either.
        is_read = watches[model].since().read
        assert not is_read or any(of is model for of, _name in seen), (
            f"No mark of {model._meta.label} is ever shown: mark what is."
        )
    assert len({of for of, _name in seen}) > 3
