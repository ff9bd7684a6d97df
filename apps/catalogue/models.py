"""The catalogue: what is collected, on which legal basis, with which fields, for how long, and who may see it."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History
from apps.audit.row_security import Open
from apps.core.models import Rule
from apps.core.terms import SubjectKind

from .shapes import RequiredIf, in_language
from .usage import frozen_changes, in_use


class LegalDocument(models.Model):
    """A law, regulation or official document that something on the platform rests on."""

    class Kind(models.TextChoices):
        LAW = "law", _("law")
        REGULATION = "regulation", _("administrative regulation")
        LOCAL = "local", _("local regulation")
        RULE = "rule", _("departmental rule")
        DOCUMENT = "document", _("normative document")
        STANDARD = "standard", _("standard")

    code = models.SlugField(_("code"), max_length=64, unique=True)
    title = models.CharField(_("title"), max_length=200)
    number = models.CharField(pgettext_lazy("record", "document number"), max_length=100, blank=True)
    issuer = models.CharField(_("issuer"), max_length=100)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    effective_from = models.DateField(_("in force from"), null=True, blank=True)
    effective_to = models.DateField(_("in force to"), null=True, blank=True)
    url = models.URLField(_("address"), blank=True)

    history = History()
    row_security = Open(why="the catalogue is public", public=True)

    class Meta:
        verbose_name = _("legal document")
        verbose_name_plural = _("legal documents")
        ordering = ["kind", "title"]

    def __str__(self) -> str:
        return self.title


class InformationItem(models.Model):
    """One item of the information catalogue (HN11).

    Its fields drive form, validation, file columns, export and display.
    """

    class Kind(models.TextChoices):
        REGISTRATION = "registration", _("registration")
        JUDICIAL = "judicial", _("judgments and enforcement")
        ADMINISTRATION = "administration", _("administration")
        PROFESSION = "profession", _("titles and professions")
        ABNORMAL = "abnormal", _("abnormal operation")
        SERIOUS_LIST = "serious_list", _("serious dishonesty lists")
        CONTRACT = "contract", _("contract performance")
        COMMITMENT = "commitment", _("commitments and their performance")
        EVALUATION = "evaluation", _("evaluation results")
        COMPLIANCE = "compliance", _("obedience to law")
        HONOUR = "honour", _("honesty honours")
        INTELLECTUAL_PROPERTY = "intellectual_property", _("intellectual property")
        VOLUNTARY = "voluntary", _("supplied by the subject")

    class Nature(models.TextChoices):
        POSITIVE = "positive", _("positive")
        NEGATIVE = "negative", _("negative")
        NEUTRAL = "neutral", _("neutral")

    class Disclosure(models.TextChoices):
        PUBLIC = "public", _("public")
        SHARED = "shared", _("shared among government")
        AUTHORISED = "authorised", _("on authorisation")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        ACTIVE = "active", _("item in force")
        RETIRED = "retired", _("retired")

    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("English name"), max_length=150)
    kind = models.CharField(_("kind"), max_length=32, choices=Kind)
    nature = models.CharField(_("nature"), max_length=16, choices=Nature)
    disclosure = models.CharField(_("disclosure"), max_length=16, choices=Disclosure)
    subject_kinds = ArrayField(models.CharField(max_length=32, choices=SubjectKind), verbose_name=_("kinds of subject"))
    providers = models.ManyToManyField(
        "departments.Department", through="ItemProvider", verbose_name=_("providers"), related_name="items", blank=True
    )
    any_provider = models.BooleanField(
        _("any department"),
        default=False,
        help_text=_("Every department may report this item, not only the providers named."),
    )
    retention_months = models.PositiveIntegerField(
        _("disclosed for (months)"),
        null=True,
        blank=True,
        help_text=_("Counted from the decision date; empty: no limit."),
    )
    update_cycle = models.CharField(_("update cycle"), max_length=50, blank=True)
    deadline_rule = models.CharField(
        _("deadline rule"),
        max_length=64,
        blank=True,
        help_text=_("Key of the dated rule of the publication deadline, such as publicity.deadline; empty: none."),
    )
    basis = models.ForeignKey(
        LegalDocument, models.PROTECT, verbose_name=_("legal basis"), null=True, blank=True, related_name="items"
    )
    basis_article = models.CharField(_("article"), max_length=100, blank=True)
    edition = models.CharField(
        _("edition"),
        max_length=32,
        blank=True,
        help_text=_("Name of the edition that the column headers follow, such as 2018."),
    )
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.DRAFT)
    position = models.PositiveIntegerField(_("position"), default=0)
    note = models.TextField(_("remarks"), blank=True)
    note_en = models.TextField(_("English remarks"), blank=True)

    history = History()
    row_security = Open(why="the catalogue is public", public=True)

    class Meta:
        verbose_name = _("information item")
        verbose_name_plural = _("information items")
        ordering = ["position", "code"]
        permissions = [
            ("activate_informationitem", _("put information items in force")),
            ("retire_informationitem", _("retire information items")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="active") | models.Q(basis__isnull=False),
                name="item_active_needs_basis",
                violation_error_message=_("An item without a legal basis cannot be put in force."),
            ),
        ]

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" else self.name

    def note_in(self, language: str) -> str:
        """The remarks in ``language``, chosen as the labels of fields are."""
        return in_language(language, self.note, self.note_en)

    def clean(self) -> None:
        if self.state == self.State.ACTIVE and self.basis_id is None:
            raise ValidationError({"basis": _("An item without a legal basis cannot be put in force.")})
        if self.deadline_rule and not Rule.objects.filter(key=self.deadline_rule).exists():
            raise ValidationError({"deadline_rule": _("There is no dated rule of this key.")})


class ItemProvider(models.Model):
    """A department that reports an item."""

    item = models.ForeignKey(InformationItem, models.CASCADE, verbose_name=_("information item"))
    department = models.ForeignKey("departments.Department", models.PROTECT, verbose_name=_("department"))

    history = History()
    row_security = Open(why="the catalogue is public", public=True)

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        constraints = [models.UniqueConstraint(fields=["item", "department"], name="item_provider_once")]

    def __str__(self) -> str:
        return f"{self.item} – {self.department}"


class ItemField(models.Model):
    """A typed field of an item.

    ``role`` binds a field to what the platform itself knows of a record (its document number, its decision date,
    its counterparty's code); the values of the other fields are kept as the record's ``data``, under ``code``.
    """

    class Type(models.TextChoices):
        TEXT = "text", _("text")
        DATE = "date", _("date")
        AMOUNT = "amount", _("amount")
        CHOICE = "choice", _("choice")
        CHOICES = "choices", _("several choices")
        CODE = "code", _("code")
        BOOLEAN = "boolean", _("yes or no")

    class Role(models.TextChoices):
        NONE = "", _("none")
        SUBJECT_NAME = "subject_name", _("subject: name")
        SUBJECT_CATEGORY = "subject_category", _("subject: category")
        SUBJECT_USCC = "subject_uscc", _("subject: unified social credit code")
        SUBJECT_REGISTRATION_NUMBER = "subject_registration_number", _("subject: business registration number")
        SUBJECT_ORGANISATION_CODE = "subject_organisation_code", _("subject: organisation code")
        SUBJECT_TAX_NUMBER = "subject_tax_number", _("subject: tax registration number")
        SUBJECT_INSTITUTION_NUMBER = "subject_institution_number", _("subject: institution certificate number")
        SUBJECT_ASSOCIATION_NUMBER = "subject_association_number", _("subject: association certificate number")
        SUBJECT_DOCUMENT_KIND = "subject_document_kind", _("subject: kind of identity document")
        SUBJECT_DOCUMENT_NUMBER = "subject_document_number", _("subject: identity document number")
        DOCUMENT_NAME = "document_name", _("document name")
        DOCUMENT_NUMBER = "document_number", pgettext_lazy("record", "document number")
        DECIDED_ON = "decided_on", _("decision date")
        VALID_FROM = "valid_from", _("valid from")
        VALID_TO = "valid_to", _("valid to")
        DISCLOSED_TO = "disclosed_to", _("disclosed to")
        AUTHORITY_NAME = "authority_name", _("deciding authority")
        AUTHORITY_CODE = "authority_code", _("deciding authority: code")
        SOURCE_NAME = "source_name", _("source department")
        SOURCE_CODE = "source_code", _("source department: code")

    class CodeScheme(models.TextChoices):
        USCC = "uscc", _("unified social credit code")
        ORGANISATION = "organisation_code", _("organisation code")
        REGISTRATION = "registration_number", _("business registration number")
        TAX = "tax_number", _("tax registration number")
        IDENTITY = "identity_number", _("identity document number")
        FREE = "free", _("free form")

    item = models.ForeignKey(InformationItem, models.CASCADE, verbose_name=_("information item"), related_name="fields")
    code = models.SlugField(_("code"), max_length=64)
    label = models.CharField(_("column header"), max_length=100)
    label_en = models.CharField(_("English label"), max_length=150)
    type = models.CharField(_("type"), max_length=16, choices=Type)
    role = models.CharField(_("role of the field"), max_length=32, choices=Role, blank=True, default="")
    required = models.BooleanField(_("required"), default=False)
    required_if = models.JSONField(
        _("required if"),
        null=True,
        blank=True,
        help_text=_(
            '{"field": "penalty_kinds", "contains": ["罚款"]}: required when that field holds one of these values.'
        ),
    )
    max_length = models.PositiveIntegerField(_("longest"), null=True, blank=True)
    digits = models.PositiveIntegerField(_("digits"), null=True, blank=True)
    decimals = models.PositiveIntegerField(_("decimals"), null=True, blank=True)
    unit = models.CharField(
        _("unit"),
        max_length=16,
        blank=True,
        choices=[("yuan", _("yuan")), ("wan_yuan", _("ten thousand yuan"))],
        help_text=_("As written in forms and files; inside, amounts are in yuan."),
    )
    choices = models.JSONField(
        _("choices"),
        default=list,
        blank=True,
        help_text=_('The lawful values, as a list of texts: ["罚款", "其他"]. 其他 may carry a note: 其他-note.'),
    )
    separator = models.CharField(_("separator"), max_length=1, default=";", blank=True)
    code_scheme = models.CharField(_("code scheme"), max_length=32, choices=CodeScheme, blank=True)
    kind_field = models.SlugField(
        _("field of the document kind"),
        max_length=64,
        blank=True,
        help_text=_("For an identity document: code of the field that names its kind (证件类型)."),
    )
    confidential = models.BooleanField(
        _("confidential"), default=False, help_text=_("Kept encrypted, masked on screen, never public.")
    )
    public = models.BooleanField(_("public"), default=True)
    help_text = models.CharField(_("help text"), max_length=300, blank=True)
    help_text_en = models.CharField(_("English help text"), max_length=300, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    history = History()
    row_security = Open(why="the catalogue is public", public=True)

    class Meta:
        verbose_name = _("field")
        verbose_name_plural = _("fields")
        ordering = ["item", "position"]
        constraints = [
            models.UniqueConstraint(fields=["item", "code"], name="item_field_code_once"),
            models.UniqueConstraint(fields=["item", "role"], condition=~models.Q(role=""), name="item_field_role_once"),
        ]

    def __str__(self) -> str:
        return self.label_en if get_language() == "en" else self.label

    def clean(self) -> None:
        found: dict[str, Any] = {}
        if self.type in {self.Type.CHOICE, self.Type.CHOICES} and not self.choices:
            found["choices"] = _("A choice needs at least one lawful value.")
        if not isinstance(self.choices, list) or not all(isinstance(one, str) and one for one in self.choices):
            found["choices"] = _("The lawful values are a list of texts.")
        if self.type == self.Type.CODE and not self.code_scheme:
            found["code_scheme"] = _("A code needs its scheme.")
        try:
            RequiredIf.read(self.required_if)
        except ValueError:
            found["required_if"] = _("The condition names a field and its values, in the form shown below.")
        if self.confidential and self.public:
            found["public"] = _("A confidential field is never public.")
        found |= self._frozen()
        if found:
            raise ValidationError(found)

    def _frozen(self) -> dict[str, Any]:
        """What must not change any more, because stored values would lose their meaning."""
        before = ItemField.objects.select_related("item").filter(pk=self.pk).first() if self.pk else None
        changed = frozen_changes(before, self) if before else []
        if not before or not changed or not in_use(before.item):
            return {}
        text = _("Records were entered with this field: it can no longer change. Add a new field instead.")
        return dict.fromkeys(changed, text)


class ColumnMapping(models.Model):
    """Another edition of an item's file columns (the 2016 standard beside that of 2018)."""

    item = models.ForeignKey(
        InformationItem, models.CASCADE, verbose_name=_("information item"), related_name="mappings"
    )
    edition = models.CharField(_("edition"), max_length=32)
    basis = models.ForeignKey(LegalDocument, models.PROTECT, verbose_name=_("legal basis"), null=True, blank=True)
    defaults = models.JSONField(
        _("defaults"),
        default=dict,
        blank=True,
        help_text=_(
            "What fills the fields this edition has no column for, by field code. {department.name}, {department.uscc} "
            "and {subject.category} stand for the reporting department and the category that the code tells."
        ),
    )

    history = History()
    row_security = Open(why="the catalogue is public", public=True)

    class Meta:
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")
        ordering = ["item", "edition"]
        constraints = [models.UniqueConstraint(fields=["item", "edition"], name="column_mapping_once")]

    def __str__(self) -> str:
        return f"{self.item} ({self.edition})"


class MappedColumn(models.Model):
    """One column of another edition: its header, the field it fills, and how its values read in today's terms.

    Without a field the column is known and read over: today's item has no place for it.

    Two columns may fill one field of several choices (处罚类别1 and 处罚类别2): their values are joined.
    """

    mapping = models.ForeignKey(ColumnMapping, models.CASCADE, verbose_name=_("column mapping"), related_name="columns")
    header = models.CharField(_("header"), max_length=100)
    field = models.ForeignKey(
        ItemField,
        models.CASCADE,
        verbose_name=_("field"),
        related_name="mapped_columns",
        null=True,
        blank=True,
        help_text=_("Empty: the column is known, but read over."),
    )
    values = models.JSONField(
        _("values"),
        default=dict,
        blank=True,
        help_text=_('Values of that edition and what they mean today: {"0": "有效"}.'),
    )

    history = History()
    row_security = Open(why="the catalogue is public", public=True)

    class Meta:
        verbose_name = _("mapped column")
        verbose_name_plural = _("mapped columns")
        constraints = [models.UniqueConstraint(fields=["mapping", "header"], name="mapped_column_once")]

    def __str__(self) -> str:
        return self.header
