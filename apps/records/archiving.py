"""What passes of itself: disclosure terms that end, provisional deadlines that become certain."""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import every_department
from apps.catalogue.models import InformationItem
from apps.core.calendars import current_calendar

from . import rules
from .clocks import Clocks
from .models import Record


def archive_due(today: datetime.date | None = None) -> int:
    """Archive the published records whose last day of disclosure is over (HN19). Returns how many.

    Archived records stay on file, and are neither shown nor used.
    """
    today = today or timezone.localdate()
    with (
        transaction.atomic(),
        every_department(user_id=None, channel="system", reason=_("The disclosure term has ended (HN19).")),
    ):
        return Record.objects.to_archive(today).update(state=rules.ARCHIVED)


def recompute_deadlines(today: datetime.date | None = None) -> int:
    """Compute provisional deadlines again, now that a year may have been announced. Returns how many changed.

    A deadline that still crosses an unannounced year stays provisional. One UPDATE for each distinct item and
    decision date.
    """
    today = today or timezone.localdate()
    changed = 0
    with (
        transaction.atomic(),
        every_department(user_id=None, channel="system", reason=_("The working-day calendar was announced.")),
    ):
        provisional = Record.objects.filter(deadline_provisional=True)
        days: dict[int, set[datetime.date]] = {}
        for item_id, decided_on in provisional.order_by().values_list("item", "decided_on").distinct():
            days.setdefault(item_id, set()).add(decided_on)
        calendar = current_calendar()
        for item in InformationItem.objects.filter(pk__in=days):
            for decided_on, due in Clocks(item, today, calendar).dues(days[item.pk]).items():
                if due.date is None:
                    continue
                same = provisional.filter(item=item, decided_on=decided_on)
                if due.provisional:
                    same = same.exclude(deadline=due.date)
                changed += same.update(deadline=due.date, deadline_provisional=due.provisional, deadline_rule=due.rule)
    return changed
