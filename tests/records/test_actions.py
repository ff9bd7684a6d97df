"""What people do to records: by role, by state, with four eyes, with reasons."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from apps.departments.actions import NotVisible, StateConflict
from apps.records import actions, bulk, rules
from apps.records.attachments import attach
from apps.records.entry import correct
from apps.records.models import Attachment, Record
from tests.factories import installing

from .factories import Office, enter, penalty, put
from .files import upload

DAY = datetime.date(2025, 10, 9)
INPUTS: dict[str, dict[str, Any]] = {
    "submit": {},
    "publish": {},
    "return": {"reason": "金额不符"},
    "withdraw": {"reason": "复议撤销", "kind": "revoked", "changed_on": DAY},
    "discard": {"reason": "重复录入"},
}
ACTIONS = {
    action.name: action
    for action in (actions.submit, actions.publish, actions.return_record, actions.withdraw, actions.discard)
}
ROLES = {
    "submit": {"clerk", "colleague", "reviewer"},
    "publish": {"reviewer"},
    "return": {"reviewer"},
    "withdraw": {"reviewer"},
    "discard": {"clerk", "colleague", "reviewer"},
}


def do(name: str, user: Any, record: Record) -> Record:
    return ACTIONS[name](user=user, obj=record, **INPUTS[name])


@pytest.mark.parametrize("name", ACTIONS)
def test_each_action_leads_from_its_states_only(market: Office, name: str) -> None:
    transition = rules.TRANSITIONS[name]
    for state in Record.State.values:
        record = put(enter(market), state)
        if state in transition.sources:
            done = do(name, market.reviewer, record)
            if transition.target is None:
                assert not Record.objects.filter(document_number=record.document_number).exists()
            else:
                assert done.state == transition.target
        else:
            with pytest.raises(StateConflict):
                do(name, market.reviewer, record)


@pytest.mark.parametrize("name", ACTIONS)
def test_each_action_is_for_its_roles_only(market: Office, name: str) -> None:
    source = min(rules.TRANSITIONS[name].sources)
    for role in ("clerk", "colleague", "reviewer", "viewer"):
        record = put(enter(market), source)
        user = getattr(market, role)
        if role in ROLES[name]:
            do(name, user, record)
        else:
            # To whoever neither enters nor reviews, a draft is not there.
            with pytest.raises((PermissionDenied, NotVisible)):
                do(name, user, record)
            record.refresh_from_db()
            assert record.state == source


@pytest.mark.parametrize("name", ACTIONS)
def test_the_record_of_another_department_is_not_there(market: Office, tax: Office, name: str) -> None:
    record = put(enter(market), min(rules.TRANSITIONS[name].sources))
    with pytest.raises(NotVisible):
        do(name, tax.reviewer, record)


class TestFourEyes:
    def test_the_author_does_not_publish(self, market: Office) -> None:
        record = put(enter(market, user=market.reviewer), "submitted")
        with pytest.raises(StateConflict, match=r"somebody else|他人"):
            actions.publish(user=market.reviewer, obj=record)

    def test_nor_does_whoever_changed_it(self, market: Office) -> None:
        record = put(enter(market), "submitted")
        values = penalty(market, subject=record.subject, content="改")
        correct(user=market.reviewer, obj=record, reason="笔误", values=values, version=1)
        with pytest.raises(StateConflict):
            actions.publish(user=market.reviewer, obj=record)

    def test_where_the_department_does_not_demand_it_one_person_is_enough(self, market: Office) -> None:
        market.department.four_eyes = False
        with installing():
            market.department.save()
        record = put(enter(market, user=market.reviewer), "submitted")
        assert actions.publish(user=market.reviewer, obj=record).reviewer == market.reviewer


def test_the_way_of_a_record(market: Office) -> None:
    record = enter(market)
    record = actions.submit(user=market.clerk, obj=record)
    assert record.submitted_at
    record = actions.return_record(user=market.reviewer, obj=record, reason="金额与决定书不符")
    assert (record.state, record.return_reason) == ("returned", "金额与决定书不符")
    record = actions.submit(user=market.clerk, obj=record)
    assert record.return_reason == ""
    record = actions.publish(user=market.reviewer, obj=record)
    assert record.published_at and record.reviewer == market.reviewer
    record = actions.withdraw(user=market.reviewer, obj=record, reason="复议撤销", kind="revoked", changed_on=DAY)
    # Three working days after Thursday 9 October 2025: the 10th, Saturday the 11th (worked), Monday the 13th.
    assert record.withdrawal_due == datetime.date(2025, 10, 13)
    assert (record.withdrawal, record.withdrawal_reason) == ("revoked", "复议撤销")
    told = list(record.history.order_by("history_id").values_list("state", "history_change_reason"))
    assert told == [
        ("draft", None),
        ("submitted", None),
        ("returned", "金额与决定书不符"),
        ("submitted", None),
        ("published", None),
        ("withdrawn", "复议撤销"),
    ]


@pytest.mark.parametrize("name", ["return", "withdraw", "discard"])
def test_what_undoes_the_work_of_others_demands_a_reason(market: Office, name: str) -> None:
    record = put(enter(market), min(rules.TRANSITIONS[name].sources))
    with pytest.raises(ValidationError):
        ACTIONS[name](user=market.reviewer, obj=record, **(INPUTS[name] | {"reason": "  "}))


@pytest.mark.parametrize("changed_on", [datetime.date(2025, 9, 25), datetime.date(2199, 1, 1)])
def test_a_decision_is_not_revoked_before_it_was_made_nor_tomorrow(market: Office, changed_on: datetime.date) -> None:
    record = put(enter(market), "published")
    with pytest.raises(ValidationError):
        actions.withdraw(user=market.reviewer, obj=record, reason="撤销", kind="revoked", changed_on=changed_on)


def test_what_is_discarded_stays_in_the_history(market: Office, django_capture_on_commit_callbacks: Any) -> None:
    record = enter(market)
    (attachment,) = attach(record, [upload("决定书.pdf")], market.clerk)
    key, stored = record.pk, attachment.file
    with django_capture_on_commit_callbacks(execute=True):
        actions.discard(user=market.clerk, obj=record, reason="重复录入")
    assert not Attachment.objects.exists() and not stored.storage.exists(stored.name)
    last = Record.history.filter(id=key).order_by("-history_id").first()
    assert last and (last.history_type, last.history_change_reason) == ("-", "重复录入")


class TestCorrections:
    def test_a_reason_is_mandatory_and_kept(self, market: Office) -> None:
        record = put(enter(market), "submitted")
        values = penalty(market, subject=record.subject, content="罚款壹万元整")
        with pytest.raises(ValidationError):
            correct(user=market.clerk, obj=record, values=values, version=1)
        changed = correct(user=market.clerk, obj=record, reason="笔误", values=values, version=1)
        assert (changed.state, changed.version, changed.data["content"]) == ("submitted", 2, "罚款壹万元整")
        assert record.history.latest("history_id").history_change_reason == "笔误"

    def test_what_is_public_is_corrected_by_a_reviewer_other_than_the_author(self, market: Office) -> None:
        record = put(enter(market), "published")
        values = penalty(market, subject=record.subject)
        with pytest.raises(StateConflict):
            correct(user=market.clerk, obj=record, reason="笔误", values=values, version=1)
        assert correct(user=market.reviewer, obj=record, reason="笔误", values=values, version=1).state == "published"
        own = put(enter(market, user=market.reviewer), "published")
        with pytest.raises(StateConflict):
            correct(user=market.reviewer, obj=own, reason="笔误", values=values, version=1)

    @pytest.mark.parametrize("state", ["draft", "withdrawn", "archived"])
    def test_other_states_are_not_corrected(self, market: Office, state: str) -> None:
        record = put(enter(market), state)
        with pytest.raises(StateConflict):
            correct(user=market.reviewer, obj=record, reason="笔误", values=penalty(market), version=1)


class TestMany:
    @pytest.mark.parametrize(
        ("many", "single", "source"),
        [
            (bulk.submit_many, actions.submit, "draft"),
            (bulk.publish_many, actions.publish, "submitted"),
            (lambda user, rows: bulk.return_many(user, rows, "退"), actions.return_record, "submitted"),
        ],
    )
    def test_many_are_judged_like_one(
        self, market: Office, tax: Office, many: Callable[..., bulk.Outcome], single: Any, source: str
    ) -> None:
        right = [put(enter(market), source) for _ in range(3)]
        own = put(enter(market, user=market.reviewer), source)
        elsewhere = put(enter(market), "published")
        foreign = put(enter(tax), source)
        outcome = many(market.reviewer, Record.objects.all())
        expected = len(right) + single.allowed(market.reviewer, own)
        assert (outcome.done, outcome.refusals) == (expected, 5 - expected)
        after = dict(Record.objects.values_list("pk", "state"))
        assert {after[record.pk] for record in right} == {rules.TRANSITIONS[single.name].target}
        assert (after[elsewhere.pk], after[foreign.pk]) == ("published", source)

    def test_the_reason_and_the_actor_reach_the_history(self, market: Office) -> None:
        records = [put(enter(market), "submitted") for _ in range(2)]
        bulk.return_many(market.reviewer, Record.objects.all(), "缺少附件")
        for record in records:
            row = record.history.latest("history_id")
            assert (row.history_change_reason, row.history_user, row.return_reason) == (
                "缺少附件",
                market.reviewer,
                "缺少附件",
            )

    def test_a_return_needs_a_reason(self, market: Office) -> None:
        with pytest.raises(ValueError):
            bulk.return_many(market.reviewer, Record.objects.all(), " ")

    def test_the_number_of_queries_does_not_grow(self, market: Office, django_assert_max_num_queries: Any) -> None:
        for _ in range(12):
            put(enter(market), "submitted")
        with django_assert_max_num_queries(12):
            assert bulk.publish_many(market.reviewer, Record.objects.all()).done == 12
