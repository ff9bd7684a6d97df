"""From an item's fields to form fields, and from stored values to lines to read.

Every form field judges by the same rules as the import (``rules.parse_value``), so ``clean`` gives the parsed value: a
date, a Decimal in yuan, a list of texts. What holds between fields is judged by ``rules.check_row``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.masking import mask_identity

from . import errors, rules, shapes
from .shapes import FieldSpec, ItemSpec
from .widgets import ChoicesWithNote, ChoiceWithNote
from .wording import rule_of

LONG_TEXT = 200
"""From this length on a text is entered in an area, not in a line."""


class Entered(str):
    """What a person typed, to be shown again as it was typed."""

    __slots__ = ()


class RuleField(forms.Field):
    """A form field that judges by the rules of its spec.

    ``prepare_value`` takes a stored value and shows its edge form; ``clean`` gives the parsed value or raises
    ValidationError with the rule's stable code.
    """

    def __init__(self, spec: FieldSpec, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = spec

    def bound_data(self, data: Any, initial: Any) -> Any:
        return Entered(data) if isinstance(data, str) else data

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Entered) or self.spec.type in {shapes.CHOICE, shapes.CHOICES}:
            return value
        return rules.to_edge(self.spec, value)

    def clean(self, value: Any) -> Any:
        parsed = rules.parse_value(self.spec, value)
        if parsed.error:
            raise ValidationError(parsed.error.text, code=parsed.error.code)
        if parsed.value is None and self.required:
            error = rules.FieldError(errors.REQUIRED, {"label": self.label or self.spec.label})
            raise ValidationError(error.text, code=error.code)
        return parsed.value

    def has_changed(self, initial: Any, data: Any) -> bool:
        parsed = rules.parse_value(self.spec, data)
        return parsed.error is not None or parsed.value != rules.from_storage(self.spec, initial or None)


def build_form_fields(spec: ItemSpec, language: str = "zh-hans") -> dict[str, forms.Field]:
    """The form fields of an item by field code, in order, labelled in ``language``; their help text states the rule."""
    return {each.code: build_form_field(each, spec, language) for each in spec.fields}


def build_form_field(spec: FieldSpec, item: ItemSpec, language: str = "zh-hans") -> RuleField:
    """One form field. Fields with a condition carry it as ``data-required-if`` attributes, for a script to show it."""
    widget = _widget(spec)
    if spec.required_if:
        widget.attrs["data-required-if-field"] = spec.required_if.field
        widget.attrs["data-required-if-values"] = "|".join(spec.required_if.contains)
    return RuleField(
        spec,
        required=spec.required,
        label=spec.label_in(language),
        # The admin shows help texts as HTML, so what an administrator wrote there is escaped here.
        help_text=escape(" ".join(rule_of(spec, item, language))),
        widget=widget,
    )


def _widget(spec: FieldSpec) -> forms.Widget:
    choices = [(choice, choice) for choice in spec.choices]
    match spec.type:
        case shapes.DATE:
            return UnfoldAdminSingleDateWidget(attrs={"placeholder": "2026/01/05", "autocomplete": "off"})
        case shapes.AMOUNT:
            return UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"})
        case shapes.CHOICE if shapes.OTHER in spec.choices:
            return ChoiceWithNote([("", "---------"), *choices])
        case shapes.CHOICE:
            return UnfoldAdminSelectWidget(choices=[("", "---------"), *choices])
        case shapes.CHOICES:
            return ChoicesWithNote(choices)
        case shapes.BOOLEAN:
            return UnfoldAdminSelectWidget(choices=[("", "---------"), ("是", _("yes")), ("否", _("no"))])
        case shapes.CODE:
            return UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
        case _ if spec.max_length is None or spec.max_length > LONG_TEXT:
            return UnfoldAdminTextareaWidget(attrs={"rows": 3})
    return UnfoldAdminTextInputWidget()


def display_rows(
    spec: ItemSpec,
    stored: Mapping[str, Any],
    language: str = "zh-hans",
    *,
    mask: Callable[[str], str] = mask_identity,
    only_public: bool = False,
) -> list[tuple[str, str]]:
    """Stored values as (label, text) in the order of the fields, empty ones left out.

    Confidential values go through ``mask``; one that is not a text (still encrypted) shows as stars. ``only_public``
    leaves out what is not for the public, confidential fields always among it.
    """
    rows = []
    for each in spec.fields:
        if only_public and (each.confidential or not each.public):
            continue
        value = stored.get(each.code)
        if each.confidential and value not in (None, ""):
            text = mask(value) if isinstance(value, str) else "****"
        else:
            text = rules.to_display(each, value)
        if text:
            rows.append((each.label_in(language), text))
    return rows
