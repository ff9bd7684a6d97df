"""Years and months above the list of records."""

import datetime
from functools import partial
from typing import Any

from django import template
from django.contrib.admin.views.main import ChangeList
from django.db.models import Max, Min, OuterRef, Subquery

from apps.core.date_links import TEMPLATE, date_links
from apps.departments.models import Department
from apps.departments.scope import departments_of
from apps.records.models import Record

register = template.Library()


@register.inclusion_tag(TEMPLATE, takes_context=True)
def record_dates(context: dict[str, Any], cl: ChangeList) -> dict[str, Any]:
    """Years that the person has records of."""
    return date_links(cl, partial(bounds, context["request"].user))


def bounds(user: Any) -> tuple[datetime.date | None, datetime.date | None]:
    """First and last decision date of the records that ``user`` sees: two probes of an index for each department."""
    dates = Record.objects.filter(department=OuterRef("pk")).order_by("decided_on").values("decided_on")
    found = (
        Department.objects.filter(pk__in=departments_of(user))
        .annotate(first=Subquery(dates[:1]), last=Subquery(dates.reverse()[:1]))
        .aggregate(Min("first"), Max("last"))
    )
    return found["first__min"], found["last__max"]
