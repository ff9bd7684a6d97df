"""The access log: who read what about a natural person, or of what is restricted."""

from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .context import CHANNELS
from .row_security import RowSecurity


class Purpose(models.TextChoices):
    """Why a person's data is read. A closed list: what a reader writes freely would carry names into the log."""

    RECORD = "record", _("entering or checking a credit record")
    DECISION = "decision", _("check before an administrative decision")
    OBJECTION = "objection", _("handling an objection or repair")
    REQUEST = "request", _("request of the person")
    SUPERVISION = "supervision", _("supervision or audit")


@dataclass(frozen=True)
class OwnReading(RowSecurity):
    """Whoever reads adds entries in the own name, and sees none: the log is read in ``every_department`` alone."""

    def read(self, model: type[models.Model], alias: str) -> str:
        return "false"

    def write(self, model: type[models.Model], alias: str) -> str:
        user = "nullif(current_setting('app.user_id', true), '')::bigint"
        return f'"{alias}"."reader_id" IS NOT DISTINCT FROM {user}'


class AccessEntry(models.Model):
    """One page, file or answer that somebody was given: which rows it showed, and whom they are about.

    Holds keys alone: no name, no number, nothing a reader typed but the ``matter`` (the number of a file or letter).
    ``objects`` are keys of ``model`` (``records.record``), ``subjects`` those of the subjects; ``sought`` is the keyed
    fingerprint of a number that nobody on record bears. Readers and departments are kept as keys without a constraint:
    the log outlives what it names.
    """

    class How(models.TextChoices):
        LIST = "list", _("list")
        SEARCH = "search", _("search")
        AUTOCOMPLETE = "autocomplete", _("proposals while typing")
        VIEW = "view", pgettext_lazy("access", "page of one row")
        HISTORY = "history", _("history page")
        DOWNLOAD = "download", _("file")
        EXPORT = "export", _("export")

    at = models.DateTimeField(pgettext_lazy("access", "when"), db_index=True)
    reader_id = models.BigIntegerField(_("reader"), null=True)
    department_id = models.BigIntegerField(_("department of the reader"), null=True)
    how = models.CharField(pgettext_lazy("access", "how"), max_length=16, choices=How)
    channel = models.CharField(_("door"), max_length=16, choices=CHANNELS)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    model = models.CharField(_("kind of data"), max_length=64)
    objects_shown = ArrayField(models.BigIntegerField(), verbose_name=pgettext_lazy("access", "rows"), default=list)
    subjects = ArrayField(models.BigIntegerField(), verbose_name=pgettext_lazy("access", "subjects"), default=list)
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose, blank=True)
    matter = models.CharField(_("matter"), max_length=60, blank=True)
    sought = models.BinaryField(_("fingerprint of the number searched for"), null=True)

    row_security = OwnReading()
    partitioned_by = "at"
    # The Cybersecurity Law and the graded protection of systems ask for six at least.
    online_months = 24
    add_only = True
    sealed = True

    class Meta:
        verbose_name = _("access entry")
        verbose_name_plural = _("access log")
        ordering = ["-at", "-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["reader_id", "at"], name="access_reader"),
            GinIndex(fields=["subjects"], name="access_subjects"),
            models.Index(fields=["sought"], name="access_sought", condition=Q(sought__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M:%S} {self.get_how_display()}"
