"""Working on a case: taking it, accepting it, asking the department, pausing the clock, adding to the file."""

import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.widgets import UnfoldAdminSingleDateWidget

from apps.audit.context import acting, current
from apps.core.calendars import current_calendar
from apps.departments.models import User
from apps.departments.scope import may
from apps.departments.terms import Role
from apps.records.attachments import ACCEPT

from .. import states
from ..clocks import reckon
from ..models import Case, Evidence, Pause
from ..papers import keep
from ..querysets import HANDLES
from ..steps import EITHER, SOURCE, CaseAction, LongText, advance, conflict, end_pause, handles, log, text_of, touch
from ..telling import tell


def long_text(label: Any, help_text: Any = "") -> Any:
    """A factory of a text field for what an action asks."""
    return lambda: LongText(label=label, help_text=help_text)


# Who works on it


def _take(*, user: Any, obj: Case) -> Case:
    field = "handler" if handles(user, obj) else "checker"
    setattr(obj, field, user)
    touch(obj, field)
    log(obj, user=user, what="take")
    return obj


def _not_mine(user: Any, case: Case) -> str | Promise:
    mine = case.handler_id if handles(user, case) else case.checker_id
    return gettext_lazy("You work on this case already.") if mine == user.pk else ""


def _hand_over(*, user: Any, obj: Case, to: User) -> Case:
    if not may(to, HANDLES, obj.department_id):
        raise ValidationError(
            {
                "to": _("%(name)s does not handle cases of %(department)s.")
                % {"name": to.name, "department": obj.department}
            }
        )
    obj.handler = to
    touch(obj, "handler")
    event = log(obj, user=user, what="hand_over", text=to.name)
    tell(obj, event)
    return obj


def officers() -> Any:
    """The officers to whom a case can be given."""
    return User.objects.filter(is_active=True, groups__role__role=Role.CENTRE_OFFICER).distinct().order_by("name")


