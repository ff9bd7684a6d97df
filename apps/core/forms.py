"""Forms in the look of the admin theme."""

from typing import Any

from django import forms
from unfold import widgets

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
    """Give a plain form field the theme's widget; a widget of the theme stays as it is."""
    made: Any = _DRESSED.get(type(field.widget))
    if made is not None:
        widget = made(attrs=field.widget.attrs)
        widget.is_required = field.required
        if hasattr(field, "choices"):
            widget.choices = field.choices
        field.widget = widget
    return field
