"""Batches: files that a department hands in, what came of each row, and what was wrong."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.audit.access import Logged
from apps.audit.history import History
from apps.audit.row_security import DepartmentRows, RowsOf
from apps.audit.triggers import NeedsReason, becomes
from apps.audit.upkeep import Upkeep
from apps.core.terms import SubjectKind

from .querysets import BatchQuerySet


class Batch(models.Model):
    """One file of one item, from the upload to its records, or back.

    The file is stored encrypted (``vault``). Counters are those of the last check or load: ``rows`` with content,
    ``accepted`` right and new, ``rejected`` with at least one error, ``duplicates`` right and already on record.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked")
        LOADING = "loading", _("being loaded")
        LOADED = "loaded", _("loaded")
        UNDONE = "undone", _("undone")
        DISCARDED = "discarded", _("discarded")
        FAILED = "failed", _("failed")

    class Mode(models.TextChoices):
        ALL = "all", _("all rows or none")
        PARTIAL = "partial", _("only the right rows")

    department = models.ForeignKey(
        "departments.Department", models.PROTECT, verbose_name=_("department"), related_name="+"
    )
    item = models.ForeignKey(
        "catalogue.InformationItem", models.PROTECT, verbose_name=_("information item"), related_name="+"
    )
    uploaded_by = models.ForeignKey("departments.User", models.PROTECT, verbose_name=_("uploaded by"), related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    original_name = models.CharField(_("file name"), max_length=255)
    stored_name = models.CharField(_("stored as"), max_length=100, editable=False)
    data_key = models.BinaryField(_("data key"), editable=False)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.UPLOADED)
    mode = models.CharField(_("acceptance"), max_length=16, choices=Mode, default=Mode.ALL)
    edition = models.CharField(_("edition of the columns"), max_length=32, blank=True)
    failure = models.TextField(_("why the file was not taken"), blank=True)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    accepted = models.PositiveIntegerField(_("right rows"), default=0)
    rejected = models.PositiveIntegerField(_("wrong rows"), default=0)
    duplicates = models.PositiveIntegerField(_("already on record"), default=0)
    subjects_created = models.PositiveIntegerField(_("new subjects"), default=0)
    seconds = models.FloatField(_("seconds"), default=0)
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    loaded_at = models.DateTimeField(_("loaded at"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    history = History(excluded_fields=["data_key"])
    wrapped_keys = ("data_key",)
    row_security = DepartmentRows()
    # Its page shows cells of the file, persons' among them who may not be on record yet.
    access_log = (
        Logged(
            Q(item__subject_kinds__contains=[SubjectKind.NATURAL_PERSON]) | ~Q(item__disclosure="public"), opened=True
        ),
    )
    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import batch")
        verbose_name_plural = _("import batches")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["department", "-id"], name="batch_department"),
            models.Index(fields=["state"], name="batch_state"),
        ]
        triggers = [NeedsReason("undo", what="undoing a batch", condition=becomes("state", "undone"))]

    def __str__(self) -> str:
        return self.original_name

    @property
    def is_busy(self) -> bool:
        """Whether a background job works on it, or is about to."""
        return self.state in {self.State.UPLOADED, self.State.CHECKING, self.State.LOADING}


class BatchError(models.Model):
    """One thing wrong in one cell, or in a row as a whole (``column`` empty).

    ``row`` is the row's number in the clerk's own sheet, ``position`` the column's (from 0), ``value`` what stands
    there (masked where the field is confidential). The words are made from ``code`` and ``params`` in the
    reader's language.
    """

    batch = models.ForeignKey(Batch, models.CASCADE, verbose_name=_("import batch"), related_name="errors")
    row = models.PositiveIntegerField(_("row"))
    position = models.IntegerField(_("position of the column"), null=True, blank=True)
    column = models.CharField(_("column"), max_length=200, blank=True)
    field = models.CharField(_("field"), max_length=64, blank=True)
    value = models.TextField(_("cell value"), blank=True)
    code = models.CharField(_("kind of error"), max_length=64)
    params = models.JSONField(_("details"), default=dict, blank=True)

    upkeep = Upkeep()
    row_security = RowsOf("batch")

    class Meta:
        verbose_name = _("error")
        verbose_name_plural = _("errors")
        ordering = ["row", "position", "id"]
        indexes = [models.Index(fields=["batch", "row"], name="batch_error_row")]

    def __str__(self) -> str:
        return f"{self.row} {self.column}: {self.message}"

    @property
    def message(self) -> str:
        """What is wrong and how to mend it, in the active language."""
        from .messages import message

        return message(self.code, self.params)


