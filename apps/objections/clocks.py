"""The clocks of a case: which rule counts, from which day, and when a stage or the case as a whole is due.

A case keeps the rules under which it was opened: they are read by the day it came in, whenever a stage begins. Days of
pauses do not count (``clock``). What is due is kept in the row, so that an inbox is read from an index.
"""

import datetime
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.context import every_department
from apps.core.calendars import current_calendar
from apps.core.dated_rules import rule_at
from apps.core.models import Rule
from apps.core.workdays import WorkCalendar

from . import clock, states
from .models import Case, Event, Passage

SLICE: Final = 500
"""So many cases are locked at a time while they are counted again."""


def pauses_of(case: Case) -> list[clock.Pause]:
    """The pauses of a case as the clock takes them."""
    if case.pk is None:
        return []
    return [clock.Pause(each.begun_on, each.ended_on, each.ground) for each in case.pauses.all()]


def begin_stage(case: Case, today: datetime.date, calendar: WorkCalendar | None = None) -> None:
    """Put the case into the stage that its state calls for; what it leaves is written down. Does not save the case.

    Raises NoRule when no rule was in force on the day the case came in.
    """
    calendar = calendar or current_calendar()
    routed = case.routed_to_id is not None
    period = states.stage(case.kind, case.state, routed, case.finding)
    stage = period.stage if period else ""
    if stage != case.stage or (period and period.from_stage):
        if case.stage:
            _pass(case, today, calendar)
        case.stage, case.stage_began_on = stage, today if stage else None
    if period is None:
        case.stage_rule = case.stage_due = case.due = None
        case.provisional = False
        return
    case.whole_rule = rule_at(states.whole(case.kind, routed), case.opened_on)
    case.stage_rule = rule_at(period.rule, case.opened_on)
    reckon(case, calendar)


def reckon(case: Case, calendar: WorkCalendar, pauses: Sequence[clock.Pause] | None = None) -> None:
    """Compute what is due from the rules and pauses of a running case. Does not save it."""
    pauses = pauses_of(case) if pauses is None else pauses
    whole = clock.due(case.began_on, _rule(case.whole_rule), pauses, calendar)
    stage = clock.due(_counts_from(case, case.stage), _rule(case.stage_rule), pauses, calendar)
    if stage is None or whole is None:
        # The clock stands still: what was due stays to be read, and nothing is due.
        case.due = None
        return
    case.stage_due, case.whole_due = stage.date, whole.date
    case.due = min(stage.date, whole.date)
    case.provisional = stage.provisional or whole.provisional


def _counts_from(case: Case, stage: str) -> datetime.date:
    """The day from which the clock of a stage counts: the centre answers for the case as a whole."""
    return case.began_on if stage == states.CENTRE else case.stage_began_on or case.began_on


def _rule(rule: Rule | None) -> Rule:
    if rule is None:
        raise ValueError("a running case has its rules")
    return rule


def _pass(case: Case, today: datetime.date, calendar: WorkCalendar) -> None:
    began = case.stage_began_on or case.began_on
    pauses = pauses_of(case)
    days = (began + datetime.timedelta(days=each) for each in range(1, (today - began).days + 1))
    counted = sum(calendar.is_working_day(day) and not any(each.covers(day) for each in pauses) for day in days)
    # What was due when a pause began is not what is due at its end.
    due = clock.due(_counts_from(case, case.stage), _rule(case.stage_rule), pauses, calendar)
    lay_with = case.routed_to_id if case.stage == states.SOURCE else None
    Passage.objects.create(
        case=case,
        stage=case.stage,
        department_id=lay_with or case.department_id,
        began_on=began,
        ended_on=today,
        due=due.date if due else None,
        working_days=counted,
        in_time=due is None or today <= due.date,
    )


CLOCK_FIELDS = ("stage", "stage_began_on", "stage_rule", "stage_due", "whole_rule", "whole_due", "due", "provisional")


def recompute(*, certain: bool = False) -> int:
    """Count again in open cases whose days are provisional, for a year may have been announced; with ``certain`` in all
    open cases, for a day of an announced year may have been changed. Returns how many changed.

    In slices, so that nobody who works on a case waits for long.
    """
    running = Case.objects.all() if certain else Case.objects.filter(provisional=True)
    with transaction.atomic(), every_department(user_id=None, channel="system"):
        keys = list(running.filter(state__in=states.OPEN).order_by("pk").values_list("pk", flat=True))
    return sum(_count_again(keys[first : first + SLICE]) for first in range(0, len(keys), SLICE))


def _count_again(keys: Sequence[int]) -> int:
    calendar, changed = current_calendar(), 0
    with (
        transaction.atomic(),
        every_department(user_id=None, channel="system", reason=_("The working-day calendar was announced.")),
    ):
        cases = Case.objects.filter(pk__in=keys, state__in=states.OPEN).order_by("pk").select_for_update(of=("self",))
        for case in cases.select_related("stage_rule", "whole_rule").prefetch_related("pauses"):
            before, due = (case.stage_due, case.whole_due, case.provisional), case.due
            reckon(case, calendar)
            if (case.stage_due, case.whole_due, case.provisional) != before:
                case.save(update_fields=["stage_due", "whole_due", "due", "provisional"])
                if case.due != due:
                    Event.objects.create(case=case, what="recount", text=f"{due} → {case.due}", for_applicant=True)
                changed += 1
    return changed
