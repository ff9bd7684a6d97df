"""Putting items in force and retiring them."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from apps.catalogue import actions
from apps.catalogue.models import InformationItem, ItemField
from apps.core.models import Rule
from tests.catalogue.factories import make_item, make_user

pytestmark = pytest.mark.django_db

RIGHTS = ("catalogue.activate_informationitem", "catalogue.retire_informationitem")


def longest_disclosure() -> None:
    Rule.objects.get_or_create(
        key="disclosure.max",
        effective_from=datetime.date(2020, 5, 1),
        defaults={"value": 60, "unit": "months", "source": "河南省社会信用条例第十九条"},
    )


def test_an_item_comes_into_force_and_out_again_with_its_reason_in_the_history() -> None:
    user, item = make_user(*RIGHTS), make_item()
    assert actions.activate(user=user, item=item, reason="目录更新").state == "active"
    assert actions.retire(user=user, item=item, reason="目录取消").state == "retired"
    last = InformationItem.history.filter(id=item.pk).latest("history_id")
    assert (last.history_change_reason, last.history_user_id) == ("目录取消", user.pk)


def test_without_a_legal_basis_nothing_comes_into_force() -> None:
    item = make_item(basis=None)
    with pytest.raises(ValidationError) as refused:
        actions.activate(user=make_user(*RIGHTS), item=item)
    assert len(refused.value.messages) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        InformationItem.objects.filter(pk=item.pk).update(state="active")
    item.refresh_from_db()
    assert item.state == "draft"


def test_all_obstacles_are_named_at_once() -> None:
    item = make_item(basis=None, subject_kinds=[], fields=("subject_name",))
    with pytest.raises(ValidationError) as refused:
        actions.activate(user=make_user(*RIGHTS), item=item)
    assert len(refused.value.messages) == 5


@pytest.mark.parametrize(
    ("kind", "nature", "months", "lawful"),
    [
        ("administration", "negative", 60, True),
        ("administration", "negative", 61, False),
        ("administration", "negative", None, False),
        ("serious_list", "negative", None, True),
        ("honour", "positive", None, True),
        ("honour", "positive", 600, True),
    ],
)
def test_dishonesty_information_is_not_shown_for_ever(kind: str, nature: str, months: int | None, lawful: bool) -> None:
    longest_disclosure()
    item = make_item(kind=kind, nature=nature, retention_months=months)
    assert (actions.obstacles(item) == []) is lawful


def test_rights_and_states_are_checked() -> None:
    item = make_item()
    with pytest.raises(PermissionDenied):
        actions.activate(user=make_user(username="somebody"), item=item)
    user = make_user(*RIGHTS)
    with pytest.raises(ValidationError):
        actions.retire(user=user, item=item, reason="未生效")
    actions.activate(user=user, item=item)
    with pytest.raises(ValidationError):
        actions.activate(user=user, item=item)
    with pytest.raises(ValidationError):
        actions.retire(user=user, item=item, reason="  ")


def test_a_field_says_what_is_wrong_with_it() -> None:
    item = make_item(fields=())
    field = ItemField(
        item=item, code="a", label="甲", label_en="a", type="choice", required_if={"field": "b"}, confidential=True
    )
    with pytest.raises(ValidationError) as refused:
        field.full_clean()
    assert set(refused.value.message_dict) == {"choices", "required_if", "public"}
