"""Judging a case: the department's answer, the decision, the second person, and what comes after the end."""

import datetime
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.widgets import UnfoldAdminSingleDateWidget

from apps.audit.context import acting, current
from apps.departments.actions import StateConflict

from .. import effects, states
from ..models import Case
from ..querysets import CHECKS, HANDLES
from ..steps import EITHER, SOURCE, CaseAction, advance, checks, conflict, handles, log, text_of, touch
from ..telling import tell
from .handling import lacking, long_text

# The source department


def _answer(finding: str) -> Any:
    def perform(*, user: Any, obj: Case, grounds: str) -> Case:
        obj.finding, obj.finding_text, obj.found_by = finding, text_of(grounds, "grounds"), user
        obj.checker = obj.checker or user
        return advance(
            obj, user=user, what="answer", target=states.ANSWERED, text=obj.finding_text, for_applicant=False
        )

    return perform


def _answering(finding: str, kind: str, label: str | Promise, icon: str, variant: str = "default") -> CaseAction:
    return CaseAction(
        name=finding,
        label=label,
        permission=CHECKS,
        perform=_answer(finding),
        states=states.sources("answer"),
        description=gettext_lazy("Your answer goes to the credit centre, which decides."),
        icon=icon,
        variant=variant,
        inputs={"grounds": long_text(gettext_lazy("what was found, and from which papers"))},
        applies=conflict,
        side=SOURCE,
        kind=kind,
    )


# The correction


def _prepare(*, user: Any, obj: Case, values: Mapping[str, Any]) -> Case:
    record = effects.locked_record(obj)
    before = effects.values_of(record)
    changes = {code: value for code, value in values.items() if code in before and value != before[code]}
    if not changes:
        raise ValidationError(_("Nothing differs from the record."))
    # Tried out: what the record would refuse is told now, not when the case is decided.
    with transaction.atomic(), acting(reason=obj.number):
        effects.corrected(record, changes, user)
        transaction.set_rollback(True)
    obj.correction = changes
    touch(obj, "correction")
    labels = [each.label for each in effects.correctable(record) if each.code in changes]
    log(obj, user=user, what="correction", text="、".join(labels))
    return obj


def _may_prepare(user: Any, case: Case) -> str | Promise:
    if case.state == states.ROUTED and not checks(user, case):
        return gettext_lazy("The department is checking it.")
    if case.state != states.ROUTED and not handles(user, case):
        return gettext_lazy("The department does not check it any more.")
    return conflict(user, case)


prepare_correction = CaseAction(
    name="correction",
    label=gettext_lazy("Prepare the correction"),
    permission=HANDLES,
    perform=_prepare,
    states=frozenset({states.ACCEPTED, states.ROUTED, states.ANSWERED}),
    description=gettext_lazy("What the record shall say; it is put in force with the decision."),
    icon="edit_note",
    applies=_may_prepare,
    side=EITHER,
    kind=states.OBJECTION,
)
"""``prepare_correction(user=, obj=, values={code: text as typed})``: a page of its own asks for the values."""


# The decision


def _decide(outcome: str) -> Any:
    def perform(*, user: Any, obj: Case, grounds: str) -> Case:
        obj.outcome, obj.outcome_text = outcome, text_of(grounds, "grounds")
        if states.needs_second(outcome, obj.finding):
            obj.proposed_by, obj.decided_by = user, None
            return advance(
                obj, user=user, what="propose", target=states.PROPOSED, text=obj.outcome_text, for_applicant=False
            )
        obj.proposed_by, obj.decided_by = obj.found_by if outcome in states.TWO_PERSONS else user, user
        return _close(obj, user)

    return perform


def _close(case: Case, user: Any) -> Case:
    effects.apply(case, user)
    return advance(case, user=user, what="decide", target=states.CLOSED, text=case.outcome_text)


