"""From which day a record may be repaired, and why. Pure: the rules come in as values.

Three regimes follow one another: 发改办财金〔2019〕527号, 国家发展改革委令2023年第58号 and 2025年第36号. The day of the
decision on record tells which of them applies, not the day of the application, for rules do not reach back
(立法法 104; docs/decisions/0016-which-repair-rule.md). What a regime sets stands in dated rules:

repair.<class>          shortest and longest publicity in months; a class without such a rule is unknown to the regime
repair.protected-field  the same for food, drugs, special equipment, work safety and fire
repair.counted-from     decision_date or publication
repair.kinds.<class>    kinds of penalty, and circumstances, that put a decision into the class
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from apps.core.dated_rules import NoRule, pick_rule
from apps.core.models import Rule
from apps.core.workdays import ONE_DAY, months_after


class Dishonesty(StrEnum):
    """Classes of dishonesty, the mildest first. The values stand in the keys of the rules."""

    MINOR = "minor"
    GENERAL = "general"
    SERIOUS = "serious"
    SPECIALLY_SERIOUS = "specially-serious"


# Why a decision falls into a class, where no kind of penalty says it.
SIMPLIFIED: Final = "simplified"
HUGE_FINE: Final = "huge_fine"
LISTED: Final = "listed"
OTHER: Final = "other"

DECISION_DATE: Final = "decision_date"
PUBLICATION: Final = "publication"


@dataclass(frozen=True)
class Classification:
    """A class and what puts the decision there: kinds of penalty, SIMPLIFIED, HUGE_FINE, LISTED, or OTHER for a kind
    that the regime does not name."""

    dishonesty: Dishonesty
    because: tuple[str, ...]


class Step(StrEnum):
    """A step of the arithmetic, told with its parameters."""

    REGIME = "regime"
    """decided_on, effective_from, effective_to, source: the rules of the day of the decision."""
    TERM = "term"
    """dishonesty, shortest, longest: what the class gives, in months."""
    PROTECTED_FIELD = "protected_field"
    """shortest, longest: the term of the protected fields, which is the longer one."""
    COUNTED_FROM = "counted_from"
    """what (DECISION_DATE or PUBLICATION), day."""
    SHORTEST_ENDS = "shortest_ends"
    """months, day: the last day of the shortest publicity."""
    GRANTABLE_FROM = "grantable_from"
    """day: the day after."""
    GRANTABLE_AT_ONCE = "grantable_at_once"
    """day: there is no shortest publicity."""
    EXCLUDED = "excluded"
    """day: no repair before the publicity ends by itself."""
    PUBLICITY_ENDS = "publicity_ends"
    """months, day: the last day of the longest publicity."""


@dataclass(frozen=True)
class RepairTerm:
    """When a record may be repaired.

    of_class          the rule of the class
    rule              the rule that sets the term: that of the class or, when it is longer, of the protected fields
    counting          the rule that says from when the term is counted
    counted_from_day  that day; it is not part of the term itself (民法典 201)
    """

    decided_on: datetime.date
    dishonesty: Dishonesty
    of_class: Rule
    rule: Rule
    counting: Rule
    counted_from_day: datetime.date

    @property
    def counted_from(self) -> str:
        """DECISION_DATE or PUBLICATION."""
        return str(self.counting.value)

    @property
    def shortest_months(self) -> int:
        return self.rule.bounds[0]

    @property
    def longest_months(self) -> int:
        return self.rule.bounds[1]

    @property
    def ends_on(self) -> datetime.date:
        """Last day of the shortest publicity."""
        return months_after(self.counted_from_day, self.shortest_months)

    @property
    def publicity_ends_on(self) -> datetime.date:
        """Last day of the longest publicity, after which the record is no longer shown anyway."""
        return months_after(self.counted_from_day, self.longest_months)

    @property
    def grantable_from(self) -> datetime.date | None:
        """First day on which repair can be granted: the day after the shortest publicity, or the day from which it is
        counted when there is none. None when repair is excluded as long as the publicity lasts."""
        if not self.shortest_months:
            return self.counted_from_day
        return None if self.shortest_months == self.longest_months else self.ends_on + ONE_DAY

    @property
    def steps(self) -> tuple[tuple[Step, dict[str, Any]], ...]:
        """The arithmetic, in order."""
        steps: list[tuple[Step, dict[str, Any]]] = [
            (
                Step.REGIME,
                {
                    "decided_on": self.decided_on,
                    "effective_from": self.of_class.effective_from,
                    "effective_to": self.of_class.effective_to,
                    "source": self.of_class.source,
                },
            ),
            (Step.TERM, {"dishonesty": self.dishonesty, **_months(self.of_class)}),
        ]
        if self.rule is not self.of_class:
            steps.append((Step.PROTECTED_FIELD, _months(self.rule)))
        steps.append((Step.COUNTED_FROM, {"what": self.counted_from, "day": self.counted_from_day}))
        if not self.shortest_months:
            steps.append((Step.GRANTABLE_AT_ONCE, {"day": self.counted_from_day}))
        elif self.grantable_from is None:
            steps.append((Step.EXCLUDED, {"day": self.publicity_ends_on}))
        else:
            steps.append((Step.SHORTEST_ENDS, {"months": self.shortest_months, "day": self.ends_on}))
            steps.append((Step.GRANTABLE_FROM, {"day": self.grantable_from}))
        steps.append((Step.PUBLICITY_ENDS, {"months": self.longest_months, "day": self.publicity_ends_on}))
        return tuple(steps)


def _months(rule: Rule) -> dict[str, Any]:
    return dict(zip(("shortest", "longest"), rule.bounds, strict=True))


def regime_classes(rules: Collection[Rule], decided_on: datetime.date) -> tuple[Dishonesty, ...]:
    """The classes that the regime of that day knows, the mildest first; none before 2019-07-01."""
    keys = {rule.key for rule in rules if rule.holds_on(decided_on)}
    return tuple(dishonesty for dishonesty in Dishonesty if f"repair.{dishonesty}" in keys)


def classify(
    rules: Collection[Rule],
    decided_on: datetime.date,
    penalty_kinds: Collection[str],
    *,
    simplified: bool = False,
    huge_fine: bool = False,
    listed: bool = False,
) -> Classification:
    """The class of a decision by its kinds of penalty (处罚类别), of several the gravest; a proposal to be checked.

    Where the regime names decisions on the spot (``simplified``), their kinds do not matter. ``huge_fine`` and
    ``listed`` (on a list of serious dishonesty) weigh where it names them. A kind that it does not name makes general
    dishonesty. Raises NoRule before the first regime.
    """
    named = {
        sign: dishonesty
        for dishonesty in Dishonesty
        for rule in rules
        if rule.key == f"repair.kinds.{dishonesty}" and rule.holds_on(decided_on)
        for sign in rule.value
    }
    if not named:
        raise NoRule(f"repair.kinds.{Dishonesty.GENERAL}", decided_on)
    if simplified and SIMPLIFIED in named:
        signs = [SIMPLIFIED]
    else:
        signs = [kind if kind in named else OTHER for kind in penalty_kinds] or [OTHER]
    signs += [sign for sign, present in ((HUGE_FINE, huge_fine), (LISTED, listed)) if present and sign in named]
    classes = {sign: named.get(sign, Dishonesty.GENERAL) for sign in signs}
    gravest = max(classes.values(), key=list(Dishonesty).index)
    return Classification(gravest, tuple(sign for sign, dishonesty in classes.items() if dishonesty is gravest))


def earliest(
    rules: Collection[Rule],
    *,
    decided_on: datetime.date,
    published_on: datetime.date | None,
    dishonesty: Dishonesty,
    protected_field: bool = False,
) -> RepairTerm:
    """When the record of a decision may be repaired, under the regime in force on the day of the decision.

    ``protected_field``: food, drugs, special equipment, work safety or fire; where the regime has a term for these, the
    longer of the two counts. Raises NoRule when no regime was in force or it does not know the class, and ValueError
    when the term is counted from a publication that has not taken place, or from a day of another name.
    """
    of_class = pick_rule(rules, f"repair.{dishonesty}", decided_on)
    counting = pick_rule(rules, "repair.counted-from", decided_on)
    candidates = [of_class]
    if protected_field:
        candidates += [rule for rule in rules if rule.key == "repair.protected-field" and rule.holds_on(decided_on)]
    return RepairTerm(
        decided_on=decided_on,
        dishonesty=dishonesty,
        of_class=of_class,
        rule=max(candidates, key=lambda rule: rule.bounds),
        counting=counting,
        counted_from_day=_counted_from(counting, decided_on, published_on),
    )


def _counted_from(rule: Rule, decided_on: datetime.date, published_on: datetime.date | None) -> datetime.date:
    if rule.value == DECISION_DATE:
        return decided_on
    if rule.value != PUBLICATION:
        raise ValueError(f"rule {rule} says {rule.value!r}: it must say {DECISION_DATE} or {PUBLICATION}")
    if published_on is None:
        raise ValueError(f"rule {rule} counts from the publication, and the record is not published")
    return published_on
