"""The admin's first page: what waits for this person, and how the department keeps its clock."""

import json
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit import access
from apps.departments.scope import departments_of
from apps.records.models import Record

from . import numbers

MONTHS_SHOWN = 12


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the index page's context for the user of ``request``."""
    user: Any = request.user
    today = timezone.localdate()
    since = today.replace(year=today.year - 1, day=1)
    months = []
    if departments_of(user, "view_records"):
        months = numbers.timeliness(Record.objects.visible_to(user), since)[-MONTHS_SHOWN:]
    piles = numbers.record_piles(user, today)
    cases = numbers.case_piles(user, today)
    for pile in [*piles, *cases]:
        access.shown(request, pile.rows)
    context |= {
        "piles": piles,
        "cases": cases,
        "batches": numbers.batch_pile(user),
        "changes": numbers.change_piles(user),
        "months": months,
        "chart": _chart(months),
        "chart_options": json.dumps(_CHART_OPTIONS),
        "department_lines": numbers.department_lines(user, since, today),
        "today": today,
        "notices": user.login_notices.select_related("event__by").order_by("-event"),
    }
    return context


_CHART_OPTIONS = {
    "responsive": True,
    "maintainAspectRatio": False,
    "animation": False,
    "barPercentage": 0.7,
    "plugins": {"legend": {"display": False}},
    "scales": {
        "x": {"grid": {"display": False}, "ticks": {"display": True}},
        "y": {"min": 0, "max": 100, "ticks": {"display": True, "stepSize": 25}, "grid": {"display": True}},
    },
}


def _chart(months: list[numbers.Month]) -> str:
    return json.dumps(
        {
            "labels": [month.month.strftime("%Y-%m") for month in months],
            "datasets": [
                {
                    "label": _("Published in time (%)"),
                    "data": [month.share for month in months],
                    "backgroundColor": "var(--color-primary-600)",
                    "displayYAxis": True,
                }
            ],
        }
    )