def _decidable(outcome: str) -> Any:
    def why_not(user: Any, case: Case) -> str | Promise:
        if outcome not in states.outcomes_for(case.kind, case.finding):
            return gettext_lazy("The department did not consent.")
        if why_not := conflict(user, case):
            return why_not
        if outcome in states.TWO_PERSONS and case.found_by_id == user.pk:
            return gettext_lazy("You answered for the department: somebody else decides.")
        if outcome == states.CORRECTED and not case.correction:
            return gettext_lazy("Prepare the correction first.")
        if outcome == states.GRANTED:
            # A case that was reopened has not passed the acceptance.
            return lacking(case) or _not_yet(case)
        return ""

    return why_not


def _not_yet(case: Case) -> str | Promise:
    if case.grantable_from is None:
        return gettext_lazy("Within the whole term of publicity this record is not repaired.")
    if timezone.localdate() < case.grantable_from:
        return _("A repair can be granted from %(day)s.") % {"day": case.grantable_from}
    return ""


def _deciding(
    outcome: str, kind: str, label: str | Promise, description: str | Promise, icon: str, variant: str = "default"
) -> CaseAction:
    return CaseAction(
        name=outcome,
        label=label,
        permission=HANDLES,
        perform=_decide(outcome),
        states=states.sources("decide", kind),
        description=description,
        icon=icon,
        variant=variant,
        inputs={
            "grounds": long_text(gettext_lazy("grounds of the decision"), gettext_lazy("The applicant reads them."))
        },
        applies=_decidable(outcome),
        kind=kind,
    )


def _approve(*, user: Any, obj: Case) -> Case:
    obj.decided_by = user
    return _close(obj, user)


def _second(user: Any, case: Case) -> str | Promise:
    if case.proposed_by_id == user.pk:
        return gettext_lazy("You proposed it: somebody else approves.")
    return conflict(user, case)


def _send_back(*, user: Any, obj: Case) -> Case:
    obj.outcome = obj.outcome_text = ""
    obj.proposed_by = None
    target = states.ANSWERED if obj.finding else states.ACCEPTED
    return advance(obj, user=user, what="send_back", target=target, text=current().reason, for_applicant=False)


# After the end


def _notify(*, user: Any, obj: Case, told_on: datetime.date, how: str) -> Case:
    if not (timezone.localdate(obj.closed_at) <= told_on <= timezone.localdate()):
        raise ValidationError({"told_on": _("The day lies between the end of the case and today.")})
    obj.notified_on = told_on
    touch(obj, "notified_on")
    log(obj, user=user, what="notify", text=how.strip(), for_applicant=True)
    return obj


def _reopen(*, user: Any, obj: Case) -> Case:
    # Whoever files a case holds the record: only now it is certain that no other one is open.
    effects.locked_record(obj)
    if why_not := _another_open(obj):
        raise StateConflict(why_not)
    if obj.outcome == states.UNRESOLVED:
        effects.lift_annotation(obj)
    obj.reopened = True
    obj.routed_to = obj.checker = None
    obj.began_on = timezone.localdate()
    obj.outcome = obj.outcome_text = obj.finding = obj.finding_text = ""
    obj.proposed_by = obj.decided_by = obj.found_by = obj.notified_on = None
    obj.correction, obj.changes = {}, []
    return advance(obj, user=user, what="reopen", target=states.ACCEPTED, text=current().reason)


def _reopenable(user: Any, case: Case) -> str | Promise:
    if case.reopened:
        return gettext_lazy("It was reopened once already: the applicant turns to the provincial authority or a court.")
    if case.outcome in {states.CORRECTED, states.REMOVED, states.GRANTED}:
        return gettext_lazy("The applicant got what was asked for.")
    return _another_open(case)


def _another_open(case: Case) -> str | Promise:
    if Case.objects.filter(record=case.record_id, kind=case.kind, state__in=states.OPEN).exists():
        return gettext_lazy("Another case about this record is open.")
    return ""


def _note_province(*, user: Any, obj: Case, since: datetime.date, text: str) -> Case:
    if since > timezone.localdate():
        raise ValidationError({"since": _("The day is still to come.")})
    obj.province_on, obj.province_text = since, text_of(text, "text")
    touch(obj, "province_on", "province_text")
    event = log(obj, user=user, what="province", text=obj.province_text, for_applicant=True)
    tell(obj, event)
    return obj


