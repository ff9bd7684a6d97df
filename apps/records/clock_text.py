"""A record's deadline in words, as lists and pages say it."""

import datetime
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.workdays import WorkCalendar

from . import rules
from .models import Record


@dataclass(frozen=True)
class ClockText:
    """``day`` as text, how it stands (``note``, may be empty) and the tone of its badge."""

    day: str
    note: str
    tone: str

    @property
    def text(self) -> str:
        return f"{self.day} · {self.note}" if self.note else self.day


def clock_text(record: Record, today: datetime.date, calendar: WorkCalendar) -> ClockText | None:
    """How the record stands against its deadline; None when it has none."""
    if record.deadline is None:
        return None
    day = f"{record.deadline:%Y-%m-%d}" + (_(" (provisional)") if record.deadline_provisional else "")
    if record.is_waiting:
        clock = rules.clock(record.deadline, today, calendar)
        return ClockText(day, left_text(clock), clock.tone)
    if record.in_time is None:
        return ClockText(day, "", "default")
    return ClockText(day, _("in time"), "default") if record.in_time else ClockText(day, _("published late"), "warning")


def left_text(clock: rules.Clock) -> str:
    """ "3 working days left", "due today", "2 working days late"."""
    if clock.overdue:
        late = -clock.left
        return ngettext("%(days)d working day late", "%(days)d working days late", late) % {"days": late}
    if clock.left == 0:
        return _("due today")
    return ngettext("%(days)d working day left", "%(days)d working days left", clock.left) % {"days": clock.left}
