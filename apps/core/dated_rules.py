"""Rules by the day on which they hold. A case keeps the rule under which it was opened."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import cast

from .calendars import current_calendar
from .models import Rule
from .workdays import Deadline, Unit, WorkCalendar


class NoRule(LookupError):
    """No rule of the key is in force on the day."""

    def __init__(self, key: str, date: datetime.date) -> None:
        self.key = key
        self.date = date
        super().__init__(
            f"no rule {key!r} is in force on {date:%Y-%m-%d}: enter one among the dated rules, with its source"
        )


def rule_at(key: str, date: datetime.date) -> Rule:
    """The rule of `key` in force on `date`. Raises NoRule. One query."""
    rule = (
        Rule.objects.filter(key=key, effective_from__lte=date).exclude(effective_to__lte=date).order_by("key").first()
    )
    if rule is None:
        raise NoRule(key, date)
    return rule


def pick_rule(rules: Iterable[Rule], key: str, date: datetime.date) -> Rule:
    """As `rule_at` among rules already read, for many dates at once. Raises NoRule."""
    for rule in rules:
        if rule.key == key and rule.holds_on(date):
            return rule
    raise NoRule(key, date)


def deadline_under(rule: Rule, start: datetime.date, calendar: WorkCalendar | None = None) -> Deadline:
    """Last day of the period that `rule` gives, counted from the day after `start`.

    Raises TypeError for a rule with bounds and ValueError for one whose unit is no period.
    """
    return (calendar or current_calendar()).deadline(start, rule.amount, cast(Unit, rule.unit))