def _day(label: Any) -> Any:
    return lambda: forms.DateField(label=label, initial=timezone.localdate, widget=UnfoldAdminSingleDateWidget)


find_wrong = _answering(states.WRONG, states.OBJECTION, gettext_lazy("The record is wrong"), "error", "danger")
find_right = _answering(states.RIGHT, states.OBJECTION, gettext_lazy("The record is right"), "verified", "primary")
find_uncertain = _answering(states.UNCERTAIN, states.OBJECTION, gettext_lazy("It cannot be established"), "help")
consent = _answering(states.CONSENT, states.REPAIR, gettext_lazy("Consent to the repair"), "thumb_up", "primary")
dissent = _answering(states.DISSENT, states.REPAIR, gettext_lazy("Do not consent"), "thumb_down", "danger")

decide_corrected = _deciding(
    states.CORRECTED,
    states.OBJECTION,
    gettext_lazy("Decide: corrected"),
    gettext_lazy("The prepared correction is put in force at once."),
    "edit_note",
    "primary",
)
decide_removed = _deciding(
    states.REMOVED,
    states.OBJECTION,
    gettext_lazy("Decide: removed"),
    gettext_lazy("The record is neither shown nor used any more. It takes two persons."),
    "delete",
    "danger",
)
decide_upheld = _deciding(
    states.UPHELD,
    states.OBJECTION,
    gettext_lazy("Decide: upheld"),
    gettext_lazy("The record is right and stays."),
    "verified",
)
decide_unresolved = _deciding(
    states.UNRESOLVED,
    states.OBJECTION,
    gettext_lazy("Decide: unresolved"),
    gettext_lazy("Nobody can tell: the record stays and is annotated."),
    "help",
)
decide_granted = _deciding(
    states.GRANTED,
    states.REPAIR,
    gettext_lazy("Grant the repair"),
    gettext_lazy("Display, sharing and use of the record stop at once."),
    "task_alt",
    "primary",
)
decide_denied = _deciding(
    states.DENIED, states.REPAIR, gettext_lazy("Deny the repair"), gettext_lazy("The record stays as it is."), "block"
)
approve = CaseAction(
    name="approve",
    label=gettext_lazy("Approve"),
    permission=HANDLES,
    perform=_approve,
    states=states.sources("approve"),
    description=gettext_lazy("You have looked at the papers yourself, and it is right."),
    icon="how_to_reg",
    variant="primary",
    applies=_second,
)
send_back = CaseAction(
    name="send-back",
    label=gettext_lazy("Send back"),
    permission=HANDLES,
    perform=_send_back,
    states=states.sources("send_back"),
    asks_reason=True,
    description=gettext_lazy("It is to be examined once more."),
    icon="undo",
    applies=_second,
)
notify = CaseAction(
    name="notify",
    label=gettext_lazy("Applicant told"),
    permission=HANDLES,
    perform=_notify,
    states=frozenset({states.CLOSED, states.REFUSED}),
    description=gettext_lazy("The applicant has the decision."),
    icon="mark_email_read",
    variant="primary",
    inputs={
        "told_on": _day(gettext_lazy("told on")),
        "how": lambda: forms.CharField(
            label=gettext_lazy("how"), max_length=200, help_text=gettext_lazy("In person, by post with its number, ...")
        ),
    },
    applies=lambda user, case: gettext_lazy("The applicant was told already.") if case.notified_on else "",
)
reopen = CaseAction(
    name="reopen",
    label=gettext_lazy("Reopen"),
    permission=HANDLES,
    perform=_reopen,
    states=states.sources("reopen"),
    asks_reason=True,
    description=gettext_lazy("Once only: there is something new."),
    icon="restart_alt",
    applies=_reopenable,
)
note_province = CaseAction(
    name="province",
    label=gettext_lazy("Review at the province"),
    permission=HANDLES,
    perform=_note_province,
    states=frozenset({states.CLOSED, states.REFUSED}),
    description=gettext_lazy("The applicant has turned to the provincial authority."),
    icon="account_balance",
    inputs={
        "since": _day(pgettext_lazy("case", "since")),
        "text": long_text(gettext_lazy("what is known of it")),
    },
)
