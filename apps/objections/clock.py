"""A period that stands still while it is paused. Pure: rule, pauses and calendar come in as values.

Time for testing or for an expert opinion does not count (HN41). The day on which a pause begins has counted already;
the days after it do not count, up to and with the day on which it ends.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from apps.core.workdays import ONE_DAY, Deadline, TracedDay, Unit, WorkCalendar, end_of_period
from apps.records.rules import Period, clock

PAUSED: Final = "paused"
"""Reason of a traced day that lies in a pause; the name of that day is the ground of the pause."""


@dataclass(frozen=True)
class Pause:
    """A time that does not count: the days after ``begun_on`` up to and with ``ended_on``; None: it goes on.

    ``ground`` says why, as a page shows it. A pause begun and ended on one day takes nothing away. Raises ValueError
    when it ends before it begins.
    """

    begun_on: datetime.date
    ended_on: datetime.date | None
    ground: str = ""

    def __post_init__(self) -> None:
        if self.ended_on is not None and self.ended_on < self.begun_on:
            raise ValueError(f"a pause begun on {self.begun_on} cannot end before that, on {self.ended_on}")

    def covers(self, day: datetime.date) -> bool:
        """Whether ``day`` does not count because of this pause."""
        return self.begun_on < day and (self.ended_on is None or day <= self.ended_on)

    def as_known_on(self, day: datetime.date) -> Pause:
        """The pause as one saw it on ``day``, when an end that was still to come was not known."""
        goes_on = self.ended_on is None or self.ended_on > day
        return Pause(self.begun_on, None if goes_on else self.ended_on, self.ground)


@dataclass(frozen=True)
class Standing:
    """How a period stands on a day.

    due      its last day; None while it is paused, for then nobody knows
    left     working days left, the last day included (0: this is the last one); negative: days late; while it is
             paused, what was left on the day on which the pause began
    paused   it stands still
    overdue  the last day is over
    tone     the colour of a badge: info while it is paused, else as of every clock (records.rules.Clock)
    """

    due: Deadline | None
    left: int
    paused: bool
    overdue: bool
    tone: str


def due(start: datetime.date, rule: Period, pauses: Sequence[Pause], calendar: WorkCalendar) -> Deadline | None:
    """The last day of the period that ``rule`` sets; None where a pause that goes on leaves it open.

    The day of the event, ``start``, is not counted. Pauses may overlap, touch, or begin before the start; one that
    begins on the last day or later changes nothing. A period in days, months or years runs through free days; its end
    is moved by the days paused and from there, if it is no working day that counts, to the next one.

    The result is provisional when a day that had to be looked up in the calendar lies in a year not announced. The
    trace names the days that were free, paused, or worked at a weekend, in order of counting. Raises ValueError for a
    rule whose unit is no period and TypeError for one with bounds.
    """
    unit = cast(Unit, rule.unit)
    if rule.amount <= 0:
        return calendar.deadline(start, rule.amount, unit)
    counts_working_days = unit == "working_days"
    left = rule.amount if counts_working_days else (end_of_period(start, rule.amount, unit) - start).days
    provisional = False
    trace: list[TracedDay] = []
    day = start
    while left:
        day += ONE_DAY
        covering = [pause for pause in pauses if pause.covers(day)]
        if any(pause.ended_on is None for pause in covering):
            return None
        if covering:
            trace.append(TracedDay(day, PAUSED, covering[0].ground))
            continue
        if not counts_working_days and left > 1:
            left -= 1
            continue
        provisional = provisional or not calendar.is_announced(day.year)
        worked = calendar.is_working_day(day)
        traced = calendar.explain_day(day)
        if traced is not None and (counts_working_days or not worked):
            trace.append(traced)
        left -= worked
    return Deadline(day, provisional, tuple(trace))


def standing(
    start: datetime.date, rule: Period, pauses: Sequence[Pause], calendar: WorkCalendar, today: datetime.date
) -> Standing:
    """How the period stands on ``today``, as one saw it then: of pauses and ends still to come nothing is known."""
    known = [pause.as_known_on(today) for pause in pauses if pause.begun_on <= today]
    last = due(start, rule, known, calendar)
    if last is not None:
        now = clock(last.date, today, calendar)
        return Standing(last, now.left, False, now.overdue, now.tone)
    began = _stands_still_since(known)
    # Every pause begun before that one had ended by then, so that nothing leaves this end open.
    before = cast(Deadline, due(start, rule, [pause for pause in known if pause.begun_on < began], calendar))
    return Standing(None, clock(before.date, max(began, start), calendar).left, True, False, "info")


def _stands_still_since(pauses: Sequence[Pause]) -> datetime.date:
    """The day on which the pause that goes on began, or those that run into it without a day between."""
    began = min(pause.begun_on for pause in pauses if pause.ended_on is None)
    for pause in sorted(pauses, key=lambda pause: pause.begun_on, reverse=True):
        if pause.covers(began):
            began = pause.begun_on
    return began
