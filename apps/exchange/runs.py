"""From a batch to a run of the engine and back: what a check or a load leaves on the batch.

Both lock the batch and look at its state first; everything they do is one transaction. A killed worker therefore
leaves the batch as it was, and doing the work again gives the same result; a second worker finds it done.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import every_department
from apps.catalogue.models import InformationItem
from apps.catalogue.specs import item_spec
from apps.core.sheets import Limits
from apps.departments.models import Department, User
from apps.departments.scope import acting_as, may, within_department
from apps.records.entry import items_for

from . import vault
from .engine import stage
from .engine.annotate import Mark, annotate
from .engine.read import FileRefused
from .engine.run import Job, Report, run
from .messages import message
from .models import Batch, BatchPreview, BatchProgress
from .progress import Progress, StoredProgress

UPLOAD_LIMIT: int = getattr(settings, "BATCH_UPLOAD_LIMIT", 50 * 1024 * 1024)
"""Bytes that a page takes; a command takes what ``core.sheets.Limits`` allows."""


def check_right(*, user: Any, item: InformationItem, department: Department) -> None:
    """Raise PermissionDenied or ValidationError when ``user`` may not send files of ``item`` for ``department``."""
    if not may(user, "enter_records", department.pk):
        raise PermissionDenied(_("You have no right to enter records for %(department)s.") % {"department": department})
    if not items_for(department).filter(pk=item.pk).exists():
        raise ValidationError(
            _("%(department)s does not report “%(item)s”.") % {"department": department, "item": item}
        )


def receive(
    *,
    user: User,
    item: InformationItem,
    department: Department,
    name: str,
    chunks: Iterable[bytes],
    limit: int | None = UPLOAD_LIMIT,
    state: str = Batch.State.CHECKING,
) -> Batch:
    """Keep a file as a batch. Raises PermissionDenied, ValidationError, ``vault.TooLarge``."""
    check_right(user=user, item=item, department=department)
    stored = vault.files.store(chunks, limit=limit)
    try:
        with transaction.atomic(), acting_as(user):
            return Batch.objects.create(
                department=department,
                item=item,
                uploaded_by=user,
                original_name=name[-255:],
                stored_name=stored.name,
                data_key=stored.data_key,
                size=stored.size,
                sha256=stored.sha256,
                state=state,
            )
    except BaseException:
        vault.files.remove(stored.name)
        raise


def content(batch: Batch) -> BinaryIO:
    """A reader of a batch's plain file, to be closed. Raises FileNotFoundError or CryptoError."""
    return vault.files.open(batch.stored_name, batch.data_key, batch.size)


def check(batch_id: int) -> Batch | None:
    """Check a batch that waits for it; None when it does not (any more)."""
    return _work(batch_id, Batch.State.CHECKING, keep=False)


def load(batch_id: int, *, limits: Limits | None = None, progress: Progress | None = None) -> Batch | None:
    """Load a batch that waits for it; None when it does not (any more)."""
    return _work(batch_id, Batch.State.LOADING, keep=True, limits=limits, progress=progress)


def _work(
    batch_id: int, state: str, *, keep: bool, limits: Limits | None = None, progress: Progress | None = None
) -> Batch | None:
    reports = progress or StoredProgress(batch_id)
    try:
        with transaction.atomic():
            # A job knows the number of the batch and nothing more.
            with every_department():
                batch = (
                    Batch.objects.select_for_update(of=("self",))
                    .select_related("item", "department", "uploaded_by")
                    .filter(pk=batch_id, state=state)
                    .first()
                )
            if batch is None:
                return None
            channel = "command" if progress else "file"
            with within_department(batch.department_id, user_id=batch.uploaded_by_id, channel=channel):
                work(batch, keep=keep, limits=limits, progress=reports)
            return batch
    finally:
        reports.close()


def work(batch: Batch, *, keep: bool, limits: Limits | None = None, progress: Progress | None = None) -> Report:
    """Run the engine on a locked batch and note the outcome on it, in the caller's transaction."""
    job = Job(item=batch.item, department=batch.department, author=batch.uploaded_by, batch=batch, limits=limits)
    batch.failure = ""
    try:
        with content(batch) as file:
            report = run(job, file, keep=keep, partial=batch.mode == Batch.Mode.PARTIAL, progress=progress)
    except FileRefused as error:
        batch.state = Batch.State.FAILED
        batch.failure = str(error)
        batch.checked_at = timezone.now()
        batch.errors.all().delete()
        batch.save()
        return Report()
    note(batch, report)
    if keep and not report.kept:
        batch.failure = _("Nothing was loaded: %(rejected)s rows are wrong, and all rows or none were wanted.") % {
            "rejected": report.rejected
        }
        batch.mode = Batch.Mode.ALL
    batch.state = Batch.State.LOADED if report.kept else Batch.State.CHECKED
    now = timezone.now()
    batch.checked_at = now
    batch.loaded_at = now if report.kept else None
    batch.save()
    BatchProgress.objects.filter(batch=batch).delete()
    return report


def note(batch: Batch, report: Report) -> None:
    """Counters, errors and preview of a run; does not save the batch itself."""
    for name in ("rows", "accepted", "rejected", "duplicates", "subjects_created", "seconds", "edition"):
        setattr(batch, name, getattr(report, name))
    batch.errors.all().delete()
    stage.store_errors(batch.pk, report.errors)
    BatchPreview.objects.update_or_create(
        batch=batch, defaults={"headers": report.preview_headers, "rows": report.preview_rows}
    )


def fail(batch_id: int, text: str) -> None:
    """A batch on which the work broke down for good: back to the clerk, with the reason."""
    with transaction.atomic(), every_department():
        batch = Batch.objects.select_for_update(of=("self",)).filter(pk=batch_id).first()
        if batch is None or not batch.is_busy:
            return
        checked = batch.state == Batch.State.LOADING
        batch.state = Batch.State.CHECKED if checked else Batch.State.FAILED
        batch.failure = text
        batch.save(update_fields=["state", "failure"])


def annotated(batch: Batch, *, only_rejected: bool = False) -> bytes:
    """The clerk's own file with the errors marked (xlsx)."""
    rows = batch.errors.order_by("row", "position", "pk").values_list("row", "position", "column", "code", "params")
    marks = [
        Mark(row, position, column, message(code, params)) for row, position, column, code, params in rows.iterator()
    ]
    with content(batch) as file:
        return annotate(file, item_spec(batch.item), marks, only_rejected=only_rejected)


def marks_of(report: Report) -> list[Mark]:
    """The errors of a report that no batch keeps, for the annotated file."""
    return [
        Mark(row["row"], row["position"], row["column"], message(row["code"], json.loads(row["params"])))
        for row in report.errors.iter_rows(named=True)
    ]
