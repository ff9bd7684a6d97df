"""What each letter needs, as frozen types: who calls for a letter cannot leave something out unseen.

The words of a letter stand in its template (`typst/`); here stand the facts of the case. Days and legal bases come
from the dated rules (`core.Rule`), never from a template. A text without a default must not be empty: a refusal
without a reason is no refusal.
"""

from typing import Final

from .clocks import ClockPaused, ClockResumed, Supplement
from .objections import (
    Change,
    ObjectionAccepted,
    ObjectionOutcome,
    ObjectionReceipt,
    ObjectionRefused,
    Outcome,
    VerificationRequest,
)
from .repair import (
    CommitmentLetter,
    RepairAccepted,
    RepairDenied,
    RepairGranted,
    RepairReceipt,
    RepairRefused,
    ReviewRequest,
)
from .shared import DueDay, Letter, LetterToApplicant, Matter, Office, Party, RecordFacts, Remedies, citation

LETTERS: Final[tuple[type[Letter], ...]] = (
    ObjectionReceipt,
    ObjectionAccepted,
    ObjectionRefused,
    VerificationRequest,
    ObjectionOutcome,
    RepairReceipt,
    RepairAccepted,
    RepairRefused,
    ReviewRequest,
    RepairGranted,
    RepairDenied,
    CommitmentLetter,
    Supplement,
    ClockPaused,
    ClockResumed,
)

__all__ = [
    "LETTERS",
    "Change",
    "ClockPaused",
    "ClockResumed",
    "CommitmentLetter",
    "DueDay",
    "Letter",
    "LetterToApplicant",
    "Matter",
    "ObjectionAccepted",
    "ObjectionOutcome",
    "ObjectionReceipt",
    "ObjectionRefused",
    "Office",
    "Outcome",
    "Party",
    "RecordFacts",
    "Remedies",
    "RepairAccepted",
    "RepairDenied",
    "RepairGranted",
    "RepairReceipt",
    "RepairRefused",
    "ReviewRequest",
    "Supplement",
    "VerificationRequest",
    "citation",
]
