"""Who hears of what happens in a case: people on the desk and by mail, receivers outside by signed messages.

Neither names a person: numbers, kinds, states and days alone.
"""

import datetime
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.audit.context import every_department
from apps.core.calendars import current_calendar
from apps.departments.models import Department, User
from apps.departments.terms import Role
from apps.notices.events import WebhookEvent
from apps.notices.kinds import NoticeKind
from apps.notices.sending import Link, notify
from apps.notices.webhooks import emit

from . import states
from .models import Case, Event, Pause

_KIND: Final = {"kind": Case.Kind.choices}

ROUTED: Final = NoticeKind(
    "case-routed",
    _("A case to check"),
    _("The credit centre asks your department about %(number)s (%(kind)s), until %(due)s."),
    icon="forward_to_inbox",
    tone="warning",
    mailed=("number", "due"),
    choices=_KIND,
)
RECALLED: Final = NoticeKind(
    "case-recalled",
    _("A question was taken back"),
    _("The credit centre no longer asks your department about %(number)s: there is nothing left to answer."),
    icon="undo",
    mailed=("number",),
)
ANSWERED: Final = NoticeKind(
    "case-answered",
    _("The department has answered"),
    _("%(department)s has answered in %(number)s: %(finding)s."),
    icon="mark_email_read",
    choices={"finding": Case.Finding.choices},
)
PROPOSED: Final = NoticeKind(
    "case-proposed",
    _("A decision waits for the second person"),
    _("In %(number)s “%(outcome)s” is proposed: somebody else must approve it."),
    icon="how_to_reg",
    tone="warning",
    choices={"outcome": Case.Outcome.choices},
)
GIVEN: Final = NoticeKind(
    "case-given", _("A case was handed to you"), _("You work on %(number)s from now on."), icon="swap_horiz"
)
SENT_BACK: Final = NoticeKind(
    "case-sent-back", _("A decision was sent back"), _("Your proposal in %(number)s was sent back."), icon="undo"
)
DUE: Final = NoticeKind(
    "case-due",
    _("A case is due"),
    _("%(number)s is due on %(due)s."),
    icon="alarm",
    tone="warning",
    mailed=("number", "due"),
)
OVERDUE: Final = NoticeKind(
    "case-overdue",
    _("A case is overdue"),
    _("%(number)s was due on %(due)s."),
    icon="alarm",
    tone="danger",
    mailed=("number", "due"),
)
PAPERS_LATE: Final = NoticeKind(
    "case-papers-late",
    _("Papers were not brought"),
    _("The papers for %(number)s were to be brought by %(due)s: resume the case, or decide on what there is."),
    icon="pending_actions",
    tone="warning",
    mailed=("number", "due"),
)
NOTICES: Final = (ROUTED, RECALLED, ANSWERED, PROPOSED, GIVEN, SENT_BACK, DUE, OVERDUE, PAPERS_LATE)

_FIELDS: Final = ("number", "kind", "state", "outcome", "due")
_EVENTS: Final = {
    "file": WebhookEvent("case.filed", _("A case was taken in"), _FIELDS),
    "accept": WebhookEvent("case.accepted", _("A case was accepted"), _FIELDS),
    "refuse": WebhookEvent("case.refused", _("A case was not accepted"), _FIELDS),
    "route": WebhookEvent("case.routed", _("A case was routed to the department"), _FIELDS),
    "answer": WebhookEvent("case.answered", _("The department has answered"), _FIELDS),
    "decide": WebhookEvent("case.closed", _("A case was decided"), _FIELDS),
    "retract": WebhookEvent("case.retracted", _("A case was retracted"), _FIELDS),
    "reopen": WebhookEvent("case.reopened", _("A case was reopened"), _FIELDS),
}
EVENTS: Final = tuple(_EVENTS.values())


def tell(case: Case, event: Event) -> None:
    """Let those know whom the step concerns, in the transaction of the step."""
    if inform := _INFORM.get(event.what):
        _say(case, *inform(case, event))
    if outside := _EVENTS.get(event.what):
        emit(
            outside,
            {
                "number": case.number,
                "kind": case.kind,
                "state": case.state,
                "outcome": case.outcome if case.state == states.CLOSED else "",
                "due": case.due,
            },
        )


def _link(case: Case) -> Link:
    return Link("admin:objections_case_change", [case.pk])


