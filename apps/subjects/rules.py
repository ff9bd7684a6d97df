"""Whom a clerk or a file means: what codes and name decide, and what a person must decide. Pure.

The rules, in this order. Codes are cleaned (``core.identifiers.clean_code``), names are compared in match form
(``core.text.match_form``); 17 zeros and X count as no unified code. "Names agree": the name given is the subject's
name or one of its former names, or no name is given. Old codes: organisation code, registration number, tax number,
institution and association certificate numbers; the organisation code inside a valid unified code (positions 9 to 17)
counts as one of them. A subject merged into another stands for that one.

1. A unified code on record leads to its subject. Where the names disagree: NAME_DIFFERS. Where an old code given
   leads to somebody else: CODES_DIFFER.
2. A unified code not on record that fails its check: DAMAGED. It is never a new subject.
3. A valid unified code not on record, with an old code on record: its subject, if that has no unified code yet and the
   names agree; NAME_DIFFERS if they do not; CODES_DIFFER if it has another unified code or two subjects are named.
4. A valid unified code and nothing on record: NEW. A subject of the same name with another code is another subject.
5. No unified code, old codes on record: their one subject, if the names agree; else NAME_DIFFERS or CODES_DIFFER.
6. No unified code, no old code on record: NEW for an individual business with a registration number, else UNDECIDED. A
   name alone never decides.

Natural persons do not come here: their exact document number decides, and nothing else.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from apps.core.identifiers import CHECKS, Proposal, check_uscc, clean_code, organisation_code_of, propose_uscc
from apps.core.identifiers.checks import EMPTY, PLACEHOLDER
from apps.core.terms import SubjectKind
from apps.core.text import match_form

USCC = "uscc"
ORGANISATION_CODE = "organisation_code"
REGISTRATION_NUMBER = "registration_number"
OLD_SCHEMES = (ORGANISATION_CODE, REGISTRATION_NUMBER, "tax_number", "institution_number", "association_number")
"""Schemes of Identifier other than the unified code, in the order in which the standard's columns name them."""

Code = tuple[str, str]
"""Scheme and cleaned value."""


class Outcome(enum.StrEnum):
    """What the rules say of a name with codes."""

    MATCHED = "matched"
    NEW = "new"
    NAME_DIFFERS = "name_differs"
    CODES_DIFFER = "codes_differ"
    DAMAGED = "damaged"
    UNDECIDED = "undecided"


class Reason(enum.StrEnum):
    """Why a subject is proposed, most telling first."""

    CODE = "code"
    REPAIRED_CODE = "repaired_code"
    OLD_CODE = "old_code"
    NAME = "name"
    FORMER_NAME = "former_name"


@dataclass(frozen=True)
class Typed:
    """What the clerk or the file gives. ``old_codes``: scheme -> value; ``kind``: a SubjectKind, "" when not known."""

    name: str = ""
    uscc: str = ""
    old_codes: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""

    @property
    def unified(self) -> str:
        """The cleaned unified code, "" when none is given."""
        check = check_uscc(self.uscc)
        return "" if check.error in (EMPTY, PLACEHOLDER) else check.value

    @property
    def unified_error(self) -> str:
        """Error code of the unified code, "" when it is valid or none is given."""
        return check_uscc(self.uscc).error if self.unified else ""

    @property
    def given(self) -> frozenset[Code]:
        """The old codes given, cleaned."""
        return frozenset(
            (scheme, value) for scheme in OLD_SCHEMES if (value := clean_code(self.old_codes.get(scheme)).text)
        )

    @property
    def implied(self) -> frozenset[Code]:
        """The organisation code inside a valid unified code."""
        if not self.unified or self.unified_error:
            return frozenset()
        return frozenset({(ORGANISATION_CODE, organisation_code_of(self.unified))})


@dataclass(frozen=True)
class Known:
    """A subject on record, as far as the rules look at it. ``former_names`` and ``match_name`` are in match form;
    ``codes`` are all it bears or bore, the unified one among them."""

    pk: int
    match_name: str
    uscc: str = ""
    former_names: Collection[str] = ()
    codes: Collection[Code] = ()

    def bears_name(self, form: str) -> bool:
        return not form or form == self.match_name or form in self.former_names

    def bears_code(self, codes: Collection[Code]) -> bool:
        return any(code in self.codes for code in codes)


@dataclass(frozen=True)
class Candidate:
    """A proposed subject: why, and for a repaired code how."""

    pk: int
    reason: Reason
    repair: Proposal | None = None


