"""Forms of the subject pages. They check what is typed by the rules; the actions do the work."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.audit.entries import Purpose
from apps.core.forms import dress
from apps.core.identifiers import clean_code
from apps.core.terms import SubjectKind

from .matching import Match, resolve
from .models import Identifier, PersonalData, Subject
from .rules import OLD_SCHEMES, Outcome

LONG_NUMBER = re.compile(r"[0-9]{11}")
"""No number of a file runs so long; identity and telephone numbers do."""
ORGANISATION_KINDS = [
    (SubjectKind.LEGAL_ENTITY.value, SubjectKind.LEGAL_ENTITY.label),
    (SubjectKind.INDIVIDUAL_BUSINESS.value, SubjectKind.INDIVIDUAL_BUSINESS.label),
]


class DressedForm(forms.Form):
    """A form in the look of the admin."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)


class SubjectAddForm(forms.ModelForm):
    """Entering an organisation: the rules say whether it is on record already, and what may be meant otherwise."""

    kind = forms.ChoiceField(label=_("kind"), choices=ORGANISATION_KINDS)
    uscc = forms.CharField(label=_("unified social credit code"), required=False)

    class Meta:
        model = Subject
        fields = (
            "kind",
            "name",
            "uscc",
            "override_reason",
            "status",
            "organisation_type",
            "registered_on",
            "legal_representative",
            "address",
            "region",
            "industry",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        schemes = dict(Identifier.Scheme.choices)
        for scheme in OLD_SCHEMES:
            self.fields[scheme] = forms.CharField(label=schemes[scheme], max_length=64, required=False)
        for name in ("kind", "uscc", *OLD_SCHEMES):
            if name in self.fields:
                dress(self.fields[name])

    @property
    def old_codes(self) -> dict[str, str]:
        """Scheme -> value, those that were given."""
        return {scheme: value for scheme in OLD_SCHEMES if (value := self.cleaned_data.get(scheme))}

    def clean(self) -> dict[str, Any]:
        super().clean()
        typed = {name: self.cleaned_data.get(name, "") for name in ("name", "uscc", "kind")}
        match = resolve(**typed, old_codes=self.old_codes)
        accepted = match.outcome == Outcome.NEW or (
            match.outcome == Outcome.DAMAGED and bool(self.cleaned_data.get("override_reason"))
        )
        if not accepted and typed["name"] and (typed["uscc"] or self.old_codes):
            raise ValidationError(proposals_text(match), code=match.outcome)
        return self.cleaned_data

    def _post_clean(self) -> None:
        # The action validates; the model's own check would call a code with a typing error unknown to the clerk.
        self.instance.kind = self.cleaned_data.get("kind", "")
        self.instance.name = self.cleaned_data.get("name", "")


def proposals_text(match: Match) -> SafeString:
    """What was found, with links to the subjects that may be meant and the codes that are near."""
    lines: list[Any] = [match.text]
    found = [(match.subject, "")] if match.outcome == Outcome.MATCHED else []
    found += [(one.subject, one.text) for one in match.proposals]
    lines += [
        format_html('<a href="../{}/change/">{} {}</a> {}', subject.pk, subject.name, subject.uscc or "", text)
        for subject, text in found
        if subject is not None
    ]
    on_record = {one.repair.code for one in match.proposals if one.repair}
    near = [repair.code for repair in match.repairs if repair.code not in on_record][:3]
    if near:
        lines.append(_("Valid codes near to it: %(codes)s") % {"codes": ", ".join(near)})
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))


class ReasonedForm(DressedForm):
    """A form that also asks why."""

    reason = forms.CharField(label=_("Reason for the change"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class RenameForm(ReasonedForm):
    name = forms.CharField(label=_("new name"), max_length=200)
    on = forms.DateField(label=_("from the day"), required=False)
    keep_former = forms.BooleanField(
        label=_("keep the old name as a former name"),
        required=False,
        initial=True,
        help_text=_("Not for a typing error: a wrong name was never borne."),
    )
    field_order = ("name", "on", "keep_former", "reason")


class CodeForm(ReasonedForm):
    uscc = forms.CharField(label=_("unified social credit code"), max_length=40)
    override = forms.BooleanField(
        label=_("accept although the check character does not fit"),
        required=False,
        help_text=_("Only for a code that stands so on the certificate; the reason below is kept with the code."),
    )
    field_order = ("uscc", "override", "reason")


class IdentifierForm(DressedForm):
    scheme = forms.ChoiceField(label=_("scheme"), choices=Identifier.Scheme.choices)
    value = forms.CharField(label=pgettext_lazy("identifier", "value"), max_length=64)
    source = forms.CharField(label=pgettext_lazy("identifier", "source"), max_length=100, required=False)


class MergeForm(ReasonedForm):
    remaining = forms.ChoiceField(label=_("remaining subject"), widget=forms.RadioSelect)
    field_order = ("remaining", "reason")


class OtherForm(DressedForm):
    text = forms.CharField(
        label=_("The other subject"),
        max_length=200,
        help_text=_("Its unified social credit code, an old code, or a part of its name."),
    )


class RegisterForm(DressedForm):
    file = forms.FileField(
        label=_("file"), help_text=_("xlsx, xls or csv, with the columns 企业名称 and 统一社会信用代码 at least.")
    )
    dry_run = forms.BooleanField(
        label=_("trial run"), required=False, initial=True, help_text=_("Check and count, change nothing.")
    )


class PurposeForm(DressedForm):
    """Why a person's data is read: a purpose from the list and, where there is one, the number of the matter."""

    purpose = forms.ChoiceField(label=_("purpose"), choices=[("", "---------"), *Purpose.choices])
    matter = forms.CharField(
        label=_("matter"),
        max_length=60,
        required=False,
        help_text=_("Number of the file or letter, if there is one. Kept in the access log; name no person here."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_matter(self) -> str:
        """The number of a file has digits, which a name has not, and fewer than an identity or telephone number."""
        matter: str = self.cleaned_data["matter"].strip()
        text = clean_code(matter).text
        if text and (LONG_NUMBER.search(text) or not any(map(str.isdigit, text))):
            raise ValidationError(
                _("“%(value)s” is no number of a file or letter. Leave it empty if there is none.") % {"value": matter}
            )
        return matter


class DocumentForm(DressedForm):
    """The exact document of a person."""

    document_kind = forms.ChoiceField(label=_("kind of document"), choices=PersonalData.DocumentKind.choices)
    number = forms.CharField(
        label=pgettext_lazy("identity", "document number"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PersonSearchForm(PurposeForm, DocumentForm):
    """Find a person, for a purpose."""

    field_order = ("document_kind", "number", "purpose", "matter")
