"""The letters of credit repair (HN43, 国办发〔2025〕22号)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from .shared import DueDay, Letter, LetterToApplicant, Party, Remedies


@dataclass(frozen=True, kw_only=True)
class RepairReceipt(LetterToApplicant):
    """Receipt of an application for repair. `site_days`, `department_days`: working days of both stages."""

    template = "repair-receipt"
    title = "信用修复申请收件回执"

    received_on: datetime.date
    papers: tuple[str, ...]
    site_days: int
    department_days: int
    due: DueDay


@dataclass(frozen=True, kw_only=True)
class RepairAccepted(LetterToApplicant):
    """Acceptance of an application for repair. `decided_by`: the department that decides."""

    template = "repair-accepted"
    title = "信用修复受理通知书"

    received_on: datetime.date
    accepted_on: datetime.date
    decided_by: str
    due: DueDay


@dataclass(frozen=True, kw_only=True)
class RepairRefused(LetterToApplicant):
    """Refusal to take up an application for repair.

    apply_from      from which day a new one can succeed, if the reason passes with time
    publicity_ends  only where repair is excluded: last day on which the record is shown
    """

    template = "repair-refused"
    title = "信用修复不予受理通知书"

    received_on: datetime.date
    reason: str
    apply_from: datetime.date | None = None
    publicity_ends: datetime.date | None = None
    remedies: Remedies


@dataclass(frozen=True, kw_only=True)
class ReviewRequest(Letter):
    """Request to the deciding department to decide on a repair within `days` working days.

    dishonesty     class of the dishonesty, 一般失信
    earliest       first day on which the case can be granted
    arithmetic     how that day was found
    opinion        what the centre found in its own review
    """

    template = "review-request"
    title = "关于审查信用修复申请的函"

    received_on: datetime.date
    dishonesty: str
    earliest: datetime.date
    arithmetic: str
    opinion: str
    papers: tuple[str, ...]
    days: int
    due: DueDay


@dataclass(frozen=True, kw_only=True)
class RepairGranted(LetterToApplicant):
    """Repair is granted: display, sharing and use stop on `stopped_on`; `measures_lifted` names the measures."""

    template = "repair-granted"
    title = "准予信用修复通知书"

    received_on: datetime.date
    decided_by: str
    findings: str
    stopped_on: datetime.date
    measures_lifted: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RepairDenied(LetterToApplicant):
    """Repair is denied, with reason and remedies.

    apply_from      from which day a new application can succeed, if the reason passes with time
    arithmetic      how that day was found
    publicity_ends  only where repair is excluded: last day on which the record is shown
    """

    template = "repair-denied"
    title = "不予信用修复通知书"

    received_on: datetime.date
    decided_by: str
    reason: str
    apply_from: datetime.date | None = None
    publicity_ends: datetime.date | None = None
    arithmetic: str = ""
    remedies: Remedies


@dataclass(frozen=True, kw_only=True)
class CommitmentLetter(Letter):
    """The commitment that goes with an application for repair, filled in as far as known; the applicant signs it.

    number is empty and `addressee` the office that accepts it. An organisation gives its code and its
    representative, a person the number of the identity document.
    """

    template = "commitment-letter"
    title = "信用修复承诺书"

    number: str = ""
    applicant: Party
    identity_kind: str
    identity_number: str
    representative: str = ""
    decided_on: datetime.date
    content: str
