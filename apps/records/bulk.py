"""Many records at once: the set-based twins of the actions, and what an import needs to insert records by SQL.

**For imports.** Insert into ``records_record`` every column named in ``INSERT_COLUMNS``; the database fills the key,
and history follows by itself. ``constants`` gives the columns that are equal for all rows of a batch, ``clock_table``
those that follow from dates (one computation for each distinct date). The rest comes from the row: ``subject_id``, the
columns of ``content.COLUMNS`` by the role of the item's field (an empty text is "", an empty date null), ``data`` by
field code in the stored form of ``catalogue.rules.to_storage`` without empty values, ``confidential`` by field code as
``sealing.seal`` gives it.

A row is a duplicate when the constraint ``record_once`` says so: ``ON CONFLICT (department_id, item_id,
document_number, subject_id) WHERE NOT (state = 'withdrawn') DO NOTHING``. ``rules.refuses_simplified`` and
``entry.authority_codes`` are the two rules of a row besides those of the catalogue. Imported records are drafts of the
person who imports; ``submit_many`` hands them over.
"""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.catalogue.models import InformationItem
from apps.departments.actions import Action
from apps.departments.models import Department, User
from apps.departments.scope import acting_as

from . import actions, rules
from .clocks import Clocks, Due
from .content import COLUMNS
from .models import Record

ROLE_COLUMNS: Final[dict[str, str]] = {role: role for role in COLUMNS}
"""Role of an item's field -> column of the record. Fields of these roles are not repeated in ``data``."""

CHUNK: Final = 5000
"""Rows locked and changed by one statement, so that memory and statements stay small whatever the number."""
_DEPARTMENT: Final = ("four_eyes", "name", "name_en")

INSERT_COLUMNS: Final = (
    "item_id",
    "department_id",
    "subject_id",
    "state",
    *COLUMNS,
    "data",
    "confidential",
    "deadline",
    "deadline_provisional",
    "deadline_rule_id",
    "archive_on",
    "author_id",
    "return_reason",
    "withdrawal",
    "withdrawal_reason",
    "created_at",
    "version",
)
"""Columns that an INSERT must fill; all others may be null and are null in a draft."""


def constants(*, item: InformationItem, department: Department, author: User) -> dict[str, Any]:
    """The columns that are equal for all rows of a batch."""
    return {
        "item_id": item.pk,
        "department_id": department.pk,
        "author_id": author.pk,
        "state": rules.DRAFT,
        "return_reason": "",
        "withdrawal": "",
        "withdrawal_reason": "",
        "created_at": timezone.now(),
        "version": 1,
    }


@dataclass(frozen=True)
class ClockTable:
    """The columns that follow from dates: ``due[decided_on]`` and ``archive_on[decided_on, disclosed_to]``."""

    due: dict[datetime.date, Due]
    archive_on: dict[tuple[datetime.date, datetime.date | None], datetime.date | None]


def clock_table(
    item: InformationItem, pairs: Iterable[tuple[datetime.date, datetime.date | None]], today: datetime.date
) -> ClockTable:
    """Deadlines and ends of disclosure for the distinct pairs of decision date and end that the record names.

    The second of a pair is ``clocks.named_end``: 公示截止期 or the day of removal from a list; None for neither.
    """
    pairs = set(pairs)
    clocks = Clocks(item, today)
    return ClockTable(clocks.dues(decided_on for decided_on, _ in pairs), clocks.archive_days(pairs))


@dataclass
class Outcome:
    """What became of many records: how many were done, how many refused for which reason, as the user reads it."""

    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def refusals(self) -> int:
        return self.refused.total()


def _allowed(action: Action[Record], user: Any, keys: list[int], outcome: Outcome) -> list[int]:
    """Lock rows in the order of their keys, and ask the action's own checks of each."""
    locked = (
        Record.objects.visible_to(user)
        .filter(pk__in=keys)
        .select_related("department")
        .only("state", "department", "author", "editor", *(f"department__{name}" for name in _DEPARTMENT))
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    allowed = []
    for record in locked:
        if why_not := action.why_not(user, record):
            outcome.refused[str(why_not)] += 1
        else:
            allowed.append(record.pk)
    return allowed


def _do_many(action: Action[Record], user: Any, queryset: QuerySet, reason: str, changes: dict[str, Any]) -> Outcome:
    outcome = Outcome()
    with transaction.atomic(), acting_as(user, reason=reason):
        chosen = Record.objects.visible_to(user).filter(pk__in=queryset.order_by().values("pk"))
        keys = list(chosen.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), CHUNK):
            allowed = _allowed(action, user, keys[start : start + CHUNK], outcome)
            if allowed:
                outcome.done += Record.objects.filter(pk__in=allowed).update(**changes)
    return outcome


def submit_many(user: Any, queryset: QuerySet, reason: str = "") -> Outcome:
    """Submit all records of ``queryset`` that ``user`` may submit, in one transaction."""
    changes = {"state": rules.SUBMITTED, "submitted_at": timezone.now(), "return_reason": ""}
    return _do_many(actions.submit, user, queryset, reason, changes)


def publish_many(user: Any, queryset: QuerySet, reason: str = "") -> Outcome:
    """Publish all records of ``queryset`` that ``user`` may publish (state, grant, four eyes), in one transaction."""
    changes = {"state": rules.PUBLISHED, "published_at": timezone.now(), "reviewer": user}
    return _do_many(actions.publish, user, queryset, reason, changes)


def return_many(user: Any, queryset: QuerySet, reason: str) -> Outcome:
    """Return all records of ``queryset`` that ``user`` may return, with one reason.

    Raises ValueError without a reason.
    """
    if not (reason := reason.strip()):
        raise ValueError("a return needs a reason")
    changes = {"state": rules.RETURNED, "return_reason": reason, "reviewer": user}
    return _do_many(actions.return_record, user, queryset, reason, changes)


MANY: Final = {"submit": submit_many, "publish": publish_many, "return": return_many}
"""Name of a bulk action -> its set-based function."""