class OfficerField(forms.ModelChoiceField):
    """Officers by name."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} ({obj.username})"


# The beginning


def missing_papers(case: Case) -> list[str]:
    """The papers without which a case cannot be accepted, in words; empty when all are there."""
    needed = []
    if case.relation == Case.Relation.AGENT:
        needed.append(Evidence.What.AUTHORITY)
    if case.kind == states.REPAIR:
        needed += [Evidence.What.CORRECTION, Evidence.What.COMMITMENT]
    there = set(case.evidence.values_list("what", flat=True)) if needed else set()
    return [str(each.label) for each in needed if each not in there]


def lacking(case: Case) -> str:
    """Which papers are missing, as a sentence; "" when all are there."""
    missing = missing_papers(case)
    return _("These papers are missing: %(papers)s.") % {"papers": _(", ").join(missing)} if missing else ""


def _acceptable(user: Any, case: Case) -> str | Promise:
    if missing := lacking(case):
        return missing
    if case.kind == states.REPAIR:
        today = timezone.localdate()
        if case.grantable_from is None:
            return _("Within the whole term of publicity this record is not repaired.")
        if today < case.grantable_from:
            return _("A repair can be granted from %(day)s; until then it is not accepted.") % {
                "day": case.grantable_from
            }
    return ""


def _accept(*, user: Any, obj: Case) -> Case:
    obj.handler = obj.handler or user
    return advance(obj, user=user, what="accept", target=states.ACCEPTED)


def _refuse(*, user: Any, obj: Case, grounds: str) -> Case:
    obj.outcome_text = text_of(grounds, "grounds")
    obj.decided_by = user
    return advance(obj, user=user, what="refuse", target=states.REFUSED, text=obj.outcome_text)


def _retract(*, user: Any, obj: Case) -> Case:
    obj.outcome = ""
    return advance(obj, user=user, what="retract", target=states.RETRACTED, text=current().reason)


# The source department


def _route(*, user: Any, obj: Case, question: str) -> Case:
    obj.routed_to = obj.record.department
    obj.finding = obj.finding_text = ""
    obj.found_by = None
    return advance(obj, user=user, what="route", target=states.ROUTED, text=text_of(question, "question"))


def _recall(*, user: Any, obj: Case) -> Case:
    return advance(obj, user=user, what="recall", target=states.ACCEPTED, text=current().reason)


# The clock


def _pause(*, user: Any, obj: Case, ground: str, grounds: str, bring_by: datetime.date | None = None) -> Case:
    if ground not in Pause.Ground.values:
        raise ValidationError({"ground": _("Choose one of the values.")})
    reason = text_of(grounds, "grounds")
    today = timezone.localdate()
    if ground == Pause.Ground.SUPPLEMENT and bring_by is None:
        raise ValidationError({"bring_by": _("Say until when the papers are to be brought.")})
    if bring_by is not None and bring_by <= today:
        raise ValidationError({"bring_by": _("The day must be still to come.")})
    Pause.objects.create(case=obj, ground=ground, reason=reason, begun_on=today, bring_by=bring_by, begun_by=user)
    obj.paused_on = today
    reckon(obj, current_calendar())
    touch(obj, "paused_on", "due", "stage_due", "whole_due", "provisional")
    with translation.override(settings.LANGUAGE_CODE):
        text = _("%(ground)s: %(reason)s") % {"ground": Pause.Ground(ground).label, "reason": reason}
    event = log(obj, user=user, what="pause", text=text, for_applicant=True)
    tell(obj, event)
    return obj


def _resume(*, user: Any, obj: Case) -> Case:
    end_pause(obj, timezone.localdate())
    reckon(obj, current_calendar())
    touch(obj, "paused_on", "due", "stage_due", "whole_due", "provisional")
    event = log(obj, user=user, what="resume", text=current().reason, for_applicant=True)
    tell(obj, event)
    return obj


def _paused(user: Any, case: Case) -> str | Promise:
    return "" if case.is_paused else gettext_lazy("The clock runs.")


# The file


def _add_paper(*, user: Any, obj: Case, file: UploadedFile, what: str, brought_by: str = "") -> Case:
    side = Evidence.By.CENTRE if handles(user, obj) else Evidence.By.SOURCE
    brought = Evidence.By.APPLICANT if brought_by == Evidence.By.APPLICANT and handles(user, obj) else side
    with acting(reason=obj.number):
        paper = keep(obj, file, user=user, what=what, brought_by=brought)
    log(obj, user=user, what="paper", text=paper.name)
    return obj


def _note(*, user: Any, obj: Case, text: str) -> Case:
    log(obj, user=user, what="note", text=text_of(text, "text"))
    return obj


take = CaseAction(
    name="take",
    label=gettext_lazy("Take"),
    permission=HANDLES,
    perform=_take,
    states=frozenset(states.OPEN),
    description=gettext_lazy("You work on it from now on."),
    icon="front_hand",
    bulk=True,
    applies=_not_mine,
    side=EITHER,
    while_paused=True,
)
hand_over = CaseAction(
    name="hand-over",
    label=gettext_lazy("Hand over"),
    permission=HANDLES,
    perform=_hand_over,
    states=frozenset(states.OPEN),
    description=gettext_lazy("Another officer works on it from now on."),
    icon="swap_horiz",
    bulk=True,
    inputs={"to": lambda: OfficerField(label=gettext_lazy("officer"), queryset=officers())},
    while_paused=True,
)
accept = CaseAction(
    name="accept",
    label=gettext_lazy("Accept"),
    permission=HANDLES,
    perform=_accept,
    states=states.sources("accept"),
    description=gettext_lazy("The papers are complete; the case is examined."),
    icon="check",
    variant="primary",
    bulk=True,
    applies=_acceptable,
)
refuse = CaseAction(
    name="refuse",
    label=gettext_lazy("Do not accept"),
    permission=HANDLES,
    perform=_refuse,
    states=states.sources("refuse"),
    description=gettext_lazy("The applicant gets the grounds in writing."),
    icon="block",
    variant="danger",
    inputs={"grounds": long_text(gettext_lazy("grounds for the applicant"))},
    applies=conflict,
)
route = CaseAction(
    name="route",
    label=gettext_lazy("Ask the source department"),
    permission=HANDLES,
    perform=_route,
    states=states.sources("route"),
    description=gettext_lazy("Its reviewers see this case and answer within their days."),
    icon="forward_to_inbox",
    variant="primary",
    inputs={"question": long_text(gettext_lazy("what the department is to check"))},
)
recall = CaseAction(
    name="recall",
    label=gettext_lazy("Take back from the department"),
    permission=HANDLES,
    perform=_recall,
    states=states.sources("recall"),
    asks_reason=True,
    description=gettext_lazy("It did not answer, or the question has answered itself."),
    icon="undo",
)
pause = CaseAction(
    name="pause",
    label=gettext_lazy("Pause the clock"),
    permission=HANDLES,
    perform=_pause,
    states=frozenset(states.PAUSABLE),
    description=gettext_lazy("Time for testing, an expert opinion or papers to be supplemented does not count."),
    icon="pause_circle",
    inputs={
        "ground": lambda: forms.ChoiceField(label=gettext_lazy("ground"), choices=Pause.Ground.choices),
        "grounds": long_text(
            gettext_lazy("what is awaited, from whom"), gettext_lazy("Papers to be supplemented: one on each line.")
        ),
        "bring_by": lambda: forms.DateField(
            label=gettext_lazy("papers to be brought by"), required=False, widget=UnfoldAdminSingleDateWidget
        ),
    },
)
resume = CaseAction(
    name="resume",
    label=gettext_lazy("Resume"),
    permission=HANDLES,
    perform=_resume,
    states=frozenset(states.PAUSABLE),
    asks_reason=True,
    description=gettext_lazy("The days of the pause are added to what is due."),
    icon="play_circle",
    variant="primary",
    applies=_paused,
    while_paused=True,
)
retract = CaseAction(
    name="retract",
    label=gettext_lazy("Retracted by the applicant"),
    permission=HANDLES,
    perform=_retract,
    states=states.sources("retract"),
    asks_reason=True,
    description=gettext_lazy("The applicant no longer asks for it."),
    icon="cancel",
    while_paused=True,
)
add_paper = CaseAction(
    name="paper",
    label=gettext_lazy("Add a paper"),
    permission=HANDLES,
    perform=_add_paper,
    states=frozenset(states.OPEN),
    icon="attach_file",
    inputs={
        "file": lambda: forms.FileField(
            label=pgettext_lazy("objections", "file"), widget=forms.FileInput(attrs={"accept": ACCEPT})
        ),
        "what": lambda: forms.ChoiceField(
            label=gettext_lazy("what it is"), choices=Evidence.What.choices, initial=Evidence.What.PROOF
        ),
        "brought_by": lambda: forms.ChoiceField(
            label=gettext_lazy("brought by"),
            choices=[each for each in Evidence.By.choices if each[0] != Evidence.By.SOURCE],
        ),
    },
    while_paused=True,
)
add_source_paper = CaseAction(
    name="source-paper",
    label=gettext_lazy("Add a paper"),
    permission=HANDLES,
    perform=_add_paper,
    states=frozenset({states.ROUTED}),
    icon="attach_file",
    inputs={name: add_paper.inputs[name] for name in ("file", "what")},
    side=SOURCE,
    while_paused=True,
    applies=lambda user, case: gettext_lazy("Add it as the centre.") if handles(user, case) else "",
)
note = CaseAction(
    name="note",
    label=gettext_lazy("Note"),
    permission=HANDLES,
    perform=_note,
    description=gettext_lazy("For the officers of both sides; the applicant never sees it."),
    icon="sticky_note_2",
    inputs={"text": long_text(pgettext_lazy("case", "note"))},
    side=EITHER,
    while_paused=True,
)
