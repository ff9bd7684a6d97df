"""The form by which an officer takes a case in. What the values are worth, the action judges."""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.core.terms import SubjectKind
from apps.records.models import Record
from apps.subjects.admin_forms import DressedForm
from apps.subjects.documents import CHECK_KINDS

from .. import states
from ..actions import Paper
from ..applicants import Applicant, check_applicant
from ..models import Case, Evidence
from ..steps import LongText

APPLICANT: Final = ("name", "document_kind", "number", "phone", "address")
ASKED_PAPERS: Final = {
    states.OBJECTION: (Evidence.What.IDENTITY, Evidence.What.AUTHORITY, Evidence.What.PROOF, Evidence.What.OTHER),
    states.REPAIR: (
        Evidence.What.IDENTITY,
        Evidence.What.AUTHORITY,
        Evidence.What.CORRECTION,
        Evidence.What.COMMITMENT,
        Evidence.What.OTHER,
    ),
}
"""Kind of case -> the papers that come with it."""


@dataclass(frozen=True)
class Section:
    """Fields under a heading."""

    title: str
    fields: list[forms.BoundField]


@dataclass(frozen=True)
class PaperField:
    """Where the files of one kind of paper are chosen."""

    name: str
    label: str
    needed: bool


class FilingForm(DressedForm):
    """Who applies, what is claimed, and when it came in."""

    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    relation = forms.ChoiceField(label=gettext_lazy("applicant is"), choices=Case.Relation.choices)
    name = forms.CharField(label=gettext_lazy("name of the applicant"), max_length=200)
    document_kind = forms.ChoiceField(
        label=gettext_lazy("kind of document"), choices=[(kind, kind) for kind in CHECK_KINDS]
    )
    number = forms.CharField(label=gettext_lazy("number of the document"), max_length=40)
    identity = forms.ChoiceField(label=gettext_lazy("identity checked by"), choices=Case.Identity.choices)
    phone = forms.CharField(
        label=gettext_lazy("telephone"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("A telephone number or an address at which the applicant is told."),
    )
    address = forms.CharField(label=pgettext_lazy("objections", "address"), max_length=200, required=False)
    ground = forms.ChoiceField(label=gettext_lazy("ground"), choices=Case.Ground.choices)
    dishonesty = forms.ChoiceField(label=gettext_lazy("class of dishonesty"))
    corrected_on = forms.DateField(label=gettext_lazy("conduct corrected on"))
    committed_on = forms.DateField(label=gettext_lazy("commitment signed on"))
    statement = LongText(label=gettext_lazy("what is claimed"))
    wanted = LongText(label=gettext_lazy("what is asked for"), required=False, rows=2)
    opened_on = forms.DateField(
        label=gettext_lazy("received on"),
        initial=timezone.localdate,
        help_text=gettext_lazy("The clocks count from the day after. An earlier day for what came by post."),
    )

    def __init__(self, record: Record, kind: str, classes: Iterable[str] = (), *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record, self.kind = record, kind
        if kind == states.REPAIR:
            del self.fields["ground"]
            chosen = [(each.value, each.label) for each in Case.Dishonesty if each in classes]
            choices: Any = self.fields["dishonesty"]
            choices.choices = choices.widget.choices = chosen
        else:
            for name in ("dishonesty", "corrected_on", "committed_on"):
                del self.fields[name]
        person = record.subject.kind == SubjectKind.NATURAL_PERSON
        never = Case.Relation.REPRESENTATIVE if person else Case.Relation.SELF
        relation: Any = self.fields["relation"]
        relation.choices = relation.widget.choices = [each for each in Case.Relation.choices if each[0] != never]
        self.other_errors: list[str] = []
        self.paper_errors: list[str] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if all(name in cleaned for name in (*APPLICANT, "relation")):
            # Told together with what else is wrong; the action checks it again.
            try:
                check_applicant(self.applicant, cleaned["relation"], self.record.subject)
            except ValidationError as error:
                self.refuse(error)
        for name in ("corrected_on", "committed_on"):
            day: datetime.date | None = cleaned.get(name)
            if day and day > timezone.localdate():
                self.add_error(name, _("The day is still to come."))
        return cleaned

    @property
    def applicant(self) -> Applicant:
        return Applicant(**{name: self.cleaned_data[name] for name in APPLICANT})

    @property
    def values(self) -> dict[str, Any]:
        """All but the applicant, as ``file_case`` takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name not in APPLICANT}

    def papers(self, files: Any) -> list[Paper]:
        """The files that came along, each with what it is."""
        return [Paper(upload, what) for what in ASKED_PAPERS[self.kind] for upload in files.getlist(_paper_name(what))]

    def paper_fields(self) -> list[PaperField]:
        """Where files are chosen; without those of a repair it is not accepted."""
        needed = {Evidence.What.CORRECTION, Evidence.What.COMMITMENT}
        return [PaperField(_paper_name(what), str(what.label), what in needed) for what in ASKED_PAPERS[self.kind]]

    def refuse(self, error: ValidationError) -> None:
        """Put the errors of an action beside their fields, what belongs to none above the form."""
        wrong: Mapping[str, Iterable[str]] = (
            error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        )
        for name, texts in wrong.items():
            if name in self.fields:
                self.add_error(name, list(texts))
            elif name == "papers":
                self.paper_errors += texts
            else:
                self.other_errors += texts

    def sections(self) -> list[Section]:
        """The form in the order of the talk at the counter."""

        def of(*names: str) -> list[forms.BoundField]:
            return [self[name] for name in names if name in self.fields]

        asked = _("What is claimed") if self.kind == states.OBJECTION else _("Why it is to be repaired")
        return [
            Section(
                _("Who applies"),
                of("relation", "name", "document_kind", "number", "identity", "phone", "address"),
            ),
            Section(
                asked, of("ground", "dishonesty", "corrected_on", "committed_on", "statement", "wanted", "opened_on")
            ),
        ]


def _paper_name(what: Evidence.What) -> str:
    return f"papers-{what.value}"