@dataclass(frozen=True)
class Decision:
    """What the rules say. ``pk`` is the subject for MATCHED, and the one that the code names for NAME_DIFFERS."""

    outcome: Outcome
    pk: int | None = None
    candidates: tuple[Candidate, ...] = ()


def repairs(typed: Typed) -> list[Proposal]:
    """Valid codes near to a damaged unified code, likeliest first."""
    return propose_uscc(typed.uscc) if typed.unified_error else []


def decide(typed: Typed, known: Sequence[Known]) -> Decision:
    """Apply the rules of this module.

    ``known`` are the subjects on record that bear one of the codes (given, implied or repaired) or the name; others
    do no harm. Every outcome but MATCHED brings candidates for the clerk to choose from; for NEW they are those of
    the same name.
    """
    outcome, pk = _outcome(typed, known)
    return Decision(outcome, pk, () if outcome == Outcome.MATCHED else tuple(proposals(typed, known)))


def _outcome(typed: Typed, known: Sequence[Known]) -> tuple[Outcome, int | None]:
    form = match_form(typed.name)
    by_given = {one.pk: one for one in known if one.bears_code(typed.given)}
    if typed.unified:
        code = (USCC, typed.unified)
        for one in known:
            if one.bears_code({code}):
                if by_given.keys() - {one.pk}:
                    return Outcome.CODES_DIFFER, None
                return (Outcome.MATCHED if one.bears_name(form) else Outcome.NAME_DIFFERS), one.pk
        if typed.unified_error:
            return Outcome.DAMAGED, None
        by_given |= {one.pk: one for one in known if one.bears_code(typed.implied)}
        if not by_given:
            return Outcome.NEW, None
    if by_given:
        if len(by_given) > 1:
            return Outcome.CODES_DIFFER, None
        (one,) = by_given.values()
        if typed.unified and one.uscc:
            return Outcome.CODES_DIFFER, None
        return (Outcome.MATCHED if one.bears_name(form) else Outcome.NAME_DIFFERS), one.pk
    if typed.kind == SubjectKind.INDIVIDUAL_BUSINESS and any(
        scheme == REGISTRATION_NUMBER for scheme, _ in typed.given
    ):
        return Outcome.NEW, None
    return Outcome.UNDECIDED, None


def proposals(typed: Typed, known: Sequence[Known]) -> list[Candidate]:
    """Each of the known subjects with the most telling reason why it may be meant, best first."""
    form = match_form(typed.name)
    near = {proposal.code: proposal for proposal in repairs(typed)}
    found: list[Candidate] = []
    for one in known:
        repaired = next((near[value] for scheme, value in one.codes if scheme == USCC and value in near), None)
        if typed.unified and one.bears_code({(USCC, typed.unified)}):
            found.append(Candidate(one.pk, Reason.CODE))
        elif repaired is not None:
            found.append(Candidate(one.pk, Reason.REPAIRED_CODE, repaired))
        elif one.bears_code(typed.given | typed.implied):
            found.append(Candidate(one.pk, Reason.OLD_CODE))
        elif form and form == one.match_name:
            found.append(Candidate(one.pk, Reason.NAME))
        elif form and form in one.former_names:
            found.append(Candidate(one.pk, Reason.FORMER_NAME))
    likelihood = {code: place for place, code in enumerate(near)}
    names = {one.pk: one.bears_name(form) for one in known}
    order = list(Reason)
    return sorted(
        found,
        key=lambda candidate: (
            order.index(candidate.reason),
            # Of several codes near to the damaged one that of the subject with the given name is likeliest.
            not names[candidate.pk],
            likelihood[candidate.repair.code] if candidate.repair else 0,
            candidate.pk,
        ),
    )


def damaged_old_codes(old_codes: Mapping[str, str]) -> dict[str, str]:
    """Scheme -> error code, for old codes that fail the check of their scheme."""
    return {
        scheme: error
        for scheme, value in old_codes.items()
        if value and scheme in CHECKS and scheme != USCC and (error := CHECKS[scheme](value).error)
    }


def kind_of(uscc: str) -> str:
    """SubjectKind that a unified code tells: positions 1 and 2."""
    return SubjectKind.INDIVIDUAL_BUSINESS if uscc[:2] == "92" else SubjectKind.LEGAL_ENTITY


def region_codes(uscc: str) -> list[str]:
    """Codes under which the region table may hold the division at registration (positions 3 to 8), finest first.

    A division of a city or province ends in zeros, which the region table leaves out.
    """
    division = uscc[2:8]
    if len(division) < 6 or not division.isdigit():
        return []
    if division.endswith("0000"):
        return [division[:2]]
    return [division[:4]] if division.endswith("00") else [division]