def people(role: Role, department: Department | None, *, but: User | None = None) -> Iterable[User]:
    """The active people who hold a role in the department."""
    found = User.objects.filter(is_active=True, groups__role__role=role, groups__role__department=department)
    return found.exclude(pk=but.pk).distinct() if but else found.distinct()


def _officers(case: Case, but: User | None) -> Iterable[User]:
    """Whoever works on the case, else all officers of the centre."""
    handler = case.handler
    if handler is not None and handler.is_active:
        return [] if but is not None and handler.pk == but.pk else [handler]
    return people(Role.CENTRE_OFFICER, case.department, but=but)


def _reviewers(case: Case) -> Iterable[User]:
    checker = case.checker
    return [checker] if checker is not None and checker.is_active else people(Role.REVIEWER, case.routed_to)


Message = tuple[NoticeKind, Iterable[User], dict[str, Any]]
"""What is said, to whom, with which parameters."""


def _say(case: Case, kind: NoticeKind, whose: Iterable[User], parameters: dict[str, Any], once: str = "") -> int:
    """Tell people, and write down in the case who was told. Returns how many are."""
    told = list(whose)
    link = None if kind is RECALLED else _link(case)  # who is asked no more sees the case no more
    number = notify(told, kind=kind, parameters=parameters, link=link, once=once)
    if number:
        with translation.override(settings.LANGUAGE_CODE):
            mailed = gettext("%(name)s (by mail too)")
            names = [mailed % {"name": each.name} if each.email else each.name for each in told]
            text = gettext("%(ground)s: %(reason)s") % {"ground": kind.title, "reason": "、".join(names)}
        Event.objects.create(case=case, what="told", text=text)
    return number


def _on_route(case: Case, event: Event) -> Message:
    return ROUTED, _reviewers(case), {"number": case.number, "kind": case.kind, "due": case.due or "–"}


def _on_recall(case: Case, event: Event) -> Message:
    return RECALLED, _reviewers(case), {"number": case.number}


def _on_answer(case: Case, event: Event) -> Message:
    parameters = {"number": case.number, "department": str(case.routed_to), "finding": case.finding}
    return ANSWERED, _officers(case, event.actor), parameters


def _on_propose(case: Case, event: Event) -> Message:
    parameters = {"number": case.number, "outcome": case.outcome}
    return PROPOSED, people(Role.CENTRE_OFFICER, case.department, but=event.actor), parameters


def _on_hand_over(case: Case, event: Event) -> Message:
    return GIVEN, _officers(case, event.actor), {"number": case.number}


def _on_send_back(case: Case, event: Event) -> Message:
    return SENT_BACK, _officers(case, event.actor), {"number": case.number}


_INFORM: Final[dict[str, Callable[[Case, Event], Message]]] = {
    "route": _on_route,
    "recall": _on_recall,
    "answer": _on_answer,
    "propose": _on_propose,
    "hand_over": _on_hand_over,
    "send_back": _on_send_back,
}


def remind(today: datetime.date) -> int:
    """Tell whoever works on them of the cases that are due today or on the next working day, of those overdue, and of
    papers that were not brought in time.

    Each is told once for each day on which the case is due, and once when it is late. Returns how many notices.
    """
    soon = current_calendar().add_working_days(today, 1).date
    told = 0
    with transaction.atomic(), every_department(user_id=None, channel="system"):
        waiting = Case.objects.filter(Q(due__lte=soon), state__in=states.OPEN, paused_on=None)
        for case in waiting.select_related("handler", "checker", "department", "routed_to").iterator():
            whose: Any = _reviewers(case) if case.state == states.ROUTED else _officers(case, None)
            late = case.due is not None and case.due < today
            parameters = {"number": case.number, "due": case.due or "–"}
            once = f"{case.pk}/{case.stage}/{case.due}"
            told += _say(case, OVERDUE if late else DUE, whose, parameters, once)
        # The clock stands still for them, and would for ever.
        late_papers = Pause.objects.filter(ended_on=None, bring_by__lt=today, case__state__in=states.OPEN)
        for pause in late_papers.select_related("case__handler", "case__department").iterator():
            case = pause.case
            parameters = {"number": case.number, "due": pause.bring_by or "–"}
            told += _say(case, PAPERS_LATE, _officers(case, None), parameters, f"{case.pk}/{pause.pk}")
    return told
