"""The entry form: an item's fields as the catalogue describes them, in sections a clerk finds the way in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.forms.utils import ErrorDict, ErrorList
from django.http import QueryDict
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.catalogue.forms import build_form_fields
from apps.catalogue.shapes import AMOUNT, FieldSpec, ItemSpec
from apps.catalogue.values import unit_name
from apps.core.identifiers.messages import reason_for
from apps.core.terms import SubjectKind
from apps.subjects.matching import Match
from apps.subjects.models import Subject
from apps.subjects.rules import Outcome

from ..content import is_subject
from ..counterparty import Choice
from ..entry import KEEP
from ..models import Record
from ..reading import identifiers_of, mask, stored_value, subject_values

PREFIX: Final = "v"
REMOVE: Final = "remove-"
CHOICE: Final = "choice"
CHOICE_REASON: Final = "choice_reason"
_MAIN: Final = frozenset(
    {"subject_name", "subject_category", "subject_uscc", "subject_document_kind", "subject_document_number"}
)
REPAIRS_SHOWN: Final = 3


@dataclass(frozen=True)
class Section:
    """Fields under a heading; ``folded`` ones are shown when asked for, or when one of them holds something."""

    title: str
    fields: list[forms.BoundField]
    folded: list[forms.BoundField]
    is_subject: bool = False

    @property
    def open(self) -> bool:
        """Whether the folded fields must be seen."""
        return any(field.errors or field.value() for field in self.folded)


@dataclass(frozen=True)
class Option:
    """One way out where code and name do not lead to one subject."""

    value: str
    title: str
    detail: str
    asks_reason: bool = False


class EntryForm(forms.Form):
    """Shows and takes the values of an item's fields. What they are worth, only the actions judge."""

    def __init__(
        self, spec: ItemSpec, *, about_person: bool = False, secrets: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(prefix=PREFIX, error_class=ErrorList, **kwargs)
        self.spec = spec
        self.secrets = secrets or {}
        self.language = (get_language() or "")[:2]
        self.fields = build_form_fields(spec, self.language)
        for each in spec.fields:
            if about_person and is_subject(each):
                del self.fields[each.code]
                continue
            self._dress(each)

    def _dress(self, each: FieldSpec) -> None:
        field = self.fields[each.code]
        # The rule in words is for files; here the widget shows it.
        help_text = each.help_in(self.language)
        field.help_text = escape(help_text)
        if each.type == AMOUNT and not help_text:
            field.help_text = unit_help(each)
        attrs = field.widget.attrs
        if each.role:
            attrs["data-role"] = each.role
        if each.role in {"subject_name", "subject_uscc"} and self.spec.subject_kinds != (SubjectKind.NATURAL_PERSON,):
            attrs |= {"data-lookup": "", "autocomplete": "off", "aria-autocomplete": "list"}
        if each.code in self.secrets:
            attrs["placeholder"] = mask(each, self.secrets[each.code])
            field.required = False
            field.help_text = _("On file, not shown. Leave it empty to keep it.")

    def raw_values(self) -> dict[str, Any]:
        """The values as typed, by field code; KEEP for a confidential one that was left empty."""
        values: dict[str, Any] = {}
        for code, field in self.fields.items():
            name = self.add_prefix(code)
            value = field.widget.value_from_datadict(self.data, self.files, name)
            if code in self.secrets and not value:
                value = "" if self.data.get(f"{REMOVE}{name}") else KEEP
            values[code] = value
        return values

    def refuse(self, wrong: Mapping[str, Iterable[str]]) -> list[str]:
        """Put errors beside their fields; returns those that belong to none."""
        self._errors = ErrorDict()
        others: list[str] = []
        for code, texts in wrong.items():
            if code in self.fields:
                self._errors[code] = self.error_class(list(texts))
            else:
                others += texts
        return others

    def sections(self) -> list[Section]:
        """The fields in three sections: whom it is about, what was decided, by whom."""
        subject: list[forms.BoundField] = []
        folded: list[forms.BoundField] = []
        content: list[forms.BoundField] = []
        offices: list[forms.BoundField] = []
        for each in self.spec.fields:
            if each.code not in self.fields:
                continue
            bound = self[each.code]
            if is_subject(each):
                (subject if each.role in _MAIN else folded).append(bound)
            elif each.code.startswith(("legal_representative", "representative_")):
                folded.append(bound)
            elif each.role.startswith(("authority_", "source_")):
                offices.append(bound)
            else:
                content.append(bound)
        found = [
            Section(_("Whom it is about"), subject, folded, is_subject=True),
            Section(_("What was decided"), content, []),
            Section(_("By whom, reported by whom"), offices, []),
        ]
        return [section for section in found if section.fields or section.folded]


def unit_help(each: FieldSpec) -> str:
    """The unit an amount is entered in."""
    return _("In %(unit)s.") % {"unit": unit_name(each.unit)}


def initial_of(record: Record, spec: ItemSpec) -> dict[str, Any]:
    """The stored values a form of an existing record begins with; confidential ones stay out."""
    known = subject_values(record.subject, identifiers_of([record.subject])[record.subject_id])
    return {
        each.code: stored_value(record, each, known)
        for each in spec.fields
        if not each.confidential and stored_value(record, each, known) is not None
    }


def options_for(match: Match) -> list[Option]:
    """What a person may choose when code and name do not lead to one subject."""
    found = [
        Option(
            f"use:{proposed.subject.pk}",
            proposed.subject.name,
            _("%(code)s, %(why)s") % {"code": proposed.subject.uscc or "–", "why": proposed.text},
        )
        for proposed in match.proposals
    ]
    # Codes that nobody on record bears are guesses: they are worth a look only when there is no better one.
    repaired = any(proposed.repair for proposed in match.proposals)
    near = [] if repaired else match.repairs[:REPAIRS_SHOWN]
    found += [
        Option(f"code:{repair.code}", _("Correct the code to %(code)s") % {"code": repair.code}, reason_for(repair))
        for repair in near
    ]
    if match.outcome == Outcome.NEW:
        found.append(Option("new", _("It is a new subject"), _("Another one of the same name, with its own code.")))
    if match.outcome == Outcome.DAMAGED:
        found.append(
            Option(
                "new",
                _("The code was issued so"),
                _("Enter a new subject under this code although its check character does not fit. Say why."),
                asks_reason=True,
            )
        )
    return found


def read_choice(data: QueryDict, spec: ItemSpec, values: dict[str, Any]) -> Choice:
    """The choice that was posted; a corrected code goes into ``values``. Unknown values choose nothing."""
    kind, _colon, argument = data.get(CHOICE, "").partition(":")
    if kind == "use" and argument.isascii() and argument.isdigit():
        # Only organisations: a person is never taken by a number that anybody could count up.
        return Choice(subject=Subject.objects.organisations().filter(pk=int(argument)).first())
    if kind == "code" and "subject_uscc" in spec.by_role:
        values[spec.by_role["subject_uscc"].code] = argument
    return Choice(register=kind == "new", reason=data.get(CHOICE_REASON, "").strip()[:200])
