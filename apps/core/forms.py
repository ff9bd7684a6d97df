"""Forms in the look of the admin theme."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from unfold import widgets


def possible_keys(field: models.Field, keys: Iterable[Any]) -> list[Any]:
    """Those of ``keys``, as they came with a request, that can be values of ``field`` at all."""

    def possible(key: Any) -> bool:
        try:
            field.to_python(key)
        except ValidationError:
            return False
        return key not in field.empty_values

    return [key for key in keys if possible(key)]


class AutocompleteWidget(AutocompleteSelect):
    """Looks up the chosen row for display; what cannot be a key is left to the form field, which refuses it."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        target = self.field.remote_field.get_related_field()
        return super().optgroups(name, possible_keys(target, value), attr)


_DRESSED: dict[type[forms.Widget], type[forms.Widget]] = {
    forms.TextInput: widgets.UnfoldAdminTextInputWidget,
    forms.EmailInput: widgets.UnfoldAdminEmailInputWidget,
    forms.NumberInput: widgets.UnfoldAdminIntegerFieldWidget,
    forms.Textarea: widgets.UnfoldAdminTextareaWidget,
    forms.Select: widgets.UnfoldAdminSelectWidget,
    forms.DateInput: widgets.UnfoldAdminSingleDateWidget,
    forms.CheckboxInput: widgets.UnfoldBooleanWidget,
    forms.ClearableFileInput: widgets.UnfoldAdminFileFieldWidget,
    forms.FileInput: widgets.UnfoldAdminFileFieldWidget,
}


def dress(field: forms.Field) -> forms.Field:
    """Give a plain form field the theme's widget, and its label a capital as labels of models have; a widget of the
    theme stays as it is."""
    field.label = capfirst(field.label)
    made: Any = _DRESSED.get(type(field.widget))
    if made is not None:
        widget = made(attrs=field.widget.attrs)
        widget.is_required = field.required
        if hasattr(field, "choices"):
            widget.choices = field.choices
        field.widget = widget
    return field
