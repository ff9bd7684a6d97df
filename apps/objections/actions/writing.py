"""Letters: each is an action of its own, offered where it fits the case."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from ..correspondence import KINDS, write_letter
from ..models import Case, Letter
from ..querysets import HANDLES
from ..steps import CaseAction, log


def _write(code: str) -> Any:
    def perform(*, user: Any, obj: Case) -> Case:
        letter = write_letter(obj, code, user=user)
        told = letter.is_for_applicant
        log(obj, user=user, what="letter", text=f"{letter.name} {letter.number}", for_applicant=told)
        return obj

    return perform


def _fits(code: str) -> Any:
    def why_not(user: Any, case: Case) -> str | Promise:
        return "" if KINDS[code].possible(case) else gettext_lazy("This letter does not fit the case as it stands.")

    return why_not


LETTER_ACTIONS = tuple(
    CaseAction(
        name=f"letter-{kind.value}",
        label=kind.label,
        permission=HANDLES,
        perform=_write(kind.value),
        description=gettext_lazy("Make the letter, give it its number and keep it with the case."),
        icon="draft",
        applies=_fits(kind.value),
        while_paused=True,
    )
    for kind in Letter.Kind
)
"""The letters of cases, in the order of their life."""
