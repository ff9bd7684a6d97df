"""What the page of a record shows of cases: the ways to take one in, and those that are open about it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.departments.scope import departments_of
from apps.records.hooks import Beside, Matter, Way
from apps.records.models import Record
from apps.records.rules import NEGATIVE

from . import states
from .models import Case
from .querysets import HANDLES


def beside_record(request: HttpRequest, record: Record) -> Beside:
    """For those who handle cases alone. One query for them, none for others."""
    user: Any = request.user
    if not departments_of(user, HANDLES):
        return Beside()
    running = list(Case.objects.visible_to(user).running().filter(record=record).order_by("pk"))
    matters = [
        Matter(
            f"{case.get_kind_display()} {case.number}",
            case.get_state_display(),
            reverse("admin:objections_case_change", args=[case.pk]),
        )
        for case in running
    ]
    return Beside(_ways(record, {case.kind for case in running}), tuple(matters))


def _ways(record: Record, open_kinds: set[str]) -> tuple[Way, ...]:
    if record.state != Record.State.PUBLISHED:
        return ()
    form = f"{reverse('admin:objections_case_add')}?record={record.pk}&kind="
    ways = {states.OBJECTION: Way(_("Take in an objection"), "front_hand", form + states.OBJECTION)}
    if record.item.nature == NEGATIVE:
        ways[states.REPAIR] = Way(_("Apply for repair"), "healing", form + states.REPAIR)
    return tuple(way for kind, way in ways.items() if kind not in open_kinds)