class BatchEntry(models.Model):
    """Which row became which record; a record comes from one batch at most."""

    record = models.OneToOneField(
        "records.Record", models.CASCADE, verbose_name=_("credit record"), primary_key=True, related_name="batch_entry"
    )
    batch = models.ForeignKey(
        Batch, models.PROTECT, verbose_name=_("import batch"), related_name="entries", db_index=False
    )
    row = models.PositiveIntegerField(_("row"))

    upkeep = Upkeep()
    row_security = RowsOf("batch")

    class Meta:
        verbose_name = _("row of a batch")
        verbose_name_plural = _("rows of a batch")
        ordering = ["batch", "row"]
        indexes = [models.Index(fields=["batch", "row"], name="batch_entry_row")]

    def __str__(self) -> str:
        return str(self.row)


class BatchSubject(models.Model):
    """A subject that a batch brought in."""

    subject = models.OneToOneField(
        "subjects.Subject", models.CASCADE, verbose_name=_("subject"), primary_key=True, related_name="batch_entry"
    )
    batch = models.ForeignKey(Batch, models.PROTECT, verbose_name=_("import batch"), related_name="subjects")

    upkeep = Upkeep()
    row_security = RowsOf("batch")

    class Meta:
        verbose_name = _("subject of a batch")
        verbose_name_plural = _("subjects of a batch")

    def __str__(self) -> str:
        return str(self.subject_id)


class BatchKey(models.Model):
    """The key of a person whom a batch named first."""

    key = models.OneToOneField(
        "subjects.PersonKey", models.CASCADE, verbose_name=_("person key"), primary_key=True, related_name="batch_entry"
    )
    batch = models.ForeignKey(Batch, models.PROTECT, verbose_name=_("import batch"), related_name="keys")

    upkeep = Upkeep()
    row_security = RowsOf("batch")

    class Meta:
        verbose_name = _("person key of a batch")
        verbose_name_plural = _("person keys of a batch")

    def __str__(self) -> str:
        return str(self.key_id)


class BatchPreview(models.Model):
    """The first rows as they would be stored, confidential values masked."""

    batch = models.OneToOneField(
        Batch, models.CASCADE, verbose_name=_("import batch"), primary_key=True, related_name="preview"
    )
    headers = models.JSONField(_("headers"), default=list)
    rows = models.JSONField(_("rows"), default=list)

    row_security = RowsOf("batch")

    class Meta:
        verbose_name = _("preview of a batch")
        verbose_name_plural = _("previews of batches")

    def __str__(self) -> str:
        return str(self.batch_id)


class BatchProgress(models.Model):
    """How far the work on a batch is.

    Written through a connection of its own while the loading transaction is still open; without a foreign key in the
    database, because its check would wait for the locked batch.
    """

    batch = models.OneToOneField(
        Batch,
        models.DO_NOTHING,
        verbose_name=_("import batch"),
        primary_key=True,
        related_name="progress",
        db_constraint=False,
    )
    phase = models.CharField(_("phase"), max_length=16)
    done = models.PositiveIntegerField(_("rows done"), default=0)
    total = models.PositiveIntegerField(_("rows in all"), default=0)
    started_at = models.DateTimeField(_("started at"))
    beat_at = models.DateTimeField(_("last sign of life"))

    row_security = RowsOf("batch")

    class Meta:
        verbose_name = _("progress of a batch")
        verbose_name_plural = _("progress of batches")

    def __str__(self) -> str:
        return f"{self.done}/{self.total}"

    @property
    def rows_per_second(self) -> float:
        """Rows done per second since the start; 0 while nothing is done."""
        seconds = (self.beat_at - self.started_at).total_seconds()
        return self.done / seconds if seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Estimate of what is left, None while unknown."""
        speed = self.rows_per_second
        return (self.total - self.done) / speed if speed and self.total >= self.done else None

    def as_dict(self) -> dict[str, Any]:
        """For the page that polls."""
        left = self.seconds_left
        return {
            "phase": self.phase,
            "done": self.done,
            "total": self.total,
            "rows_per_second": round(self.rows_per_second),
            "seconds_left": None if left is None else round(left),
        }
