"""The clocks of records of one item: the rules in force and the calendar, read once, for one record or for many."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from apps.catalogue.models import InformationItem
from apps.core.calendars import current_calendar
from apps.core.dated_rules import NoRule, pick_rule, rule_at
from apps.core.models import Rule
from apps.core.workdays import Deadline, WorkCalendar

from . import rules

LONGEST_DISCLOSURE = "disclosure.max"
WITHDRAWAL_BY_DEPARTMENT = "withdraw.department"
REMOVED_ON = "removed_on"
"""Code of the field of a list that holds the day of removal (移出日期)."""
_LISTS = frozenset({InformationItem.Kind.SERIOUS_LIST, InformationItem.Kind.ABNORMAL})


def is_list(item: InformationItem) -> bool:
    """Whether the item is a list, on which a subject runs on until it is removed (HN19)."""
    return item.kind in _LISTS


def named_end(
    item: InformationItem, disclosed_to: datetime.date | None, data: Mapping[str, Any]
) -> datetime.date | None:
    """The end of disclosure that the record itself names: 公示截止期, or the day of removal from a list."""
    removed_on = data.get(REMOVED_ON) if is_list(item) else None
    ends = [disclosed_to, datetime.date.fromisoformat(removed_on) if removed_on else None]
    return min((end for end in ends if end), default=None)


@dataclass(frozen=True)
class Due:
    """A record's publication deadline and the rule that sets it; all empty for an item or a day without such a rule."""

    date: datetime.date | None = None
    provisional: bool = False
    rule: int | None = None


class Clocks:
    """Deadline and end of disclosure for records of ``item``. Two queries and the calendar, for any number of records.

    The publication rule is the one in force on the decision date. The longest disclosure is the one in force
    ``today``: it limits what is shown, whenever it was decided.
    """

    def __init__(self, item: InformationItem, today: datetime.date, calendar: WorkCalendar | None = None) -> None:
        self.item = item
        self.today = today
        self._calendar = calendar

    @cached_property
    def calendar(self) -> WorkCalendar:
        return self._calendar or current_calendar()

    @cached_property
    def _deadline_rules(self) -> list[Rule]:
        return list(Rule.objects.filter(key=self.item.deadline_rule)) if self.item.deadline_rule else []

    @cached_property
    def _longest_months(self) -> int | None:
        try:
            return rule_at(LONGEST_DISCLOSURE, self.today).amount
        except NoRule:
            return None

    def due(self, decided_on: datetime.date) -> Due:
        """The publication deadline of a decision of that day."""
        try:
            rule = pick_rule(self._deadline_rules, self.item.deadline_rule, decided_on)
        except NoRule:
            return Due()
        found: Deadline = rules.publication_deadline(decided_on, rule, self.calendar)
        return Due(found.date, found.provisional, rule.pk)

    def dues(self, days: Iterable[datetime.date]) -> dict[datetime.date, Due]:
        """The same for many days, each computed once."""
        return {day: self.due(day) for day in set(days)}

    def archive_on(self, decided_on: datetime.date, named: datetime.date | None) -> datetime.date | None:
        """The last day of disclosure; ``named`` is the end that the record itself names (``named_end``)."""
        return rules.archive_date(
            decided_on,
            self.item.retention_months,
            named,
            self.item.nature,
            self._longest_months,
            listed=is_list(self.item),
        )

    def archive_days(
        self, pairs: Iterable[tuple[datetime.date, datetime.date | None]]
    ) -> dict[tuple[datetime.date, datetime.date | None], datetime.date | None]:
        """The same for many pairs of decision date and named end, each computed once."""
        return {pair: self.archive_on(*pair) for pair in set(pairs)}
