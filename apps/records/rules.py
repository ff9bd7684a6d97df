"""Rules of credit records: states, clocks, terms. Pure: rows of the database come in as plain values.

Publicity (双公示) and dishonesty are two things. A penalty is published within its deadline whether or not it is
contested (行政处罚法 48, HN17); it counts as dishonesty information, to be used in evaluation, lists and restrictions,
only when the time for review or litigation has lapsed or it was upheld (HN20). A published record therefore says
nothing yet about its use; whoever uses it must ask that second question.
"""

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from apps.core.terms import SubjectKind
from apps.core.workdays import Deadline, Unit, WorkCalendar, months_after

DRAFT: Final = "draft"
SUBMITTED: Final = "submitted"
RETURNED: Final = "returned"
PUBLISHED: Final = "published"
WITHDRAWN: Final = "withdrawn"
ARCHIVED: Final = "archived"
REPAIRED: Final = "repaired"

NEGATIVE: Final = "negative"


@dataclass(frozen=True)
class Transition:
    """What leads from which states to which; ``target`` is None when the record ceases to be."""

    action: str
    sources: frozenset[str]
    target: str | None


TRANSITIONS: Final[dict[str, Transition]] = {
    transition.action: transition
    for transition in (
        Transition("submit", frozenset({DRAFT, RETURNED}), SUBMITTED),
        Transition("return", frozenset({SUBMITTED}), RETURNED),
        Transition("publish", frozenset({SUBMITTED}), PUBLISHED),
        Transition("withdraw", frozenset({PUBLISHED}), WITHDRAWN),
        Transition("archive", frozenset({PUBLISHED}), ARCHIVED),
        Transition("repair", frozenset({PUBLISHED}), REPAIRED),
        Transition("discard", frozenset({DRAFT, RETURNED}), None),
    )
}
EDITABLE: Final = frozenset({DRAFT, RETURNED})
"""States in which the department works on the record without giving a reason."""
CORRECTABLE: Final = frozenset({SUBMITTED, PUBLISHED})
"""States in which a change demands a reason."""
WAITING: Final = frozenset({DRAFT, RETURNED, SUBMITTED})
"""States in which the publication clock runs."""
FINAL: Final = frozenset({WITHDRAWN, ARCHIVED, REPAIRED})


class Period(Protocol):
    """A dated rule that sets a period (core.Rule)."""

    @property
    def amount(self) -> int: ...

    @property
    def unit(self) -> str: ...


def _period(start: datetime.date, rule: Period, calendar: WorkCalendar) -> Deadline:
    unit: Unit = rule.unit  # type: ignore[assignment]
    return calendar.deadline(start, rule.amount, unit)


def publication_deadline(decided_on: datetime.date, rule: Period, calendar: WorkCalendar) -> Deadline:
    """The last day on which a decision may be published in time, counted from the decision date (HN17: 7 working days).

    ``provisional`` when the count crosses a year whose holidays are not announced.
    """
    return _period(decided_on, rule, calendar)


def withdrawal_due(changed_on: datetime.date, rule: Period, calendar: WorkCalendar) -> Deadline:
    """The last day to withdraw a record whose decision was revoked or varied on ``changed_on``.

    With the department's rule: 3 days (行政处罚法 48; working days by its article 85); with the platform's: 1 working
    day after it learnt of it (HN42).
    """
    return _period(changed_on, rule, calendar)


def archive_date(
    decided_on: datetime.date,
    retention_months: int | None,
    disclosed_to: datetime.date | None,
    nature: str,
    longest_months: int | None = None,
    listed: bool = False,
) -> datetime.date | None:
    """The last day on which the record may be shown and used; None: no limit (HN19).

    ``retention_months`` is the item's term, ``disclosed_to`` the day the decision itself names (公示截止期),
    ``longest_months`` the longest term of dishonesty information (5 years). The earliest of them counts, and the
    longest term binds negative information alone: honest information has no limit of its own. A subject on a list
    (``listed``) runs on until it is removed, so there only a day that the decision names ends the disclosure.
    """
    ends = [disclosed_to] if disclosed_to else []
    if not listed:
        terms = [retention_months, longest_months if nature == NEGATIVE else None]
        ends += [months_after(decided_on, months) for months in terms if months is not None]
    return min(ends, default=None)


def published_in_time(published_on: datetime.date, deadline: datetime.date | None) -> bool | None:
    """Whether the record was published by its deadline; None when it has none."""
    return None if deadline is None else published_on <= deadline


@dataclass(frozen=True)
class Clock:
    """How a record stands against its deadline today.

    ``left``: working days left, the deadline's own day included (0: today is the last one); negative: days late.
    """

    deadline: datetime.date
    left: int

    @property
    def overdue(self) -> bool:
        return self.left < 0

    @property
    def tone(self) -> str:
        """The colour of a badge: danger when late, warning in the last two working days, else success."""
        return "danger" if self.overdue else "warning" if self.left <= 2 else "success"


def clock(deadline: datetime.date, today: datetime.date, calendar: WorkCalendar) -> Clock:
    """Working days between today and the deadline."""
    if today > deadline:
        # A deadline passed on a Friday is late on Saturday, though no working day went by since.
        return Clock(deadline, min(-1, calendar.working_days_between(today, deadline)))
    return Clock(deadline, calendar.working_days_between(today, deadline))


# Words by which a decision on the spot is known, in its name, its number or a field of the procedure.
_SIMPLIFIED = re.compile(r"简易程序|当场处罚|当场行政处罚|简罚|当罚")


def is_simplified_procedure(texts: Iterable[str]) -> bool:
    """Whether one of these texts (name or number of the document, procedure) tells of a decision on the spot."""
    return any(_SIMPLIFIED.search(text) for text in texts)


def refuses_simplified(subject_kind: str, nature: str, document: Iterable[str], data: Mapping[str, Any]) -> bool:
    """Whether this is a penalty by simplified procedure on a natural person: neither reported nor used (HN13).

    The 2018 columns have no field for the procedure, so it shows in the document's name and number, or in a field
    ``procedure`` where a department added one to the item.
    """
    if subject_kind != SubjectKind.NATURAL_PERSON or nature != NEGATIVE:
        return False
    procedure = data.get("procedure") or ""
    texts = [*document, *(procedure if isinstance(procedure, list) else [str(procedure)])]
    return is_simplified_procedure(texts)
