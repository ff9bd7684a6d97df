"""What holds for every term of repair, and how it is told."""

import datetime
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.dated_rules import NoRule
from apps.core.models import Rule
from apps.objections.repair_terms import (
    HUGE_FINE,
    LISTED,
    OTHER,
    SIMPLIFIED,
    Dishonesty,
    RepairTerm,
    Step,
    classify,
    earliest,
    regime_classes,
)

from .law import RULES, D

REGIMES = {"2019-07-01": "2023-04-30", "2023-05-01": "2026-03-31", "2026-04-01": "2040-12-31"}
DAY = datetime.timedelta(days=1)


def from_publication() -> list[Rule]:
    """Rules under which the term is counted from the publication."""
    others = [rule for rule in RULES if rule.key != "repair.counted-from"]
    return [*others, Rule(key="repair.counted-from", value="publication", unit="term", effective_from=D("2019-07-01"))]


def first_day(term: RepairTerm) -> datetime.date:
    return term.grantable_from or term.publicity_ends_on + DAY


def term_of(decided_on: datetime.date, dishonesty: Dishonesty, protected_field: bool = False) -> RepairTerm:
    return earliest(
        RULES, decided_on=decided_on, published_on=None, dishonesty=dishonesty, protected_field=protected_field
    )


@st.composite
def decisions(draw: st.DrawFn) -> tuple[datetime.date, datetime.date, Dishonesty]:
    """Two days of one regime, in order, and a class that it knows."""
    begun, ended = draw(st.sampled_from(sorted(REGIMES.items())))
    one, other = sorted(draw(st.tuples(*[st.dates(D(begun), D(ended))] * 2)))
    return one, other, draw(st.sampled_from(regime_classes(RULES, one)))


@given(decisions(), st.booleans())
def test_never_before_the_day_from_which_it_is_counted(
    decision: tuple[datetime.date, datetime.date, Dishonesty], protected_field: bool
) -> None:
    decided_on, published_on, dishonesty = decision
    for rules, day in ((RULES, decided_on), (from_publication(), published_on)):
        term = earliest(
            rules,
            decided_on=decided_on,
            published_on=published_on,
            dishonesty=dishonesty,
            protected_field=protected_field,
        )
        assert day == term.counted_from_day <= term.ends_on <= term.publicity_ends_on
        assert day <= first_day(term) <= term.publicity_ends_on + DAY


@given(decisions(), st.booleans())
def test_not_earlier_for_a_later_decision_a_graver_class_or_a_protected_field(
    decision: tuple[datetime.date, datetime.date, Dishonesty], protected_field: bool
) -> None:
    one, later, dishonesty = decision
    term = term_of(one, dishonesty, protected_field)
    assert first_day(term) <= first_day(term_of(later, dishonesty, protected_field))
    assert first_day(term_of(one, dishonesty)) <= first_day(term)
    classes = regime_classes(RULES, one)
    for graver in classes[classes.index(dishonesty) :]:
        assert first_day(term) <= first_day(term_of(one, graver, protected_field))


@pytest.mark.parametrize(
    ("day", "classes"),
    [
        ("2019-06-30", ""),
        ("2019-07-01", "general serious specially-serious"),
        ("2023-04-30", "general serious specially-serious"),
        ("2023-05-01", "general serious"),
        ("2026-03-31", "general serious"),
        ("2026-04-01", "minor general serious"),
    ],
)
def test_which_classes_a_regime_knows(day: str, classes: str) -> None:
    assert " ".join(regime_classes(RULES, D(day))) == classes


def test_where_the_publication_counts_it_must_have_taken_place() -> None:
    rules = from_publication()
    decided, published = D("2026-04-01"), D("2026-04-09")
    term = earliest(rules, decided_on=decided, published_on=published, dishonesty=Dishonesty.GENERAL)
    assert (term.counted_from, term.grantable_from) == ("publication", D("2026-07-10"))
    assert term.publicity_ends_on == D("2027-04-09")
    with pytest.raises(ValueError, match="not published"):
        earliest(rules, decided_on=decided, published_on=None, dishonesty=Dishonesty.GENERAL)


def test_a_rule_that_counts_from_something_else_is_named() -> None:
    rules = from_publication()
    rules[-1].value = "application"
    with pytest.raises(ValueError, match=r"repair\.counted-from.*'application'"):
        earliest(rules, decided_on=D("2026-04-01"), published_on=None, dishonesty=Dishonesty.GENERAL)


