"""What people do to a batch. Uploading is ``runs.receive``; everything that takes long runs in the background."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.audit.context import every_department
from apps.departments.actions import Action, StateConflict
from apps.departments.scope import may

from . import tasks, vault
from .engine import undo as undoing
from .models import Batch, BatchPreview

CHECKED = frozenset({Batch.State.CHECKED})


def _start_load(batch: Batch, mode: str) -> Batch:
    batch.state = Batch.State.LOADING
    batch.mode = mode
    batch.failure = ""
    batch.save(update_fields=["state", "mode", "failure"])
    tasks.defer_load(batch.pk)
    return batch


def _load_all(*, user: Any, obj: Batch) -> Batch:
    return _start_load(obj, Batch.Mode.ALL)


def _load_right(*, user: Any, obj: Batch) -> Batch:
    return _start_load(obj, Batch.Mode.PARTIAL)


def _check_again(*, user: Any, obj: Batch) -> Batch:
    obj.state = Batch.State.CHECKING
    obj.failure = ""
    obj.save(update_fields=["state", "failure"])
    tasks.defer_check(obj.pk)
    return obj


def _discard(*, user: Any, obj: Batch) -> Batch:
    obj.errors.all().delete()
    BatchPreview.objects.filter(batch=obj).delete()
    obj.state = Batch.State.DISCARDED
    obj.save(update_fields=["state"])
    transaction.on_commit(lambda: vault.files.remove(obj.stored_name))
    return obj


def _undo(*, user: Any, obj: Batch) -> Batch:
    # What rests on the batch may belong to anybody.
    with every_department():
        if obstacles := undoing.obstacles(obj):
            raise StateConflict(undoing.refusal(obstacles))
        undoing.take_back(obj)
    obj.state = Batch.State.UNDONE
    obj.undone_at = timezone.now()
    obj.save(update_fields=["state", "undone_at"])
    return obj


def _nothing_new(batch: Batch) -> str | Promise:
    return "" if batch.accepted else _("There is no row in it that is right and not on record yet.")


def _all_right(user: Any, batch: Batch) -> str | Promise:
    if batch.rejected:
        return _("%(number)s rows are wrong. Correct them and send the file again, or load only the right rows.") % {
            "number": batch.rejected
        }
    return _nothing_new(batch)


def _some_wrong(user: Any, batch: Batch) -> str | Promise:
    return _nothing_new(batch) if batch.rejected else _("No row is wrong; load all rows.")


def _enters(user: Any, batch: Batch) -> str | Promise:
    return _("Use the button of the clerk.") if may(user, "enter_records", batch.department_id) else ""


load_all: Action[Batch] = Action(
    name="load",
    label=_("Load all rows"),
    permission="enter_records",
    perform=_load_all,
    states=CHECKED,
    description=_("Each row becomes a record and goes to the reviewer."),
    icon="download_done",
    variant="primary",
    applies=_all_right,
)

load_right: Action[Batch] = Action(
    name="load-right",
    label=_("Load only the right rows"),
    permission="enter_records",
    perform=_load_right,
    states=CHECKED,
    description=_("The wrong rows stay out; get them as a file, correct them and send them again."),
    icon="rule",
    variant="primary",
    applies=_some_wrong,
)

check_again: Action[Batch] = Action(
    name="check",
    label=_("Check again"),
    permission="enter_records",
    perform=_check_again,
    states=CHECKED | {Batch.State.FAILED},
    description=_("For instance after a subject was corrected."),
    icon="refresh",
)

discard: Action[Batch] = Action(
    name="discard",
    label=_("Discard the file"),
    permission="enter_records",
    perform=_discard,
    states=CHECKED | {Batch.State.UPLOADED, Batch.State.FAILED},
    description=_("The file is deleted; nothing of it was loaded."),
    icon="delete",
    variant="danger",
)

_UNDO: dict[str, Any] = {
    "label": _("Undo the whole batch"),
    "perform": _undo,
    "states": frozenset({Batch.State.LOADED}),
    "asks_reason": True,
    "description": _("Its records and the subjects it brought in are removed; the history keeps that they were there."),
    "icon": "undo",
    "variant": "danger",
}
undo: Action[Batch] = Action(name="undo", permission="enter_records", **_UNDO)
undo_as_reviewer: Action[Batch] = Action(name="undo-as-reviewer", permission="review_records", applies=_enters, **_UNDO)

ROW_ACTIONS = (load_all, load_right, check_again, discard, undo, undo_as_reviewer)
