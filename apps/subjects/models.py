"""Subjects: whom the records are about, the codes that join them, the names they bore."""

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.audit.history import History
from apps.audit.row_security import InternalRows, Open
from apps.audit.triggers import NeedsReason, changed
from apps.audit.upkeep import Upkeep
from apps.core.terms import SubjectKind

from .access import person_rows
from .querysets import SubjectQuerySet

USCC_SHAPE = "^[0-9A-HJ-NPQRTUWXY]{18}$"
"""Characters of GB 32100. The check character is judged by the actions: a code that fails it may be accepted."""


class Region(models.Model):
    """An administrative division (GB/T 2260 and its statistical extensions)."""

    class Level(models.TextChoices):
        PROVINCE = "province", pgettext_lazy("region", "province")
        CITY = "city", pgettext_lazy("region", "city")
        COUNTY = "county", pgettext_lazy("region", "county")
        STREET = "street", pgettext_lazy("region", "street or town")

    code = models.CharField(_("code"), max_length=12, primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    level = models.CharField(_("level"), max_length=16, choices=Level)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=pgettext_lazy("region", "parent"),
        null=True,
        blank=True,
        related_name="children",
    )

    row_security = Open(why="a published classification", public=True)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Industry(models.Model):
    """An entry of the classification of national economic activities (GB/T 4754-2017)."""

    class Level(models.TextChoices):
        SECTION = "section", pgettext_lazy("industry", "section")
        DIVISION = "division", pgettext_lazy("industry", "division")
        GROUP = "group", pgettext_lazy("industry", "group")
        CLASS = "class", pgettext_lazy("industry", "class")

    code = models.CharField(_("code"), max_length=5, primary_key=True)
    name = models.CharField(_("name"), max_length=200)
    level = models.CharField(_("level"), max_length=16, choices=Level)
    section = models.CharField(_("section"), max_length=1)

    row_security = Open(why="a published classification", public=True)

    class Meta:
        verbose_name = _("industry")
        verbose_name_plural = _("industries")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Subject(models.Model):
    """An organisation, an individual business or a natural person on record.

    The register data of organisations is public and searched by text. Of a natural person this table holds only
    the masked name; the rest stands encrypted in PersonalData and is found by exact identity alone.
    A merged subject points at the one that took its place.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("in business")
        CANCELLED = "cancelled", _("deregistered")
        REVOKED = "revoked", _("licence revoked")
        OTHER = "other", _("other")

    kind = models.CharField(_("kind"), max_length=32, choices=SubjectKind)
    name = models.CharField(_("name"), max_length=200)
    match_name = models.CharField(_("name for matching"), max_length=200, editable=False)
    uscc = models.CharField(_("unified social credit code"), max_length=18, unique=True, null=True, blank=True)
    override_reason = models.CharField(
        _("reason for accepting the code"),
        max_length=200,
        blank=True,
        help_text=_("Why a code that fails its check digit is accepted all the same."),
    )
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.ACTIVE)
    organisation_type = models.CharField(_("type of organisation"), max_length=100, blank=True)
    registered_on = models.DateField(_("registered on"), null=True, blank=True)
    capital = models.DecimalField(
        _("registered capital (yuan)"), max_digits=20, decimal_places=2, null=True, blank=True
    )
    capital_text = models.CharField(_("registered capital as registered"), max_length=100, blank=True)
    legal_representative = models.CharField(_("legal representative"), max_length=100, blank=True)
    address = models.CharField(pgettext_lazy("register", "address"), max_length=300, blank=True)
    region = models.ForeignKey(
        Region, models.PROTECT, verbose_name=_("region"), null=True, blank=True, related_name="+"
    )
    industry = models.ForeignKey(
        Industry, models.PROTECT, verbose_name=_("industry"), null=True, blank=True, related_name="+"
    )
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("merged into"),
        null=True,
        blank=True,
        related_name="merged",
        editable=False,
        db_index=False,
    )
    created_at = models.DateTimeField(_("entered at"), auto_now_add=True)
    name_tokens = models.GeneratedField(
        expression=Func(F("match_name"), function="name_bigrams"), output_field=SearchVectorField(), db_persist=True
    )

    history = History(excluded_fields=["name_tokens"])
    upkeep = Upkeep(sampled=("region", "industry"))
    row_security = Open(why="the register of organisations is public and searched by text", public=True)
    access_log = person_rows("")
    objects = SubjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("subject")
        verbose_name_plural = _("subjects")
        permissions = [
            ("merge_subject", _("merge duplicate subjects")),
            ("import_register", _("load a business register")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=SubjectKind.NATURAL_PERSON) | Q(uscc__isnull=True, match_name=""),
                name="person_kept_out_of_search",
            ),
            models.CheckConstraint(
                condition=Q(kind=SubjectKind.NATURAL_PERSON)
                | Q(match_name=Func(F("name"), function="name_match_form", output_field=models.CharField())),
                name="subject_match_name_fits",
            ),
            models.CheckConstraint(
                condition=Q(uscc__isnull=True) | Q(uscc__regex=USCC_SHAPE), name="subject_uscc_shape"
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="subject_not_merged_into_itself"),
        ]
        indexes = [
            GinIndex(fields=["name_tokens"], name="subject_name_tokens", fastupdate=False),
            models.Index(fields=["match_name"], name="subject_match_name"),
            # Few are merged; an index over all would look useful for finding those that are not.
            models.Index(fields=["merged_into"], name="subject_merged_into", condition=Q(merged_into__isnull=False)),
        ]
        triggers = [
            NeedsReason("merge", what="merging subjects or taking a merge back", condition=changed("merged_into")),
            NeedsReason(
                "merged_at_once",
                what="entering a subject as a merged one",
                condition=pgtrigger.Q(new__merged_into__isnull=False),
                operation=pgtrigger.Insert,
            ),
            NeedsReason(
                "override",
                what="accepting a code that fails its check",
                condition=changed("override_reason") & ~pgtrigger.Q(new__override_reason=""),
            ),
            NeedsReason(
                "override_at_once",
                what="accepting a code that fails its check",
                condition=~pgtrigger.Q(new__override_reason=""),
                operation=pgtrigger.Insert,
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Identifier(models.Model):
    """A code that a subject bears or bore. Old codes lead to the subject like the unified one."""

    class Scheme(models.TextChoices):
        USCC = "uscc", _("unified social credit code")
        ORGANISATION = "organisation_code", _("organisation code")
        REGISTRATION = "registration_number", _("business registration number")
        TAX = "tax_number", _("tax registration number")
        INSTITUTION = "institution_number", _("institution certificate number")
        ASSOCIATION = "association_number", _("association certificate number")

    subject = models.ForeignKey(Subject, models.CASCADE, verbose_name=_("subject"), related_name="identifiers")
    scheme = models.CharField(_("scheme"), max_length=32, choices=Scheme)
    value = models.CharField(pgettext_lazy("identifier", "value"), max_length=64)
    source = models.CharField(pgettext_lazy("identifier", "source"), max_length=100, blank=True)

    history = History()
    upkeep = Upkeep()
    row_security = Open(why="the register of organisations is public and searched by text", public=True)

    class Meta:
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        constraints = [models.UniqueConstraint(fields=["scheme", "value"], name="identifier_once")]
        # This operator class serves both the exact value and the beginning of one.
        indexes = [models.Index(fields=["value"], name="identifier_value", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.value


class SubjectName(models.Model):
    """A name that an organisation bore, with the dates as far as known. Never a person's: those are encrypted."""

    subject = models.ForeignKey(Subject, models.CASCADE, verbose_name=_("subject"), related_name="names")
    name = models.CharField(_("name"), max_length=200)
    match_name = models.CharField(_("name for matching"), max_length=200, editable=False)
    since = models.DateField(pgettext_lazy("former name", "since"), null=True, blank=True)
    until = models.DateField(pgettext_lazy("former name", "until"), null=True, blank=True)
    name_tokens = models.GeneratedField(
        expression=Func(F("match_name"), function="name_bigrams"), output_field=SearchVectorField(), db_persist=True
    )

    history = History(excluded_fields=["name_tokens"])
    upkeep = Upkeep()
    row_security = Open(why="the register of organisations is public and searched by text", public=True)

    class Meta:
        verbose_name = _("former name")
        verbose_name_plural = _("former names")
        constraints = [
            models.CheckConstraint(
                condition=Q(match_name=Func(F("name"), function="name_match_form", output_field=models.CharField())),
                name="former_match_name_fits",
            ),
        ]
        indexes = [
            GinIndex(fields=["name_tokens"], name="subject_name_tokens_former", fastupdate=False),
            models.Index(fields=["match_name"], name="subject_name_match_name"),
        ]

    def __str__(self) -> str:
        return self.name


