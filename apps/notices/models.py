"""What people are told on the desk."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.audit.row_security import OwnRows
from apps.audit.upkeep import Upkeep

from .kinds import KINDS
from .querysets import NoticeQuerySet


class Notice(models.Model):
    """One thing that one person is told. Written by ``sending.notify`` only, and never changed but for ``read_at``.

    ``kind`` and ``parameters`` give the text when it is read; ``link_name`` and ``link_arguments`` the page it is
    about. ``once``: of notices of one kind to one person with the same key only the first is written.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("recipient"), related_name="notices", db_index=False
    )
    kind = models.CharField(_("kind of notice"), max_length=40)
    parameters = models.JSONField(_("parameters"), default=dict)
    link_name = models.CharField(_("page"), max_length=100, blank=True)
    link_arguments = models.JSONField(_("arguments of the page"), default=list)
    once = models.CharField(_("once-key"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True)

    objects = NoticeQuerySet.as_manager()
    upkeep = Upkeep()
    row_security = OwnRows("recipient")

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "kind", "once"], condition=~Q(once=""), name="notice_sent_once"
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notice_of_recipient"),
            models.Index(fields=["recipient"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["read_at"], condition=Q(read_at__isnull=False), name="notice_read"),
        ]

    def __str__(self) -> str:
        return str(self.title)

    @property
    def title(self) -> str | Promise:
        """What it is about; of a kind that no app registers any more its code."""
        return KINDS[self.kind].title if self.kind in KINDS else self.kind

    @property
    def text(self) -> str:
        """The whole sentence, plain text."""
        return KINDS[self.kind].sentence(self.parameters) if self.kind in KINDS else ""

    @property
    def address(self) -> str:
        """The page it is about; "" when there is none, or none any more."""
        if not self.link_name:
            return ""
        try:
            return reverse(self.link_name, args=self.link_arguments)
        except NoReverseMatch:
            return ""
