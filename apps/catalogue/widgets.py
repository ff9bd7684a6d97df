"""Widgets of catalogue fields that the theme has none for; they work without any script."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from .shapes import OTHER
from .values import base_of


class ChoiceWithNote(forms.MultiWidget):
    """One choice, and beside it the note that 其他 may carry. Works on the texts of storage: ``其他-note``."""

    template_name = "catalogue/widgets/choice_with_note.html"

    def __init__(self, choices: list[tuple[str, str]], attrs: dict[str, Any] | None = None) -> None:
        note = UnfoldAdminTextInputWidget({"placeholder": _("Note to 其他"), "aria-label": _("Note to 其他")})
        super().__init__({"choice": UnfoldAdminSelectWidget(choices=choices), "note": note}, attrs)

    def use_required_attribute(self, initial: Any) -> bool:
        return False  # it would fall on the note as well

    def decompress(self, value: Any) -> list[Any]:
        text = str(value or "")
        base = base_of(text)
        return [base, text[len(base) + 1 :]]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        choice, note = super().value_from_datadict(data, files, name)
        return with_note(choice or "", note or "")


class ChoicesWithNote(forms.MultiWidget):
    """Several choices as boxes to tick, and the note that 其他 may carry. Works on the list of storage."""

    template_name = "catalogue/widgets/choice_with_note.html"

    def __init__(self, choices: list[tuple[str, str]], attrs: dict[str, Any] | None = None) -> None:
        note = UnfoldAdminTextInputWidget({"placeholder": _("Note to 其他"), "aria-label": _("Note to 其他")})
        super().__init__({"choice": UnfoldAdminCheckboxSelectMultipleWidget(choices=choices), "note": note}, attrs)

    def use_required_attribute(self, initial: Any) -> bool:
        return False  # it would ask for every box

    def decompress(self, value: Any) -> list[Any]:
        chosen = list(value or [])
        noted = next((one for one in chosen if base_of(one) != one), "")
        return [[base_of(one) for one in chosen], noted[len(OTHER) + 1 :]]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        chosen, note = super().value_from_datadict(data, files, name)
        return [with_note(one, note or "") for one in chosen or []]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        # A list is one value here, not one per part.
        return super().get_context(name, self.decompress(value) if isinstance(value, list) else value, attrs)


def with_note(choice: str, note: str) -> str:
    """The choice with its note; only 其他 carries one."""
    return f"{choice}-{note.strip()}" if choice == OTHER and note.strip() else choice