class PersonKey(models.Model):
    """The data key of one person, wrapped by the master key.

    The person is found by ``fingerprint``, a keyed hash of document kind and number. Destroying ``wrapped`` forgets the
    person everywhere at once, history included: nothing encrypted under the key can be read again. The fingerprint goes
    with it, for it too tells whether somebody with a known number was on record. The row stays and says when.
    """

    fingerprint = models.BinaryField(_("fingerprint"), max_length=32, unique=True, null=True)
    wrapped = models.BinaryField(_("wrapped key"), null=True)
    destroyed_at = models.DateTimeField(_("destroyed at"), null=True, blank=True)

    wrapped_keys = ("wrapped",)
    upkeep = Upkeep()
    row_security = InternalRows(why="persons belong to no department")

    class Meta:
        verbose_name = _("person key")
        verbose_name_plural = _("person keys")
        constraints = [
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True, fingerprint__isnull=False, wrapped__isnull=False)
                | Q(destroyed_at__isnull=False, fingerprint__isnull=True, wrapped__isnull=True),
                name="person_key_whole_or_destroyed",
            )
        ]


class PersonalData(models.Model):
    """Name and identity document of a natural person, encrypted under the person's key."""

    class DocumentKind(models.TextChoices):
        IDENTITY_CARD = "身份证", _("resident identity card")
        PASSPORT = "护照号", _("passport")
        HONG_KONG_MACAU = "港澳居民来往内地通行证", _("permit of Hong Kong and Macau residents")
        TAIWAN = "台湾居民来往大陆通行证", _("permit of Taiwan residents")
        FOREIGN_RESIDENT = "外国人永久居留身份证", _("foreign permanent resident card")
        OTHER = "其他", _("other")

    subject = models.OneToOneField(Subject, models.CASCADE, verbose_name=_("subject"), related_name="person")
    key = models.OneToOneField(
        PersonKey, models.PROTECT, verbose_name=pgettext_lazy("person", "key"), related_name="person"
    )
    document_kind = models.CharField(_("kind of document"), max_length=32, choices=DocumentKind)
    name_encrypted = models.BinaryField(_("name"))
    number_encrypted = models.BinaryField(pgettext_lazy("identity", "document number"))

    history = History()
    upkeep = Upkeep()
    row_security = InternalRows(why="persons belong to no department")
    access_log = person_rows("subject")

    class Meta:
        verbose_name = _("personal data")
        verbose_name_plural = _("personal data")


