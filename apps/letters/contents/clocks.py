"""The letters that stop and start the clock of a case, of an objection or of repair."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from .shared import DueDay, LetterToApplicant, Matter


@dataclass(frozen=True, kw_only=True)
class Supplement(LetterToApplicant):
    """Papers still to be brought, all named at once, until when; the clock stands still from `paused_on`."""

    template = "supplement"
    title = "补正材料通知书"

    matter: Matter
    received_on: datetime.date
    papers: tuple[str, ...]
    bring_by: datetime.date
    paused_on: datetime.date


@dataclass(frozen=True, kw_only=True)
class ClockPaused(LetterToApplicant):
    """The clock of a case stands still from `paused_on`, for testing, an expert opinion or another reason."""

    template = "clock-paused"
    title = "办理期限暂停计算通知书"

    matter: Matter
    received_on: datetime.date
    paused_on: datetime.date
    reason: str


@dataclass(frozen=True, kw_only=True)
class ClockResumed(LetterToApplicant):
    """The clock runs again from `resumed_on`; `due` is the new last day."""

    template = "clock-resumed"
    title = "办理期限恢复计算通知书"

    matter: Matter
    received_on: datetime.date
    paused_on: datetime.date
    resumed_on: datetime.date
    reason: str
    due: DueDay
