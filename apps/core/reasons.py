"""Asking why something is changed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.audit.context import acting

REASON = "reason"


def reason_field() -> forms.CharField:
    """The field that asks why; what is written there goes into the history."""
    return forms.CharField(
        label=gettext_lazy("Reason for the change"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("Kept in the history, for all who may see it."),
    )


class ReasonForm(forms.Form):
    """Asks for nothing but the reason."""

    reason = reason_field()


def because(form: Any) -> Any:
    """The context of a change whose reason, if any was asked for, stands in the form."""
    reason = getattr(form, "cleaned_data", {}).get(REASON)
    return acting(reason=reason) if reason else acting()
