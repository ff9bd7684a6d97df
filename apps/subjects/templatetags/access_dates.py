"""Years and months above the access log."""

import datetime
from typing import Any

from django import template
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, Min
from django.utils import timezone

from apps.audit.entries import AccessEntry
from apps.core.date_links import TEMPLATE, date_links

register = template.Library()


@register.inclusion_tag(TEMPLATE)
def access_dates(cl: ChangeList) -> dict[str, Any]:
    """Years that the log has entries of."""
    return date_links(cl, bounds)


def bounds() -> tuple[datetime.date | None, datetime.date | None]:
    """Days of the first and the last entry: a probe of an index for each month."""
    found = AccessEntry.objects.aggregate(first=Min("at"), last=Max("at"))
    first, last = (moment and timezone.localdate(moment) for moment in (found["first"], found["last"]))
    return first, last
