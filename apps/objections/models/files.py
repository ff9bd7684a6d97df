"""The files of a case: papers that were brought, and letters that were made."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.audit.history import History

from ..querysets import CaseFileQuerySet
from .case import Case
from .parts import CasePart


class StoredFile(CasePart):
    """A file of a case, encrypted in the vault; ``stored_name`` and ``data_key`` open it there."""

    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    stored_name = models.CharField(max_length=100, unique=True, editable=False)
    data_key = models.BinaryField(editable=False)
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)
    added_by = models.ForeignKey("departments.User", models.PROTECT, verbose_name=_("added by"), related_name="+")

    wrapped_keys = ("data_key",)
    for_source: ClassVar[Q]
    """Which of them the source department reads too."""

    objects: ClassVar[Any] = CaseFileQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Evidence(StoredFile):
    """A paper that somebody brought: the applicant, the source department, or the centre."""

    class By(models.TextChoices):
        APPLICANT = "applicant", _("applicant")
        SOURCE = "source", pgettext_lazy("case", "source department")
        CENTRE = "centre", _("credit centre")

    class What(models.TextChoices):
        IDENTITY = "identity", _("identity document")
        AUTHORITY = "authority", _("written authority of the agent, or proof of guardianship")
        PROOF = "proof", _("proof")
        CORRECTION = "correction", _("proof that the conduct was corrected")
        COMMITMENT = "commitment", _("commitment letter, signed")
        OTHER = "other", _("other paper")

    case = models.ForeignKey(Case, models.PROTECT, verbose_name=Case._meta.verbose_name, related_name="evidence")
    brought_by = models.CharField(_("brought by"), max_length=16, choices=By)
    what = models.CharField(_("what it is"), max_length=16, choices=What, default=What.PROOF)

    for_source = ~Q(what=What.IDENTITY) | Q(brought_by=By.SOURCE)
    history = History(excluded_fields=["data_key"])

    class Meta:
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        ordering = ["added_at", "pk"]


class Letter(StoredFile):
    """A letter that was made and numbered. What was sent is what is kept."""

    class Kind(models.TextChoices):
        OBJECTION_RECEIPT = "objection-receipt", _("receipt of the objection")
        OBJECTION_ACCEPTED = "objection-accepted", _("acceptance of the objection")
        OBJECTION_REFUSED = "objection-refused", _("refusal of the objection")
        VERIFICATION_REQUEST = "verification-request", _("request to check")
        OBJECTION_OUTCOME = "objection-outcome", _("outcome of the objection")
        COMMITMENT = "commitment-letter", _("commitment to be signed")
        REPAIR_RECEIPT = "repair-receipt", _("receipt of the application for repair")
        REPAIR_ACCEPTED = "repair-accepted", _("acceptance of the application for repair")
        REPAIR_REFUSED = "repair-refused", _("refusal of the application for repair")
        REVIEW_REQUEST = "review-request", _("request to review the repair")
        REPAIR_OUTCOME = "repair-outcome", _("outcome of the repair")
        SUPPLEMENT = "supplement", _("list of papers to be brought")
        CLOCK_PAUSED = "clock-paused", _("notice that the clock stands still")
        CLOCK_RESUMED = "clock-resumed", _("notice that the clock runs again")

    case = models.ForeignKey(Case, models.PROTECT, verbose_name=Case._meta.verbose_name, related_name="letters")
    kind = models.CharField(_("letter"), max_length=32, choices=Kind)
    number = models.CharField(_("letter number"), max_length=40, unique=True)
    dated = models.DateField(_("date of the letter"))

    # The others are the applicant's: they bear the progress code and, of some, the identity number.
    to_source = (Kind.VERIFICATION_REQUEST, Kind.REVIEW_REQUEST)
    for_source = Q(kind__in=to_source)
    history = History(excluded_fields=["data_key"])

    class Meta:
        verbose_name = pgettext_lazy("objections", "letter")
        verbose_name_plural = pgettext_lazy("objections", "letters")
        ordering = ["added_at", "pk"]

    @property
    def is_for_applicant(self) -> bool:
        """Whether it goes to the applicant; the others go to the source department."""
        return self.kind not in self.to_source
