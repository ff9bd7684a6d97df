"""Credit records: what a department lawfully decided about a subject."""

from typing import Any, Final

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.audit.access import Logged
from apps.audit.history import History
from apps.audit.row_security import DepartmentRows, RowsOf
from apps.audit.triggers import FollowsOtherRows, NeedsReason, becomes, changed
from apps.audit.upkeep import Upkeep
from apps.departments.scope import may
from apps.subjects.access import person_rows

from . import rules
from .content import COLUMNS
from .querysets import AttachmentQuerySet, RecordQuerySet

CONTENT: Final = ("item", "department", "subject", *COLUMNS, "data", "confidential")
"""Fields that say what was decided about whom; the others say where the record stands."""
PUBLIC = (
    "state = 'published' AND (archive_on IS NULL OR archive_on >= (now() AT TIME ZONE 'Asia/Shanghai')::date)"
    " AND item_id IN (SELECT id FROM catalogue_informationitem WHERE disclosure = 'public')"
)
"""What everybody may read: published, of an item disclosed to the public, and its disclosure has not ended (HN19)."""


UNDER_EXAMINATION = _("An objection to this record is being examined.")


class Record(models.Model):
    """One record of an item about a subject, owned by the department that reported it.

    What the platform itself must know of it stands in columns (see ItemField.Role); the other fields of the item
    are in ``data`` by field code: texts, ISO dates, amounts in yuan as decimal texts, lists of texts, booleans.
    Confidential fields are in ``confidential``: code -> {"key": id of the PersonKey, "text": base64 of the sealed one}.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        RETURNED = "returned", _("returned")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")
        ARCHIVED = "archived", _("archived")
        REPAIRED = "repaired", pgettext_lazy("record", "repaired")

    class Withdrawal(models.TextChoices):
        REVOKED = "revoked", _("revoked")
        VARIED = "varied", _("varied")
        OBJECTION = "objection", _("removed after an objection")

    # Indexes are declared below: those of foreign keys are the beginning of others, or would serve no question.
    item = models.ForeignKey(
        "catalogue.InformationItem",
        models.PROTECT,
        verbose_name=_("information item"),
        related_name="+",
        db_index=False,
    )
    department = models.ForeignKey(
        "departments.Department", models.PROTECT, verbose_name=_("department"), related_name="+", db_index=False
    )
    subject = models.ForeignKey("subjects.Subject", models.PROTECT, verbose_name=_("subject"), related_name="records")
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.DRAFT)
    document_name = models.CharField(_("document name"), max_length=200, blank=True)
    document_number = models.CharField(pgettext_lazy("record", "document number"), max_length=200)
    decided_on = models.DateField(_("decision date"))
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    disclosed_to = models.DateField(_("disclosed to"), null=True, blank=True)
    authority_name = models.CharField(_("deciding authority"), max_length=200)
    authority_code = models.CharField(_("deciding authority: code"), max_length=18)
    source_name = models.CharField(_("source department"), max_length=200)
    source_code = models.CharField(_("source department: code"), max_length=18)
    data = models.JSONField(_("fields"), default=dict)
    confidential = models.JSONField(_("confidential fields"), default=dict, blank=True)
    deadline = models.DateField(_("publication deadline"), null=True, blank=True)
    deadline_provisional = models.BooleanField(
        _("provisional deadline"),
        default=False,
        help_text=_("The holidays of a year it crosses are not announced yet."),
    )
    deadline_rule = models.ForeignKey(
        "core.Rule",
        models.PROTECT,
        verbose_name=_("deadline rule"),
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    archive_on = models.DateField(
        _("archived on"), null=True, blank=True, help_text=_("The day the disclosure term ends.")
    )
    author = models.ForeignKey(
        "departments.User", models.PROTECT, verbose_name=_("author"), related_name="+", db_index=False
    )
    editor = models.ForeignKey(
        "departments.User",
        models.PROTECT,
        verbose_name=_("last changed by"),
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("Whoever changed the content last, when it was not the author."),
    )
    reviewer = models.ForeignKey(
        "departments.User",
        models.PROTECT,
        verbose_name=_("reviewer"),
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    return_reason = models.TextField(_("reason for the return"), blank=True)
    withdrawal = models.CharField(_("ground of the withdrawal"), max_length=16, choices=Withdrawal, blank=True)
    withdrawal_reason = models.TextField(_("reason for the withdrawal"), blank=True)
    withdrawal_decided_on = models.DateField(
        _("revoked or varied on"),
        null=True,
        blank=True,
        help_text=_("The day of the decision that revoked or varied this one."),
    )
    withdrawal_due = models.DateField(
        _("to be withdrawn by"), null=True, blank=True, help_text=_("The legal day for the withdrawal.")
    )
    under_objection = models.BooleanField(
        _("under objection"),
        default=False,
        db_default=False,
        editable=False,
        help_text=_("Somebody has objected, and the objection is not decided yet (HN41)."),
    )
    annotation = models.TextField(
        _("annotation"),
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("What an objection left open; shown beside the record wherever it is shown."),
    )
    created_at = models.DateTimeField(_("entered at"), auto_now_add=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    version = models.PositiveIntegerField(
        _("version"), default=1, help_text=_("Grows with each correction; two people editing at once are told.")
    )

    history = History()
    upkeep = Upkeep(
        sampled=("department", "item", "state", "subject"),
        together=("department", "item", "state"),
    )
    row_security = DepartmentRows(public=PUBLIC)
    access_log = (
        *person_rows("subject"),
        Logged(~Q(item__disclosure="public"), "subject"),
        # A page opens confidential values, a list covers them.
        Logged(~Q(confidential={}), "subject", opened=True),
    )
    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit record")
        verbose_name_plural = _("credit records")
        # Opens the review pages; who may review which rows is a grant on departments.
        permissions = [("review_record", _("Can review credit record"))]
        constraints = [
            # The number before the subject: those of a file follow one another, and its rows lie together in the index.
            models.UniqueConstraint(
                fields=["department", "item", "document_number", "subject"],
                condition=~Q(state="withdrawn"),
                name="record_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False), name="record_published_when"
            ),
            models.CheckConstraint(condition=~Q(state="withdrawn") | ~Q(withdrawal=""), name="record_withdrawn_why"),
        ]
        indexes = [
            models.Index(fields=["department", "-id"], name="record_department"),
            models.Index(fields=["department", "state", "-id"], name="record_state"),
            # Of an item that a department has few records of, no other rows are walked past.
            models.Index(fields=["department", "item", "-id"], name="record_department_item"),
            # Where many departments are seen, rows of other items are not to be walked past, nor all rows to be sorted.
            models.Index(fields=["item", "id"], name="record_item"),
            models.Index(fields=["author", "id"], name="record_author"),
            models.Index(fields=["decided_on", "id"], name="record_day"),
            models.Index(
                fields=["department", "deadline"], name="record_waiting", condition=Q(state__in=sorted(rules.WAITING))
            ),
            models.Index(fields=["department", "decided_on"], name="record_decided_on"),
            # Numbers of one department begin alike: without the department a search would read those of all others.
            models.Index(
                fields=["department", "document_number"],
                name="record_number",
                opclasses=["int8_ops", "varchar_pattern_ops"],
            ),
            # The timeliness of a year is read from the index alone.
            models.Index(
                fields=["department", "published_at"],
                name="record_published",
                include=["deadline"],
                condition=Q(published_at__isnull=False),
            ),
            models.Index(fields=["archive_on"], name="record_archive_on", condition=Q(state="published")),
        ]
        triggers = [
            *FollowsOtherRows.on("under_objection"),
            NeedsReason("withdraw", what="withdrawing a record", condition=becomes("state", rules.WITHDRAWN)),
            NeedsReason("repair", what="repairing a record", condition=becomes("state", rules.REPAIRED)),
            NeedsReason(
                "correct",
                what="changing the content of a record that was handed over",
                condition=~pgtrigger.Q(old__state__in=sorted(rules.EDITABLE)) & changed(*CONTENT),
                in_application=True,
            ),
        ]

    def __str__(self) -> str:
        return self.document_number

    @property
    def marks(self) -> list[str]:
        """What must be shown beside the record wherever it is shown: an open objection, what one has left open."""
        marks = [str(UNDER_EXAMINATION)] if self.under_objection else []
        return [*marks, self.annotation] if self.annotation else marks

    @property
    def is_waiting(self) -> bool:
        """Whether the publication clock runs."""
        return self.state in rules.WAITING

    @property
    def in_time(self) -> bool | None:
        """Whether it was published by its deadline; None when it is not published or has none."""
        if self.published_at is None:
            return None
        return rules.published_in_time(timezone.localdate(self.published_at), self.deadline)

    def may(self, user: Any, permission: str) -> bool:
        """Whether ``user`` holds the department permission on this record's department."""
        return may(user, permission, self.department_id)


class Attachment(models.Model):
    """A file that belongs to a record; kept outside the web root, served only through the record's own permission."""

    record = models.ForeignKey(Record, models.CASCADE, verbose_name=_("credit record"), related_name="attachments")
    file = models.FileField(_("file"), upload_to="attachments/%Y/%m/")
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    uploaded_by = models.ForeignKey("departments.User", models.PROTECT, verbose_name=_("uploaded by"), related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    history = History()
    upkeep = Upkeep()
    row_security = RowsOf("record")
    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.name
