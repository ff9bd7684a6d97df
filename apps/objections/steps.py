"""What every action on a case has in common: the step itself, its trace, its clocks."""

import datetime
import re
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.context import acting, current
from apps.core.text import visible_lines
from apps.departments.actions import Action
from apps.departments.scope import departments_of, may

from . import states
from .clocks import begin_stage
from .models import Case, Event, Pause
from .querysets import CHECKS, HANDLES
from .telling import tell
from .timeline import WORDS

LONGEST_TEXT: Final = 4000

CENTRE: Final = "centre"
SOURCE: Final = "source"
EITHER: Final = "either"


def handles(user: Any, case: Case) -> bool:
    """Whether ``user`` handles the case for the centre."""
    return may(user, HANDLES, case.department_id)


def checks(user: Any, case: Case) -> bool:
    """Whether ``user`` checks the case for the department it was routed to."""
    return case.routed_to_id is not None and may(user, CHECKS, case.routed_to_id)


@dataclass(frozen=True)
class CaseAction(Action[Case]):
    """An action on a case. ``side``: the centre's, the source department's, or whoever's sees the case; ``kind``: of
    one kind of case alone; ``while_paused``: possible while the clock stands still."""

    side: str = CENTRE
    kind: str = ""
    while_paused: bool = False

    def offered_to(self, user: Any) -> bool:
        centre = self.side != SOURCE and bool(departments_of(user, HANDLES))
        return centre or (self.side != CENTRE and bool(departments_of(user, CHECKS)))

    def permits(self, user: Any, obj: Any) -> bool:
        if self.side == SOURCE:
            return checks(user, obj)
        return handles(user, obj) or (self.side == EITHER and checks(user, obj))

    def why_not(self, user: Any, obj: Any) -> str | Promise:
        if self.kind and obj.kind != self.kind:
            return _("This is another kind of case.")
        if why_not := super().why_not(user, obj):
            return why_not
        if obj.state != states.ROUTED and not handles(user, obj):
            return _("Your department has done its part; it reads the case and changes nothing any more.")
        if obj.is_paused and not self.while_paused:
            return _("The clock stands still since %(day)s: resume the case first.") % {"day": obj.paused_on}
        return ""


def conflict(user: Any, case: Case) -> str | Promise:
    """Why ``user`` may not judge this case: whoever entered or changed the record does not decide about it."""
    if user.pk in {case.record.author_id, case.record.editor_id}:
        return gettext_lazy("You entered or changed this record: somebody else decides about it.")
    return ""


class LongText(forms.CharField):
    """A text of some lines. A browser would cut off what is too long and say nothing; here it is told."""

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


_PICTURES: Final = re.compile("[\U0001f000-\U0001faff]")


def text_of(value: str, field: str) -> str:
    """A text that must be given, without what shows nothing but changes what it looks like. Raises ValidationError,
    also for pictures among the characters (😀), which no font of a letter has."""
    value = visible_lines(value)
    if pictures := dict.fromkeys(_PICTURES.findall(value)):
        raise ValidationError(
            {field: _("Letters cannot show %(characters)s: leave it out.") % {"characters": " ".join(pictures)}}
        )
    if not value:
        raise ValidationError({field: _("Please fill this in.")})
    if len(value) > LONGEST_TEXT:
        raise ValidationError(
            {
                field: _("At most %(most)d characters; there are %(number)d.")
                % {"most": LONGEST_TEXT, "number": len(value)}
            }
        )
    return value


def advance(case: Case, *, user: Any, what: str, target: str, text: str = "", for_applicant: bool = True) -> Case:
    """Lead a locked case on: state, clocks, version, trace, and whoever must know. Saves it."""
    source, case.state = case.state, target
    today = timezone.localdate()
    if target in states.OPEN:
        case.closed_at = None
    else:
        case.closed_at = timezone.now()
        end_pause(case, today)
    begin_stage(case, today)
    case.version += 1
    # The record's mark changes with it, and its history is to say why.
    with acting(reason=current().reason or _because(case, what)):
        case.save()
    event = log(case, user=user, what=what, source=source, target=target, text=text, for_applicant=for_applicant)
    tell(case, event)
    return case


def _because(case: Case, what: str) -> str:
    # History is read by everybody: in the language of the authority.
    with translation.override(settings.LANGUAGE_CODE):
        return f"{case.number} {WORDS[what][0]}"


def touch(case: Case, *fields: str) -> None:
    """Save some fields of a locked case whose state stays."""
    case.version += 1
    case.save(update_fields=[*fields, "version"])


def log(
    case: Case,
    *,
    user: Any,
    what: str,
    source: str = "",
    target: str = "",
    text: str = "",
    for_applicant: bool = False,
) -> Event:
    """Write down what happened."""
    return Event.objects.create(
        case=case, actor=user, what=what, source=source, target=target, text=text, for_applicant=for_applicant
    )


def end_pause(case: Case, day: datetime.date) -> Pause | None:
    """End the pause that goes on, if one does. Does not save the case."""
    pause = case.pauses.filter(ended_on=None).first()
    if pause is not None:
        pause.ended_on = day
        pause.save(update_fields=["ended_on"])
    case.paused_on = None
    return pause
