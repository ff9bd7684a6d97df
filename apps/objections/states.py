"""The lawful ways of a case, declared once: actions, pages, the drawing in the docs and the database follow. Pure.

An objection (异议) asks whether a record is right; a repair (信用修复) asks that a right record be no longer shown,
because the subject has made good. Both come in at the credit centre and may go through the department that reported the
record; they differ in what is asked of it and in what the end does to the record.
"""

from dataclasses import dataclass
from typing import Final

OBJECTION: Final = "objection"
REPAIR: Final = "repair"
KINDS: Final = (OBJECTION, REPAIR)

RECEIVED: Final = "received"
ACCEPTED: Final = "accepted"
ROUTED: Final = "routed"
ANSWERED: Final = "answered"
PROPOSED: Final = "proposed"
CLOSED: Final = "closed"
REFUSED: Final = "refused"
RETRACTED: Final = "retracted"

CORRECTED: Final = "corrected"
REMOVED: Final = "removed"
UPHELD: Final = "upheld"
UNRESOLVED: Final = "unresolved"
GRANTED: Final = "granted"
DENIED: Final = "denied"

WRONG: Final = "wrong"
RIGHT: Final = "right"
UNCERTAIN: Final = "uncertain"
CONSENT: Final = "consent"
DISSENT: Final = "dissent"


@dataclass(frozen=True)
class Step:
    """One way from a state to another. ``source`` is None where a case begins; ``once``: at most once in its life;
    ``by``: who goes it."""

    action: str
    source: str | None
    target: str
    kinds: tuple[str, ...] = KINDS
    once: bool = False
    by: str = "officer"


STEPS: Final = (
    Step("file", None, RECEIVED),
    Step("accept", RECEIVED, ACCEPTED),
    Step("refuse", RECEIVED, REFUSED),
    Step("route", ACCEPTED, ROUTED),
    Step("route", ANSWERED, ROUTED),
    Step("recall", ROUTED, ACCEPTED),
    Step("answer", ROUTED, ANSWERED, by="reviewer of the department"),
    Step("decide", ACCEPTED, CLOSED, (OBJECTION,)),
    Step("decide", ACCEPTED, PROPOSED, (OBJECTION,)),
    Step("decide", ANSWERED, CLOSED),
    # The department's consent is the first person of a repair, so that none ever waits for a second officer.
    Step("decide", ANSWERED, PROPOSED, (OBJECTION,)),
    Step("approve", PROPOSED, CLOSED, (OBJECTION,), by="second officer"),
    Step("send_back", PROPOSED, ACCEPTED, (OBJECTION,), by="second officer"),
    Step("send_back", PROPOSED, ANSWERED, (OBJECTION,), by="second officer"),
    *(Step("retract", state, RETRACTED) for state in (RECEIVED, ACCEPTED, ROUTED, ANSWERED)),
    Step("retract", PROPOSED, RETRACTED, (OBJECTION,)),
    Step("reopen", CLOSED, ACCEPTED, once=True),
    Step("reopen", REFUSED, ACCEPTED, once=True),
)
OPEN: Final = (RECEIVED, ACCEPTED, ROUTED, ANSWERED, PROPOSED)
"""While a case is in one of these the record of an objection bears its mark, and the clock runs or is paused."""
DECIDED: Final = (PROPOSED, CLOSED)
"""The states in which a case has an outcome."""
PAUSABLE: Final = (RECEIVED, ACCEPTED, ROUTED, ANSWERED)
OUTCOMES: Final = {OBJECTION: (CORRECTED, REMOVED, UPHELD, UNRESOLVED), REPAIR: (GRANTED, DENIED)}
FINDINGS: Final = {OBJECTION: (WRONG, RIGHT, UNCERTAIN), REPAIR: (CONSENT, DISSENT)}
TWO_PERSONS: Final = (REMOVED, GRANTED)
"""Outcomes that take a record out of use: two persons must be for it."""
IN_FAVOUR: Final = (WRONG, CONSENT)
"""Findings of the source department that speak for the applicant."""


def sources(action: str, kind: str | None = None) -> frozenset[str]:
    """The states from which an action leads on."""
    return frozenset(
        step.source for step in STEPS if step.action == action and step.source and (kind is None or kind in step.kinds)
    )


def moves(kind: str) -> tuple[tuple[str, str], ...]:
    """(from, to) of every lawful change of state of a kind of case, each once."""
    return tuple(dict.fromkeys((step.source, step.target) for step in STEPS if step.source and kind in step.kinds))


def moves_once() -> tuple[tuple[str, str], ...]:
    """Those moves that a case makes once at most."""
    return tuple((step.source, step.target) for step in STEPS if step.source and step.once)


def outcomes_for(kind: str, finding: str) -> tuple[str, ...]:
    """The outcomes that a finding of the source department leaves open; "" where it was not asked.

    A repair is granted only with the consent of the department (two stages); whatever the department found, the centre
    answers for the outcome of an objection.
    """
    if kind == REPAIR:
        return OUTCOMES[REPAIR] if finding == CONSENT else (DENIED,)
    return OUTCOMES[OBJECTION]


def needs_second(outcome: str, finding: str) -> bool:
    """Whether a second officer must approve: a record leaves use by two persons, and the department's finding for the
    applicant is the first of them."""
    return outcome in TWO_PERSONS and finding not in IN_FAVOUR


# Clocks

CENTRE: Final = "centre"
SOURCE: Final = "source"
EFFECT: Final = "effect"
STAGES: Final = (CENTRE, SOURCE, EFFECT)


@dataclass(frozen=True)
class Period:
    """What runs: the key of its dated rule, and whether it counts from the day the stage began, not the case."""

    stage: str
    rule: str
    from_stage: bool = False


def whole(kind: str, routed: bool) -> str:
    """Key of the rule for the case as a whole: 3 working days where the centre decides by itself, 7 where the source
    department must check (HN41); 10 for a repair (国办发〔2025〕22号)."""
    if kind == REPAIR:
        return "repair.answer.site"
    return "objection.total" if routed else "objection.self"


def stage(kind: str, state: str, routed: bool, finding: str) -> Period | None:
    """What the case waits for and by which rule; None when nothing runs."""
    if state not in OPEN:
        return None
    if state == ROUTED:
        return Period(SOURCE, "objection.source" if kind == OBJECTION else "repair.answer.department", from_stage=True)
    if kind == REPAIR and state == ANSWERED and finding == CONSENT:
        return Period(EFFECT, "repair.remove", from_stage=True)
    return Period(CENTRE, whole(kind, routed))
