"""Rules by date: what holds when, and what the database refuses."""

import datetime
import json
from pathlib import Path

import pytest
from django.contrib.admin import site
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import translation

from apps.core.dated_rules import NoRule, deadline_under, pick_rule, rule_at
from apps.core.models import Rule
from apps.core.reference import load_rules, seed_calendar

D = datetime.date.fromisoformat
pytestmark = pytest.mark.django_db


def rule(key: str = "test.days", start: str = "2020-01-01", end: str | None = None, value: object = 7) -> Rule:
    return Rule(
        key=key,
        value=value,
        unit="working_days",
        effective_from=D(start),
        effective_to=D(end) if end else None,
        source="-",
    )


@pytest.mark.parametrize(
    ("key", "date", "value", "unit"),
    [
        ("publicity.deadline", "2016-05-01", 7, "working_days"),
        ("publicity.verify", "2026-01-01", 5, "working_days"),
        ("withdraw.department", "2026-01-01", 3, "working_days"),
        ("withdraw.platform", "2026-01-01", 1, "working_days"),
        ("disclosure.max", "2026-01-01", 60, "months"),
        ("objection.self", "2026-01-01", 3, "working_days"),
        ("objection.source", "2026-01-01", 3, "working_days"),
        ("objection.total", "2026-01-01", 7, "working_days"),
        ("repair.general", "2019-07-01", {"shortest": 3, "longest": 12}, "months"),
        ("repair.serious", "2020-01-01", {"shortest": 6, "longest": 36}, "months"),
        ("repair.specially-serious", "2023-04-30", {"shortest": 36, "longest": 36}, "months"),
        ("repair.general", "2023-05-01", {"shortest": 3, "longest": 36}, "months"),
        ("repair.protected-field", "2024-01-01", {"shortest": 12, "longest": 36}, "months"),
        ("repair.counted-from", "2026-03-31", "decision_date", "term"),
        ("repair.counted-from", "2019-07-01", "decision_date", "term"),
        ("repair.counted-from", "2026-04-01", "decision_date", "term"),
        ("repair.minor", "2026-04-01", {"shortest": 0, "longest": 3}, "months"),
        ("repair.general", "2026-04-01", {"shortest": 3, "longest": 12}, "months"),
        ("repair.serious", "2030-01-01", {"shortest": 12, "longest": 36}, "months"),
    ],
)
def test_the_rule_in_force_on_a_day(key: str, date: str, value: object, unit: str) -> None:
    load_rules()
    found = rule_at(key, D(date))
    assert found.value == value
    assert found.unit == unit
    assert found.source


@pytest.mark.parametrize(("key", "date"), [("repair.minor", "2026-03-31"), ("no.such", "2026-01-01")])
def test_a_gap_is_an_error_that_names_key_and_day(key: str, date: str) -> None:
    load_rules()
    with pytest.raises(NoRule, match=f"{key}.*{date}"):
        rule_at(key, D(date))
    with pytest.raises(NoRule):
        pick_rule(Rule.objects.all(), key, D(date))


def test_rules_already_read_are_picked_by_date() -> None:
    load_rules()
    rules = list(Rule.objects.filter(key="repair.general"))
    assert pick_rule(rules, "repair.general", D("2023-04-30")).bounds == (3, 12)
    assert pick_rule(rules, "repair.general", D("2023-05-01")).bounds == (3, 36)


def test_a_period_is_counted_under_a_rule() -> None:
    load_rules()
    seed_calendar()
    deadline = deadline_under(rule_at("publicity.deadline", D("2025-12-29")), D("2025-12-29"))
    assert deadline.date == D("2026-01-08")
    with pytest.raises(TypeError, match=r"repair\.general"):
        deadline_under(rule_at("repair.general", D("2026-05-01")), D("2026-05-01"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("2020-01-01", None), ("2021-01-01", None)),
        (("2020-01-01", None), ("2019-01-01", None)),
        (("2020-01-01", "2021-01-02"), ("2021-01-01", "2022-01-01")),
        (("2020-01-01", "2022-01-01"), ("2020-06-01", "2020-07-01")),
        (("2020-01-01", None), ("2020-01-01", None)),
    ],
)
def test_overlapping_rules_of_one_key_are_refused_by_form_and_database(
    first: tuple[str, str | None], second: tuple[str, str | None]
) -> None:
    rule("k", *first).save()
    with pytest.raises(ValidationError):
        rule("k", *second).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        rule("k", *second).save()
    other = rule("another", *second)
    other.full_clean()
    other.save()


def test_a_rule_may_begin_on_the_day_on_which_another_ends() -> None:
    rule("k", "2020-01-01", "2021-01-01").save()
    following = rule("k", "2021-01-01")
    following.full_clean()
    following.save()
    assert rule_at("k", D("2020-12-31")).effective_to == D("2021-01-01")
    assert rule_at("k", D("2021-01-01")) == following
    following.full_clean()


def test_a_rule_must_end_after_it_begins() -> None:
    with pytest.raises(ValidationError):
        rule("k", "2020-01-01", "2020-01-01").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        rule("k", "2020-01-01", "2019-01-01").save()


@pytest.mark.parametrize("value", ["7", 7.5, True, -1, {"shortest": 3}, {"shortest": 5, "longest": 3}, [7]])
def test_a_value_that_is_no_amount_is_refused(value: object) -> None:
    with pytest.raises(ValidationError) as error:
        rule(value=value).full_clean()
    assert "value" in error.value.message_dict


def test_loading_again_keeps_what_a_person_changed(tmp_path: Path) -> None:
    first = load_rules()
    assert first.added and not first.kept
    Rule.objects.filter(key="publicity.verify").update(value=4)
    again = load_rules()
    assert again.added == 0
    assert again.kept == first.added
    assert again.differing == ["publicity.verify (2020-05-01)"]
    assert rule_at("publicity.verify", D("2026-01-01")).amount == 4


def test_every_rule_of_the_file_names_its_source() -> None:
    rows = json.loads(Path("fixtures/rules.json").read_text(encoding="utf-8"))
    assert all(row["fields"]["source"] for row in rows)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (7, "working_days", "7 个工作日"),
        ({"shortest": 3, "longest": 12}, "months", "3–12 个月"),
        ("decision_date", "term", "decision_date"),
        (["警告", "通报批评"], "term", "警告、通报批评"),
    ],
)
def test_how_a_value_is_listed(value: object, unit: str, shown: str) -> None:
    one = rule(value=value)
    one.unit = unit
    # Whatever language a page before was asked in.
    with translation.override("zh-hans"):
        assert site.get_model_admin(Rule).shown_value(one) == shown
