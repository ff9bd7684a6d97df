"""What belongs to a case: its pauses, its way through the stages, and what happened in it."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.audit.history import History
from apps.audit.row_security import RowsOf

from ..querysets import CasePartQuerySet
from .case import Case


class CasePart(models.Model):
    """What belongs to a case and is open as the case is."""

    row_security: Any = RowsOf("case")
    objects = CasePartQuerySet.as_manager()

    class Meta:
        abstract = True


class Pause(CasePart):
    """Days that do not count: testing, expert opinion, papers to be supplemented (HN41)."""

    class Ground(models.TextChoices):
        TESTING = "testing", _("testing or inspection")
        EXPERT = "expert", _("expert opinion")
        SUPPLEMENT = "supplement", _("the applicant supplements papers")

    case = models.ForeignKey(Case, models.PROTECT, verbose_name=Case._meta.verbose_name, related_name="pauses")
    ground = models.CharField(_("ground"), max_length=16, choices=Ground)
    reason = models.TextField(_("reason"))
    begun_on = models.DateField(_("begun on"))
    bring_by = models.DateField(_("papers to be brought by"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    begun_by = models.ForeignKey("departments.User", models.PROTECT, verbose_name=_("begun by"), related_name="+")

    history = History()

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        ordering = ["begun_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_on=None), name="pause_one_open"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("begun_on")), name="pause_ends_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.begun_on:%Y-%m-%d}"


class Passage(CasePart):
    """A stage that a case has passed: where it lay, from when to when, and whether it was in time."""

    add_only = True

    case = models.ForeignKey(Case, models.PROTECT, verbose_name=Case._meta.verbose_name, related_name="passages")
    stage = models.CharField(_("stage"), max_length=16, choices=Case.Stage)
    department = models.ForeignKey(
        "departments.Department", models.PROTECT, verbose_name=_("department"), related_name="+"
    )
    began_on = models.DateField(_("began on"))
    ended_on = models.DateField(_("ended on"))
    due = models.DateField(_("due on"), null=True, blank=True)
    working_days = models.PositiveIntegerField(
        pgettext_lazy("case", "working days"), help_text=_("Without the days of pauses.")
    )
    in_time = models.BooleanField(pgettext_lazy("case", "in time"))

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        indexes = [models.Index(fields=["department", "stage", "ended_on"], name="passage_board")]

    def __str__(self) -> str:
        return f"{self.stage} {self.began_on:%Y-%m-%d}"


class Event(CasePart):
    """Something that happened in a case: a step, a letter, a notice, a note. Never changed, never removed.

    ``for_applicant``: the applicant may know of it; notes of the officers are not.
    """

    add_only = True

    case = models.ForeignKey(Case, models.PROTECT, verbose_name=Case._meta.verbose_name, related_name="events")
    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    actor = models.ForeignKey(
        "departments.User", models.PROTECT, verbose_name=_("by"), null=True, blank=True, related_name="+"
    )
    what = models.CharField(_("what"), max_length=32)
    source = models.CharField(_("from"), max_length=16, blank=True)
    target = models.CharField(_("to"), max_length=16, blank=True)
    text = models.TextField(pgettext_lazy("case", "text"), blank=True)
    for_applicant = models.BooleanField(_("for the applicant"), default=False)

    class Meta:
        verbose_name = pgettext_lazy("objections", "event")
        verbose_name_plural = pgettext_lazy("objections", "events")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.what
