"""Form fields that let a person write lists, pairs and conditions as plain lines instead of JSON."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from ..shapes import RequiredIf


class LinesField(forms.CharField):
    """A list of texts, one per line."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 4}))
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        lines = value if isinstance(value, list) else str(value or "").splitlines()
        return list(dict.fromkeys(line.strip() for line in lines if line.strip()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


class PairsField(forms.CharField):
    """A mapping of texts, one pair per line: ``1 = 撤销``."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 4}))
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{key} = {text}" for key, text in value.items()) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> dict[str, str]:  # type: ignore[override]
        if isinstance(value, dict):
            return value
        pairs = {}
        for line in str(value or "").splitlines():
            if not line.strip():
                continue
            key, sign, text = line.partition("=")
            if not sign or not key.strip() or not text.strip():
                raise ValidationError(_("“%(line)s” is no pair. Write “value = meaning”."), params={"line": line})
            pairs[key.strip()] = text.strip()
        return pairs

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class ConditionField(forms.CharField):
    """A condition as one line: ``penalty_kinds: 罚款、没收违法所得``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return f"{value.get('field', '')}: {'、'.join(map(str, value.get('contains', [])))}"
        return value

    def to_python(self, value: Any) -> dict[str, Any] | None:  # type: ignore[override]
        if not value or isinstance(value, dict):
            return value or None
        field, _sign, values = str(value).replace("：", ":").partition(":")
        contains = [one.strip() for one in values.split("、") if one.strip()]
        condition = {"field": field.strip(), "contains": contains}
        try:
            RequiredIf.read(condition)
        except ValueError:
            contains = []
        if not contains or not field.strip():
            raise ValidationError(_("Write the code of a field, a colon and its values: penalty_kinds: 罚款、其他."))
        return condition

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True
