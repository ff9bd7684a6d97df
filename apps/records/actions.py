"""What people do to a record. Each is one object: buttons, endpoints and jobs call the same.

Entering and changing the content is in ``entry``; many records at once in ``bulk``; daily archiving in ``archiving``.
"""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSingleDateWidget

from apps.audit.context import current
from apps.core.calendars import current_calendar
from apps.core.dated_rules import NoRule, rule_at
from apps.departments.actions import Action

from . import rules
from .attachments import detach
from .clocks import WITHDRAWAL_BY_DEPARTMENT
from .models import Record

# An objection removes a record by its own procedure.
_GROUNDS = {each.value: each.label for each in (Record.Withdrawal.REVOKED, Record.Withdrawal.VARIED)}


def second_person(user: Any, record: Record) -> str | Promise:
    """Why ``user`` may not stand in as the second pair of eyes; "" when nothing is against it."""
    if record.department.four_eyes and user.pk in {record.author_id, record.editor_id}:
        return _("You entered or changed this record; somebody else must review it.")
    return ""


def _submit(*, user: Any, obj: Record) -> Record:
    obj.state = rules.SUBMITTED
    obj.submitted_at = timezone.now()
    obj.return_reason = ""
    obj.save(update_fields=["state", "submitted_at", "return_reason"])
    return obj


def _publish(*, user: Any, obj: Record) -> Record:
    obj.state = rules.PUBLISHED
    obj.published_at = timezone.now()
    obj.reviewer = user
    obj.save(update_fields=["state", "published_at", "reviewer"])
    return obj


def _return(*, user: Any, obj: Record) -> Record:
    obj.state = rules.RETURNED
    obj.return_reason = current().reason
    obj.reviewer = user
    obj.save(update_fields=["state", "return_reason", "reviewer"])
    return obj


def _withdraw(*, user: Any, obj: Record, kind: str, changed_on: datetime.date) -> Record:
    if kind not in _GROUNDS:
        raise ValidationError({"kind": _("Choose whether the decision was revoked or varied.")})
    if not obj.decided_on <= changed_on <= timezone.localdate():
        raise ValidationError(
            {"changed_on": _("The day must lie between the decision (%(day)s) and today.") % {"day": obj.decided_on}}
        )
    obj.state = rules.WITHDRAWN
    obj.withdrawal = kind
    obj.withdrawal_reason = current().reason
    obj.withdrawal_decided_on = changed_on
    obj.withdrawal_due = withdrawal_day(changed_on)
    obj.withdrawn_at = timezone.now()
    obj.save(
        update_fields=[
            "state",
            "withdrawal",
            "withdrawal_reason",
            "withdrawal_decided_on",
            "withdrawal_due",
            "withdrawn_at",
        ]
    )
    return obj


def withdrawal_day(changed_on: datetime.date) -> datetime.date | None:
    """The legal day by which a record is withdrawn whose decision was revoked or varied on ``changed_on``."""
    try:
        rule = rule_at(WITHDRAWAL_BY_DEPARTMENT, changed_on)
    except NoRule:
        return None
    return rules.withdrawal_due(changed_on, rule, current_calendar()).date


def _discard(*, user: Any, obj: Record) -> Record:
    detach(list(obj.attachments.all()))
    obj.delete()
    return obj


def _detach(*, user: Any, obj: Record, attachment_id: int) -> Record:
    detach(obj.attachments.filter(pk=attachment_id))
    return obj


def _ground() -> forms.Field:
    return forms.ChoiceField(
        label=_("ground of the withdrawal"), choices=_GROUNDS.items(), widget=UnfoldAdminRadioSelectWidget
    )


def _changed_on() -> forms.Field:
    today = timezone.localdate()
    return forms.DateField(
        label=_("revoked or varied on"),
        initial=today,
        widget=UnfoldAdminSingleDateWidget,
        help_text=gettext(
            "The day of the decision that revoked or varied this one; the legal day for the withdrawal is counted "
            "from it. If that was today: %(day)s."
        )
        % {"day": withdrawal_day(today) or "–"},
    )


submit: Action[Record] = Action(
    name="submit",
    label=_("Submit for review"),
    permission="enter_records",
    perform=_submit,
    states=rules.TRANSITIONS["submit"].sources,
    description=_("Hand it to the reviewer of your department."),
    icon="send",
    variant="primary",
    bulk=True,
)

publish: Action[Record] = Action(
    name="publish",
    label=_("Publish"),
    permission="review_records",
    perform=_publish,
    states=rules.TRANSITIONS["publish"].sources,
    description=_("You have compared it with the decision, and it is right."),
    icon="task_alt",
    variant="primary",
    bulk=True,
    applies=second_person,
)

return_record: Action[Record] = Action(
    name="return",
    label=_("Return"),
    permission="review_records",
    perform=_return,
    states=rules.TRANSITIONS["return"].sources,
    asks_reason=True,
    description=_("The clerk corrects it and submits it again."),
    icon="undo",
    bulk=True,
)

withdraw: Action[Record] = Action(
    name="withdraw",
    label=_("Withdraw"),
    permission="review_records",
    perform=_withdraw,
    states=rules.TRANSITIONS["withdraw"].sources,
    asks_reason=True,
    description=_("The decision was revoked or varied: the record is no longer shown or used."),
    icon="block",
    variant="danger",
    inputs={"kind": _ground, "changed_on": _changed_on},
)

discard: Action[Record] = Action(
    name="discard",
    label=_("Discard"),
    permission="enter_records",
    perform=_discard,
    states=rules.TRANSITIONS["discard"].sources,
    asks_reason=True,
    description=_("The record and its files are deleted; the history keeps that they were there."),
    icon="delete",
    variant="danger",
)

detach_file: Action[Record] = Action(
    name="detach",
    label=_("Remove a file"),
    permission="enter_records",
    perform=_detach,
    states=rules.EDITABLE,
    icon="attach_file_off",
)