class SubjectMerge(models.Model):
    """One merge of a duplicate into the subject that stays, with all it takes to reverse it.

    ``moved`` maps a foreign key (``records.Record.subject``) to the primary keys of the rows that were moved along,
    ``made`` a model label (``subjects.SubjectName``) to those of the rows that the merge added.
    """

    duplicate = models.ForeignKey(Subject, models.PROTECT, verbose_name=_("duplicate"), related_name="+")
    remaining = models.ForeignKey(Subject, models.PROTECT, verbose_name=_("remaining subject"), related_name="+")
    reason = models.CharField(_("reason"), max_length=300)
    moved = models.JSONField(_("moved rows"), default=dict)
    made = models.JSONField(_("added rows"), default=dict)
    merged_by = models.ForeignKey("departments.User", models.PROTECT, verbose_name=_("merged by"), related_name="+")
    merged_at = models.DateTimeField(_("merged at"), auto_now_add=True)
    reversed_by = models.ForeignKey(
        "departments.User", models.PROTECT, verbose_name=_("reversed by"), related_name="+", null=True, blank=True
    )
    reversed_at = models.DateTimeField(_("reversed at"), null=True, blank=True)

    history = History()
    row_security = InternalRows(why="a merge concerns rows of many departments")
    access_log = person_rows("duplicate", "remaining")

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-merged_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["duplicate"], condition=Q(reversed_at__isnull=True), name="merged_once_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(duplicate=F("remaining")), name="merge_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.duplicate} → {self.remaining}"
