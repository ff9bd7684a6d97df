"""The letters of an objection (HN41)."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass

from ..errors import MissingValue
from .shared import DueDay, Letter, LetterToApplicant, Remedies


class Outcome(enum.StrEnum):
    """How an objection ended (HN41)."""

    CORRECTED = "corrected"
    REMOVED = "removed"
    UPHELD = "upheld"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One field of a corrected record, before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ObjectionReceipt(LetterToApplicant):
    """Receipt of an objection, handed over on filing: the record is marked, the days run (HN41).

    grounds     kind of the objection, 信息有误
    disputed    what the applicant says
    papers      what was handed in
    self_days, source_days, total_days  working days: the centre alone, the source department, the whole
    due         last day of the whole
    """

    template = "objection-receipt"
    title = "信用信息异议申请收件回执"

    received_on: datetime.date
    grounds: str
    disputed: str
    papers: tuple[str, ...]
    self_days: int
    source_days: int
    total_days: int
    due: DueDay


@dataclass(frozen=True, kw_only=True)
class ObjectionAccepted(LetterToApplicant):
    """Acceptance of an objection. `checked_by`: the source department that checks; empty where the centre does."""

    template = "objection-accepted"
    title = "信用信息异议受理通知书"

    received_on: datetime.date
    accepted_on: datetime.date
    checked_by: str = ""
    due: DueDay


@dataclass(frozen=True, kw_only=True)
class ObjectionRefused(LetterToApplicant):
    """Refusal to take up an objection: reason and remedies; the record's mark ends."""

    template = "objection-refused"
    title = "信用信息异议不予受理通知书"

    received_on: datetime.date
    reason: str
    remedies: Remedies


@dataclass(frozen=True, kw_only=True)
class VerificationRequest(Letter):
    """Request to the source department to check a disputed record and answer within `days` working days (HN41).

    disputed  what the applicant claims
    question  what the centre asks to be checked
    evidence  papers of the applicant that it may see
    due       last day for the answer
    """

    template = "verification-request"
    title = "关于核查异议信用信息的函"

    received_on: datetime.date
    grounds: str
    disputed: str
    question: str
    evidence: tuple[str, ...] = ()
    days: int
    due: DueDay


@dataclass(frozen=True, kw_only=True)
class ObjectionOutcome(LetterToApplicant):
    """How the objection ended, with what was found, why, and the remedies.

    checked_by  department that checked; empty where the centre did
    done_on     day on which the record was changed, or its mark ended
    changes     what was corrected; needed for CORRECTED
    annotation  what stands beside the record from now on; needed for UNRESOLVED
    """

    template = "objection-outcome"
    title = "信用信息异议处理结果通知书"

    received_on: datetime.date
    outcome: Outcome
    checked_by: str = ""
    findings: str
    reason: str
    done_on: datetime.date
    changes: tuple[Change, ...] = ()
    annotation: str = ""
    remedies: Remedies

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, outcome in (("changes", Outcome.CORRECTED), ("annotation", Outcome.UNRESOLVED)):
            if self.outcome is outcome and not getattr(self, name):
                raise MissingValue(self.title, name)