def test_the_arithmetic_is_told_step_by_step() -> None:
    term = term_of(D("2024-02-29"), Dishonesty.GENERAL, protected_field=True)
    assert term.steps == (
        (
            Step.REGIME,
            {
                "decided_on": D("2024-02-29"),
                "effective_from": D("2023-05-01"),
                "effective_to": D("2026-04-01"),
                "source": "失信行为纠正后的信用信息修复管理办法（试行）（国家发展改革委令2023年第58号）",
            },
        ),
        (Step.TERM, {"dishonesty": "general", "shortest": 3, "longest": 36}),
        (Step.PROTECTED_FIELD, {"shortest": 12, "longest": 36}),
        (Step.COUNTED_FROM, {"what": "decision_date", "day": D("2024-02-29")}),
        (Step.SHORTEST_ENDS, {"months": 12, "day": D("2025-02-28")}),
        (Step.GRANTABLE_FROM, {"day": D("2025-03-01")}),
        (Step.PUBLICITY_ENDS, {"months": 36, "day": D("2027-02-28")}),
    )


@pytest.mark.parametrize(
    ("decided", "dishonesty", "told"),
    [
        ("2026-04-01", Dishonesty.MINOR, (Step.GRANTABLE_AT_ONCE, {"day": D("2026-04-01")})),
        ("2020-01-15", Dishonesty.SPECIALLY_SERIOUS, (Step.EXCLUDED, {"day": D("2023-01-15")})),
    ],
)
def test_a_term_without_a_shortest_one_is_told(
    decided: str, dishonesty: Dishonesty, told: tuple[Step, dict[str, datetime.date]]
) -> None:
    steps = term_of(D(decided), dishonesty).steps
    assert steps[3] == told
    assert [step for step, _ in steps] == [Step.REGIME, Step.TERM, Step.COUNTED_FROM, told[0], Step.PUBLICITY_ENDS]


@pytest.mark.parametrize(
    ("decided", "kinds", "circumstances", "dishonesty", "because"),
    [
        ("2026-04-01", "警告", "", "minor", "警告"),
        ("2026-04-01", "警告 通报批评", "", "minor", "警告 通报批评"),
        ("2026-04-01", "警告 罚款 没收违法所得", "", "general", "罚款 没收违法所得"),
        ("2026-04-01", "罚款 吊销许可证件", "", "serious", "吊销许可证件"),
        ("2026-04-01", "罚款", HUGE_FINE, "serious", HUGE_FINE),
        ("2026-04-01", "罚款", SIMPLIFIED, "minor", SIMPLIFIED),
        ("2026-04-01", "罚款", f"{SIMPLIFIED} {LISTED}", "serious", LISTED),
        ("2026-04-01", "行政拘留", "", "general", OTHER),
        ("2026-04-01", "警告 其他（责令改正）", "", "general", OTHER),
        ("2026-04-01", "", "", "general", OTHER),
        ("2026-04-01", "", LISTED, "serious", LISTED),
        ("2026-03-31", "吊销许可证件 罚款", HUGE_FINE, "general", "吊销许可证件 罚款"),
        ("2026-03-31", "警告", SIMPLIFIED, "general", "警告"),
        ("2026-03-31", "罚款", LISTED, "serious", LISTED),
        ("2023-04-30", "罚款", HUGE_FINE, "general", "罚款"),
        ("2023-04-30", "罚款 限制从业", "", "serious", "限制从业"),
        ("2023-04-30", "限制从业 责令停产停业 吊销许可证件", "", "specially-serious", "责令停产停业 吊销许可证件"),
    ],
)
def test_the_class_by_the_kinds_of_penalty(
    decided: str, kinds: str, circumstances: str, dishonesty: str, because: str
) -> None:
    present = {name: name in circumstances.split() for name in (SIMPLIFIED, HUGE_FINE, LISTED)}
    found = classify(RULES, D(decided), kinds.split(), **present)
    assert (found.dishonesty, " ".join(found.because)) == (dishonesty, because)


def test_before_the_first_regime_there_is_no_class() -> None:
    with pytest.raises(NoRule, match="2019-06-30"):
        classify(RULES, D("2019-06-30"), ["罚款"])


@pytest.mark.parametrize("begun", REGIMES)
def test_every_regime_puts_known_kinds_into_known_classes(begun: str) -> None:
    item = json.loads(Path("fixtures/catalogue/items/penalty-legal.json").read_text(encoding="utf-8"))
    [choices] = [field["choices"] for field in item["fields"] if field["code"] == "penalty_kinds"]
    rows = [rule for rule in RULES if rule.key.startswith("repair.kinds.") and rule.holds_on(D(begun))]
    assert {rule.key.removeprefix("repair.kinds.") for rule in rows} == set(regime_classes(RULES, D(begun)))
    signs = [sign for rule in rows for sign in rule.value]
    assert len(signs) == len(set(signs))
    assert set(signs) <= {*choices, SIMPLIFIED, HUGE_FINE, LISTED}
    assert set(choices) - set(signs) <= {"行政拘留", "其他"}
