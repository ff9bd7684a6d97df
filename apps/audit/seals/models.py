"""The seals, what each covers, and the checks made of them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.audit.row_security import Open

from . import texts

_WHY = "numbers, times and hashes, which tell nothing of the rows behind them"


class Seal(models.Model):
    """What was sealed at one moment: the root of a Merkle tree, chained to the seal before.

    The leaves of the tree are the headers of the chunks, in order; each header carries the root over its rows.
    ``previous`` is the SHA-256 of the published line of the seal before (32 zero bytes for the first).
    """

    number = models.BigIntegerField(_("number"), primary_key=True)
    sealed_at = models.DateTimeField(_("sealed at"))
    rows = models.BigIntegerField(_("rows sealed"))
    root = models.BinaryField(_("root"))
    previous = models.BinaryField(_("link to the seal before"))
    chunk_roots = ArrayField(models.BinaryField(), verbose_name=_("roots of the chunks"))

    add_only = True
    row_security = Open(why=_WHY)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["-number"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["sealed_at"], name="audit_seal_sealed_at")]

    def __str__(self) -> str:
        return str(_("Seal %(number)s") % {"number": self.number})

    @property
    def line(self) -> str:
        """The text that is published, without the end of the line."""
        return texts.seal_line(
            number=self.number,
            sealed_at=self.sealed_at,
            rows=self.rows,
            chunks=len(self.chunk_roots),
            root=bytes(self.root),
            previous=bytes(self.previous),
        )

    @property
    def digest(self) -> bytes:
        """What the next seal names as its ``previous``."""
        return sha256(self.line.encode()).digest()


class SealChunk(models.Model):
    """Rows of one history table within a seal, at most CHUNK_ROWS of them, in order of their ids.

    ``position`` counts from 0 within the seal. ``columns`` are those that went into the text of each row, so that a
    column added later changes nothing. ``through`` is the watermark of the table after this seal: every id up to it was
    decided then, so a row that appears below it later was smuggled in. A chunk without rows only moves it.
    """

    seal = models.ForeignKey(Seal, models.PROTECT, verbose_name=_("seal"), related_name="chunks", db_index=False)
    position = models.IntegerField(_("place in the seal"))
    table_name = models.CharField(_("table"), max_length=63)
    columns = ArrayField(models.CharField(max_length=63), verbose_name=_("columns"))
    through = models.BigIntegerField(_("decided up to"))
    first_id = models.BigIntegerField(_("first row"))
    last_id = models.BigIntegerField(_("last row"))
    ids = ArrayField(models.BigIntegerField(), verbose_name=_("rows sealed"))
    hashes = ArrayField(models.BinaryField(), verbose_name=_("hashes"))

    add_only = True
    row_security = Open(why=_WHY)

    class Meta:
        verbose_name = _("part of a seal")
        verbose_name_plural = _("parts of seals")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["seal", "position"], name="audit_sealchunk_place")]
        indexes = [
            models.Index(fields=["table_name", "seal"], name="audit_sealchunk_newest"),
            models.Index(fields=["table_name", "last_id"], name="audit_sealchunk_ids"),
        ]

    def header(self, root: bytes) -> str:
        """The text of the leaf that stands for this chunk in the seal's tree; ``root``: the root over its rows."""
        return texts.chunk_header(
            table=self.table_name,
            columns=self.columns,
            through=self.through,
            first=self.first_id,
            last=self.last_id,
            rows=len(self.ids),
            root=root,
        )


class Verification(models.Model):
    """One comparison of the history with its seals.

    ``findings`` holds the first hundred in the form that ``verify_history --json`` prints, ``found`` counts them all.
    """

    checked_at = models.DateTimeField(_("compared at"))
    first_seal = models.BigIntegerField(_("first seal"))
    last_seal = models.BigIntegerField(_("last seal"))
    rows = models.BigIntegerField(_("rows compared"))
    unsealed = models.BigIntegerField(_("rows not sealed yet"))
    found = models.BigIntegerField(_("findings"))
    findings: models.JSONField[Any] = models.JSONField(_("first findings"), default=list)

    add_only = True
    row_security = Open(why=_WHY)

    class Meta:
        verbose_name = _("check of the seals")
        verbose_name_plural = _("checks of the seals")
        ordering = ["-checked_at"]
        default_permissions = ("view",)
        get_latest_by = "checked_at"

    def __str__(self) -> str:
        return f"{timezone.localtime(self.checked_at):%Y-%m-%d %H:%M}"
