"""The term of a repair in words: which class, which rule, and the arithmetic step by step."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import Case
from .repair_terms import DECISION_DATE, HUGE_FINE, LISTED, OTHER, SIMPLIFIED, RepairTerm, Step

SIGNS: Final[dict[str, str | Promise]] = {
    SIMPLIFIED: gettext_lazy("decided on the spot"),
    HUGE_FINE: gettext_lazy("a huge fine"),
    LISTED: gettext_lazy("on a list of serious dishonesty"),
    OTHER: gettext_lazy("a kind of penalty that the rules do not name"),
}


@dataclass(frozen=True)
class Told:
    """One class as the officer is told of it. ``because``: what puts the decision there, empty for the other classes;
    ``tone``: success when it can be granted, warning when later, danger when never."""

    dishonesty: str
    label: str
    term: str
    grantable: str
    tone: str
    steps: list[str]
    because: str
    rule: str
    source: str


def told(term: RepairTerm, because: Collection[str], today: datetime.date) -> Told:
    """What there is to tell of a class and its term."""
    day = term.grantable_from
    if day is None:
        grantable, tone = _("not before the publicity ends by itself"), "danger"
    elif day <= today:
        grantable, tone = _("since %(day)s") % {"day": day}, "success"
    else:
        grantable, tone = _("from %(day)s") % {"day": day}, "warning"
    return Told(
        dishonesty=term.dishonesty.value,
        label=_label(term.dishonesty.value),
        term=_months(term.shortest_months, term.longest_months),
        grantable=grantable,
        tone=tone,
        steps=[_step(step, values) for step, values in term.steps],
        because=_(", ").join(str(SIGNS.get(sign, sign)) for sign in because),
        rule=term.rule.key,
        source=term.rule.source,
    )


def _label(dishonesty: str) -> str:
    return str(Case.Dishonesty(dishonesty).label)


def _months(shortest: int, longest: int) -> str:
    if shortest == longest:
        return _("%(longest)d months") % {"longest": longest}
    return _("%(shortest)d to %(longest)d months") % {"shortest": shortest, "longest": longest}


def _step(step: Step, values: dict[str, Any]) -> str:
    if step == Step.REGIME:
        until = _("until %(day)s") % {"day": values["effective_to"]} if values["effective_to"] else _("until today")
        return _("The decision is of %(decided_on)s: the rules of %(effective_from)s %(until)s count (%(source)s).") % {
            **values,
            "until": until,
        }
    if step == Step.TERM:
        return _("“%(class)s” is published for %(months)s.") % {
            "class": _label(values["dishonesty"]),
            "months": _months(values["shortest"], values["longest"]),
        }
    if step == Step.PROTECTED_FIELD:
        return _("In a specially protected field it is %(months)s.") % {
            "months": _months(values["shortest"], values["longest"])
        }
    if step == Step.COUNTED_FROM:
        if values["what"] == DECISION_DATE:
            return _("Counted from the day of the decision, %(day)s.") % values
        return _("Counted from the day of the publication, %(day)s.") % values
    if step == Step.SHORTEST_ENDS:
        return _("The shortest publicity, %(months)d months, ends with %(day)s.") % values
    if step == Step.GRANTABLE_FROM:
        return _("A repair can be granted from the day after: %(day)s.") % values
    if step == Step.GRANTABLE_AT_ONCE:
        return _("There is no shortest publicity: a repair can be granted from %(day)s.") % values
    if step == Step.EXCLUDED:
        return _("Shortest and longest are the same: no repair before it ends on %(day)s.") % values
    return _("The longest publicity, %(months)d months, ends with %(day)s.") % values
