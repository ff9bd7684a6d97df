"""Cases: objections to records, and applications for the repair of a subject's credit."""

from collections.abc import Mapping
from functools import reduce
from operator import or_

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.audit.access import Logged
from apps.audit.history import History
from apps.audit.row_security import InternalRows
from apps.audit.triggers import LawfulStates
from apps.subjects.access import person_rows

from .. import states
from ..querysets import CaseQuerySet
from ..security import CaseRows, MarksRecord


class Counter(models.Model):
    """The last number given in a series of a year: cases and letters are numbered without gaps."""

    series = models.CharField(_("series"), max_length=32)
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    row_security = InternalRows(why="a number tells of no row")

    class Meta:
        verbose_name = pgettext_lazy("case", "counter")
        verbose_name_plural = _("counters")
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="counter_series_year")]

    def __str__(self) -> str:
        return f"{self.series} {self.year}: {self.last}"


def _of_its_kind(field: str, values: Mapping[str, tuple[str, ...]]) -> Q:
    """The condition that a field is empty, or holds what it may in a case of this kind."""
    return reduce(
        or_, (Q(**{"kind": kind, f"{field}__in": allowed}) for kind, allowed in values.items()), Q(**{field: ""})
    )


class Case(models.Model):
    """An objection to a record, or an application for repair of one.

    ``department`` handles it (the credit centre); ``routed_to`` is the department that reported the record, once it
    was asked: it sees this case, and no other of the centre's, while it is asked and once it has answered.
    ``applicant`` holds what tells who applied, each value sealed under the key of that person (``applicants``).
    ``began_on`` is the day from which the clocks count.
    """

    class Kind(models.TextChoices):
        OBJECTION = states.OBJECTION, _("objection")
        REPAIR = states.REPAIR, _("repair")

    class State(models.TextChoices):
        RECEIVED = states.RECEIVED, pgettext_lazy("case", "received")
        ACCEPTED = states.ACCEPTED, pgettext_lazy("case", "with the centre")
        ROUTED = states.ROUTED, pgettext_lazy("case", "with the department")
        ANSWERED = states.ANSWERED, pgettext_lazy("case", "answered by the department")
        PROPOSED = states.PROPOSED, pgettext_lazy("case", "waiting for the second person")
        CLOSED = states.CLOSED, pgettext_lazy("case", "closed")
        REFUSED = states.REFUSED, pgettext_lazy("case", "not accepted")
        RETRACTED = states.RETRACTED, pgettext_lazy("case", "retracted by the applicant")

    class Ground(models.TextChoices):
        WRONG = "wrong", _("the record is wrong")
        MISSING = "missing", _("something is missing in the record")
        PRIVACY = "privacy", _("it infringes privacy or a trade secret")
        EXPIRED = "expired", _("the term has ended and it is still shown")
        OTHER = "other", _("other ground")

    class Relation(models.TextChoices):
        SELF = "self", _("the person recorded")
        REPRESENTATIVE = "representative", _("legal representative or person in charge")
        AGENT = "agent", _("agent with a written authority, or guardian")

    class Identity(models.TextChoices):
        ORIGINAL = "original", _("original document seen")
        COPY = "copy", _("certified copy seen")

    class Dishonesty(models.TextChoices):
        MINOR = "minor", _("minor")
        GENERAL = "general", pgettext_lazy("dishonesty", "general")
        SERIOUS = "serious", _("serious")
        SPECIALLY_SERIOUS = "specially-serious", _("specially serious")

    class Stage(models.TextChoices):
        CENTRE = states.CENTRE, _("the credit centre")
        SOURCE = states.SOURCE, _("the source department")
        EFFECT = states.EFFECT, _("carrying out")

    class Finding(models.TextChoices):
        WRONG = states.WRONG, _("the record is wrong")
        RIGHT = states.RIGHT, _("the record is right")
        UNCERTAIN = states.UNCERTAIN, _("it cannot be established")
        CONSENT = states.CONSENT, _("the department consents to the repair")
        DISSENT = states.DISSENT, _("the department does not consent")

    class Outcome(models.TextChoices):
        CORRECTED = states.CORRECTED, _("corrected")
        REMOVED = states.REMOVED, _("removed")
        UPHELD = states.UPHELD, _("upheld")
        UNRESOLVED = states.UNRESOLVED, _("unresolved, annotated")
        GRANTED = states.GRANTED, _("repair granted")
        DENIED = states.DENIED, _("repair denied")

    kind = models.CharField(pgettext_lazy("case", "kind"), max_length=16, choices=Kind)
    number = models.CharField(_("case number"), max_length=40, unique=True)
    code = models.CharField(
        _("progress code"), max_length=14, unique=True, help_text=_("With it the applicant asks how the case stands.")
    )
    submission = models.UUIDField(
        pgettext_lazy("case", "form"), unique=True, editable=False, help_text=_("One form sent twice is one case.")
    )
    record = models.ForeignKey("records.Record", models.PROTECT, verbose_name=_("credit record"), related_name="cases")
    department = models.ForeignKey(
        "departments.Department", models.PROTECT, verbose_name=_("handled by"), related_name="+"
    )
    routed_to = models.ForeignKey(
        "departments.Department",
        models.PROTECT,
        verbose_name=pgettext_lazy("case", "source department"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The department that was asked to check; it sees this case."),
    )
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.RECEIVED)

    # Who applies, and what for
    relation = models.CharField(_("applicant is"), max_length=16, choices=Relation)
    identity = models.CharField(_("identity checked by"), max_length=16, choices=Identity)
    applicant = models.JSONField(_("applicant"), default=dict)
    ground = models.CharField(_("ground"), max_length=16, choices=Ground, blank=True)
    statement = models.TextField(_("what is claimed"))
    wanted = models.TextField(_("what is asked for"), blank=True)

    # Repair
    dishonesty = models.CharField(_("class of dishonesty"), max_length=20, choices=Dishonesty, blank=True)
    protected_field = models.BooleanField(
        _("specially protected field"),
        default=False,
        help_text=_("Food, drugs, special equipment, work safety, fire protection: at least one year."),
    )
    term_rule = models.ForeignKey(
        "core.Rule", models.PROTECT, verbose_name=_("rule of the term"), null=True, blank=True, related_name="+"
    )
    grantable_from = models.DateField(_("can be granted from"), null=True, blank=True)
    committed_on = models.DateField(_("commitment signed on"), null=True, blank=True)
    corrected_on = models.DateField(_("conduct corrected on"), null=True, blank=True)

    # Who works on it
    handler = models.ForeignKey(
        "departments.User", models.PROTECT, verbose_name=_("officer"), null=True, blank=True, related_name="+"
    )
    checker = models.ForeignKey(
        "departments.User",
        models.PROTECT,
        verbose_name=_("reviewer of the department"),
        null=True,
        blank=True,
        related_name="+",
    )

    # Clocks
    opened_on = models.DateField(_("received on"))
    began_on = models.DateField(_("clock began on"))
    stage = models.CharField(_("stage"), max_length=16, choices=Stage, blank=True)
    stage_began_on = models.DateField(_("stage began on"), null=True, blank=True)
    stage_rule = models.ForeignKey(
        "core.Rule", models.PROTECT, verbose_name=_("rule of the stage"), null=True, blank=True, related_name="+"
    )
    stage_due = models.DateField(_("stage due on"), null=True, blank=True)
    whole_rule = models.ForeignKey(
        "core.Rule", models.PROTECT, verbose_name=_("rule of the case"), null=True, blank=True, related_name="+"
    )
    whole_due = models.DateField(_("case due on"), null=True, blank=True)
    due = models.DateField(
        _("due on"), null=True, blank=True, help_text=_("The earlier of both; empty while the clock stands still.")
    )
    provisional = models.BooleanField(
        _("provisional"), default=False, help_text=_("The holidays of a year it crosses are not announced yet.")
    )
    paused_on = models.DateField(_("paused on"), null=True, blank=True)

    # What the department found, what was decided
    finding = models.CharField(_("finding"), max_length=16, choices=Finding, blank=True)
    finding_text = models.TextField(_("grounds of the finding"), blank=True)
    found_by = models.ForeignKey(
        "departments.User", models.PROTECT, verbose_name=_("found by"), null=True, blank=True, related_name="+"
    )
    correction = models.JSONField(_("correction"), default=dict, blank=True)
    changes = models.JSONField(
        _("changes"), default=list, blank=True, help_text=_("What the decision changed in the record.")
    )
    outcome = models.CharField(pgettext_lazy("case", "outcome"), max_length=16, choices=Outcome, blank=True)
    outcome_text = models.TextField(_("grounds of the decision"), blank=True)
    proposed_by = models.ForeignKey(
        "departments.User", models.PROTECT, verbose_name=_("proposed by"), null=True, blank=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        "departments.User",
        models.PROTECT,
        verbose_name=pgettext_lazy("case", "decided by"),
        null=True,
        blank=True,
        related_name="+",
    )
    closed_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    notified_on = models.DateField(_("applicant told on"), null=True, blank=True)
    reopened = models.BooleanField(_("reopened"), default=False)
    province_on = models.DateField(_("review at the province since"), null=True, blank=True)
    province_text = models.TextField(_("review at the province"), blank=True)

    filed_by = models.ForeignKey("departments.User", models.PROTECT, verbose_name=_("filed by"), related_name="+")
    filed_at = models.DateTimeField(_("filed at"), default=timezone.now, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1)

    history = History()
    row_security = CaseRows()
    access_log = (
        *person_rows("record__subject"),
        # A page opens the applicant's identity, a list does not.
        Logged(~Q(applicant={}), "record__subject", opened=True),
    )
    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("objections", "case")
        verbose_name_plural = pgettext_lazy("objections", "cases")
        constraints = [
            models.UniqueConstraint(
                fields=["record", "kind"], condition=Q(state__in=states.OPEN), name="case_one_open_for_a_record"
            ),
            models.CheckConstraint(
                condition=Q(outcome="") | Q(state__in=states.DECIDED),
                name="case_outcome_when_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=states.DECIDED) | ~Q(outcome=""),
                name="case_decided_has_outcome",
            ),
            models.CheckConstraint(condition=_of_its_kind("outcome", states.OUTCOMES), name="case_outcome_of_its_kind"),
            models.CheckConstraint(condition=_of_its_kind("finding", states.FINDINGS), name="case_finding_of_its_kind"),
            models.CheckConstraint(
                condition=~Q(outcome=states.GRANTED) | Q(finding=states.CONSENT), name="case_granted_with_consent"
            ),
            models.CheckConstraint(
                condition=~Q(state=states.CLOSED, outcome__in=states.TWO_PERSONS)
                | Q(proposed_by__isnull=False, decided_by__isnull=False) & ~Q(proposed_by=F("decided_by")),
                name="case_two_persons",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[states.ROUTED, states.ANSWERED]) | Q(routed_to__isnull=False),
                name="case_routed_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(paused_on=None) | Q(state__in=states.PAUSABLE), name="case_paused_while_running"
            ),
            models.CheckConstraint(
                condition=Q(state__in=states.OPEN) ^ Q(closed_at__isnull=False), name="case_ended_when"
            ),
        ]
        indexes = [
            models.Index(fields=["department", "state", "due"], name="case_desk"),
            models.Index(
                fields=["routed_to", "state", "due"], name="case_source_desk", condition=Q(routed_to__isnull=False)
            ),
            models.Index(fields=["handler", "due"], name="case_mine", condition=Q(state__in=states.OPEN)),
            models.Index(fields=["due", "id"], name="case_inbox", condition=Q(state__in=states.OPEN)),
            models.Index(fields=["provisional"], name="case_provisional", condition=Q(provisional=True)),
        ]
        triggers = [
            LawfulStates(
                by="kind",
                moves={kind: states.moves(kind) for kind in states.KINDS},
                first=[states.RECEIVED],
                once=states.moves_once(),
                mark="reopened",
            ),
            MarksRecord("record"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Whether it is still to be decided."""
        return self.state in states.OPEN

    @property
    def is_paused(self) -> bool:
        """Whether the clock stands still."""
        return self.paused_on is not None
