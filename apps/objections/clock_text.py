"""The clocks of a case in words: how long is left, by which rule, and why just until that day."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.models import Rule
from apps.core.workdays import FIXED_HOLIDAY, HOLIDAY, ONE_DAY, WEEKEND, WORKING_WEEKEND, TracedDay, WorkCalendar
from apps.records import rules
from apps.records.clock_text import ClockText, left_text

from . import clock, states
from .clocks import pauses_of
from .models import Case, Pause

REASONS: Final[dict[str, str | Promise]] = {
    WEEKEND: gettext_lazy("weekend, not counted"),
    HOLIDAY: gettext_lazy("holiday, not counted"),
    FIXED_HOLIDAY: gettext_lazy("statutory holiday of a fixed date, not counted"),
    WORKING_WEEKEND: gettext_lazy("worked although a weekend day, counted"),
    clock.PAUSED: gettext_lazy("paused, not counted"),
}


def frozen_text(left: int) -> str:
    """What was left when the clock was stopped."""
    if left < 0:
        return ngettext("paused, %(days)d working day late", "paused, %(days)d working days late", -left) % {
            "days": -left
        }
    return ngettext("paused, %(days)d working day left", "paused, %(days)d working days left", left) % {"days": left}


def standing_text(
    case: Case, due: datetime.date | None, today: datetime.date, calendar: WorkCalendar
) -> ClockText | None:
    """How an open case stands against one of its two days; None when nothing runs. No query."""
    if due is None or not case.is_open:
        return None
    day = f"{due:%Y-%m-%d}" + (_(" (provisional)") if case.provisional else "")
    # A pause that began when all was late already stops nothing: then the case is still due.
    if case.paused_on and case.due is None:
        return ClockText(day, frozen_text(rules.clock(due, case.paused_on, calendar).left), "info")
    stands = rules.clock(due, today, calendar)
    return ClockText(day, left_text(stands), stands.tone)


@dataclass(frozen=True)
class Because:
    """A run of days in the count, and why they count or not."""

    days: str
    reason: str


@dataclass(frozen=True)
class ShownClock:
    """One clock of a case as its page shows it. ``due``: its last day as text, empty while it is paused."""

    title: str
    rule: Rule
    start: datetime.date
    due: str
    note: str
    tone: str
    because: tuple[Because, ...]

    @property
    def amount(self) -> str:
        """What the rule gives: ``3 working days``."""
        return f"{self.rule.value} {self.rule.get_unit_display()}"


def clocks_of(case: Case, today: datetime.date, calendar: WorkCalendar) -> list[ShownClock]:
    """The clock of the stage and that of the whole case, with all that makes their days; none when nothing runs.

    One query.
    """
    period = states.stage(case.kind, case.state, case.routed_to_id is not None, case.finding)
    if period is None or case.stage_rule is None or case.whole_rule is None:
        return []
    pauses = pauses_of(case)
    start = case.stage_began_on if period.from_stage and case.stage_began_on else case.began_on
    stage_title = _("Stage: %(stage)s") % {"stage": case.get_stage_display()}
    shown = [_shown(stage_title, case.stage_rule, start, pauses, today, calendar)]
    if case.stage_rule_id != case.whole_rule_id or start != case.began_on:
        shown.append(_shown(_("Case as a whole"), case.whole_rule, case.began_on, pauses, today, calendar))
    return shown


def _shown(
    title: str,
    rule: Rule,
    start: datetime.date,
    pauses: Sequence[clock.Pause],
    today: datetime.date,
    calendar: WorkCalendar,
) -> ShownClock:
    stands = clock.standing(start, rule, pauses, calendar, today)
    if stands.due is None:
        return ShownClock(title, rule, start, "", frozen_text(stands.left), stands.tone, ())
    day = f"{stands.due.date:%Y-%m-%d}" + (_(" (provisional)") if stands.due.provisional else "")
    note = left_text(rules.Clock(stands.due.date, stands.left))
    return ShownClock(title, rule, start, day, note, stands.tone, tuple(_runs(stands.due.trace)))


def _runs(trace: Sequence[TracedDay]) -> list[Because]:
    runs: list[list[TracedDay]] = []
    for day in trace:
        last = runs[-1][-1] if runs else None
        if last and last.date + ONE_DAY == day.date and (last.reason, last.name) == (day.reason, day.name):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [_because(run) for run in runs]


def _because(run: Sequence[TracedDay]) -> Because:
    first, last = run[0], run[-1]
    days = f"{first.date:%Y-%m-%d}" if first is last else f"{first.date:%Y-%m-%d} – {last.date:%Y-%m-%d}"
    name: Any = first.name
    if first.reason == clock.PAUSED and name in Pause.Ground.values:
        name = Pause.Ground(name).label
    reason = str(REASONS[first.reason])
    return Because(days, f"{reason} ({name})" if name else reason)
