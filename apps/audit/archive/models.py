"""The record of what was archived and brought back."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.audit.row_security import Open


class ArchivedMonth(models.Model):
    """A month of a table was moved out to a file, or brought back; the last entry of a month says where it is.

    ``month``: its first day (UTC). The rows are those with the ids from each of ``first_ids`` to the one beside it in
    ``last_ids``. ``sha256``: of the file, in hexadecimal digits.
    """

    class Act(models.TextChoices):
        ARCHIVED = "archived", _("moved to the archive")
        ATTACHED = "attached", _("brought back")

    table_name = models.CharField(_("table"), max_length=63)
    month = models.DateField(_("month"))
    act = models.CharField(_("what was done"), max_length=8, choices=Act)
    at = models.DateTimeField(_("done at"))
    by = models.CharField(_("database user"), max_length=64)
    rows = models.BigIntegerField(_("rows archived"))
    first_ids = ArrayField(models.BigIntegerField(), verbose_name=_("first rows"))
    last_ids = ArrayField(models.BigIntegerField(), verbose_name=_("last rows"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)

    owner_writes = True
    sealed = True
    row_security = Open(why="months, numbers and hashes, which tell nothing of the rows behind them")

    class Meta:
        verbose_name = _("archived month")
        verbose_name_plural = _("archived months")
        ordering = ["-pk"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["table_name", "month", "-id"], name="audit_archivedmonth_latest")]

    def __str__(self) -> str:
        return f"{self.table_name} {self.month:%Y-%m}"

    @property
    def ids(self) -> str:
        """The ids of the rows as PostgreSQL writes an int8multirange."""
        return as_multirange(zip(self.first_ids, self.last_ids, strict=True))


def as_multirange(bounds: Iterable[tuple[int, int]]) -> str:
    """Pairs of first and last id as an int8multirange."""
    return "{" + ",".join(f"[{first},{last}]" for first, last in bounds) + "}"


def archived_months(table: str) -> list[ArchivedMonth]:
    """The months of a table that are in the archive now, oldest first."""
    latest = ArchivedMonth.objects.filter(table_name=table).order_by("month", "-pk").distinct("month")
    return [each for each in latest if each.act == ArchivedMonth.Act.ARCHIVED]
