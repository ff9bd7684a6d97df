"""Whom a clerk means: the rules of ``rules`` applied to what is on record, for one entry.

Imports of many rows apply the same rules by joins; the rules are written out in ``rules``, and the order of the joins
is: Subject.uscc, Identifier of scheme ``uscc``, Identifier of an old scheme (with the organisation code inside a valid
unified code), each followed through ``merged_into``; then the names are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.identifiers import Proposal
from apps.core.identifiers.messages import reason_for
from apps.core.text import match_form

from . import rules
from .models import Identifier, Subject, SubjectName
from .rules import Outcome, Reason, Typed

SAME_NAME_BOUND = 20
"""So many subjects of the very same name are proposed at most."""

REASONS: dict[Reason, str | Promise] = {
    Reason.CODE: _("bears this code"),
    Reason.REPAIRED_CODE: _("bears a code that differs by one slip"),
    Reason.OLD_CODE: _("bears this old code"),
    Reason.NAME: _("bears this name"),
    Reason.FORMER_NAME: _("bore this name"),
}
MESSAGES: dict[Outcome, str | Promise] = {
    Outcome.MATCHED: _("The subject is on record."),
    Outcome.NEW: _("The subject is not on record yet and can be entered."),
    Outcome.NAME_DIFFERS: _("The code belongs to “%(name)s”. Compare code and name with the certificate."),
    Outcome.CODES_DIFFER: _("The codes belong to different subjects. Compare them with the certificate."),
    Outcome.DAMAGED: _("The unified social credit code is damaged. Choose one of the proposals or correct the code."),
    Outcome.UNDECIDED: _("A name alone does not tell who is meant. Give the unified social credit code or choose."),
}


@dataclass(frozen=True)
class Proposed:
    """A subject that may be meant, and why."""

    subject: Subject
    reason: Reason
    repair: Proposal | None = None

    @property
    def text(self) -> str:
        """Why, in the active language."""
        return reason_for(self.repair) if self.repair else str(REASONS[self.reason])


@dataclass(frozen=True)
class Match:
    """The answer. ``subject`` is the one for MATCHED, the bearer of the code for NAME_DIFFERS, else None. ``repairs``
    are valid codes near to a damaged one, whether on record or not."""

    outcome: Outcome
    subject: Subject | None
    proposals: tuple[Proposed, ...] = ()
    repairs: tuple[Proposal, ...] = ()

    @property
    def text(self) -> str:
        """What was found, in the active language."""
        return str(MESSAGES[self.outcome]) % {"name": self.subject or ""}


def resolve(*, name: str = "", uscc: str = "", old_codes: dict[str, str] | None = None, kind: str = "") -> Match:
    """Whom name and codes mean, by the rules. ``old_codes``: Identifier.Scheme -> value; ``kind``: SubjectKind or
    ""."""
    return match(Typed(name=name, uscc=uscc, old_codes=old_codes or {}, kind=kind))


def match(typed: Typed) -> Match:
    """The same for a ``Typed``. A handful of queries, each by an index."""
    repairs = rules.repairs(typed)
    subjects = _candidates(typed, [proposal.code for proposal in repairs])
    decision = rules.decide(typed, _known(subjects))
    return Match(
        outcome=decision.outcome,
        subject=subjects.get(decision.pk) if decision.pk else None,
        proposals=tuple(Proposed(subjects[one.pk], one.reason, one.repair) for one in decision.candidates),
        repairs=tuple(repairs),
    )


def _candidates(typed: Typed, repaired: list[str]) -> dict[int, Subject]:
    """Subjects with one of the codes, or with the very name, by id."""
    unified = [code for code in (typed.unified, *repaired) if code]
    ids: set[int] = set()
    if unified:
        ids.update(Subject.objects.filter(uscc__in=unified).values_list(Coalesce("merged_into_id", "id"), flat=True))
    old = typed.given | typed.implied | {(rules.USCC, code) for code in unified}
    if old:
        condition = Q()
        for scheme, value in old:
            condition |= Q(scheme=scheme, value=value)
        ids.update(Identifier.objects.filter(condition).values_list("subject_id", flat=True))
    if form := match_form(typed.name):
        named = Subject.objects.organisations().filter(match_name=form)
        ids.update(named.values_list("pk", flat=True)[:SAME_NAME_BOUND])
        ids.update(SubjectName.objects.filter(match_name=form).values_list("subject_id", flat=True)[:SAME_NAME_BOUND])
    return Subject.objects.organisations().in_bulk(list(ids))


def _known(subjects: dict[int, Subject]) -> list[rules.Known]:
    names: dict[int, list[str]] = {}
    for pk, form in SubjectName.objects.filter(subject__in=subjects).values_list("subject_id", "match_name"):
        names.setdefault(pk, []).append(form)
    codes: dict[int, set[rules.Code]] = {}
    for pk, scheme, value in Identifier.objects.filter(subject__in=subjects).values_list(
        "subject_id", "scheme", "value"
    ):
        codes.setdefault(pk, set()).add((scheme, value))
    # A merged subject keeps its code; it leads to the one that remains.
    for pk, code in (
        Subject.objects.filter(merged_into__in=subjects).exclude(uscc=None).values_list("merged_into_id", "uscc")
    ):
        codes.setdefault(pk, set()).add((rules.USCC, str(code)))
    return [
        rules.Known(
            pk=pk,
            match_name=subject.match_name,
            uscc=subject.uscc or "",
            former_names=names.get(pk, ()),
            codes=codes.get(pk, set()) | ({(rules.USCC, subject.uscc)} if subject.uscc else set()),
        )
        for pk, subject in subjects.items()
    ]
