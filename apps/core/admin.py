"""Admin of the parameters: the working-day calendar and the dated rules (seals: ``admin_seals``)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.decorators import display

from . import admin_seals as admin_seals
from .admin_base import BaseAdmin
from .enacting import enact, end_predecessor, ended, started
from .models import CalendarDay, CalendarYear, Rule


@admin.register(CalendarYear)
class CalendarYearAdmin(BaseAdmin):
    asks_reason = True
    list_display = ["year", "announced", "source", "updated"]
    list_filter = ["announced"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["year"] if obj else []

    def revertible(self, request: HttpRequest, obj: Any, history_row: Any) -> bool:
        return True


@admin.register(CalendarDay)
class CalendarDayAdmin(BaseAdmin):
    asks_reason = True
    can_delete = True
    list_display = ["date", "shown_kind", "name", "source"]
    list_filter = ["is_working"]
    search_fields = ["name", "source"]
    date_hierarchy = "date"

    @display(description=_("kind of day"), ordering="is_working", label={True: "warning", False: "success"})
    def shown_kind(self, obj: CalendarDay) -> tuple[bool, Any]:
        return obj.is_working, _("worked") if obj.is_working else _("free")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["date"] if obj else []

    def revertible(self, request: HttpRequest, obj: Any, history_row: Any) -> bool:
        return True


class RuleForm(forms.ModelForm):
    """A rule that has begun to hold keeps its content; only its end may still be set, and not in the past."""

    class Meta:
        model = Rule
        exclude: list[str] = []

    def clean_effective_to(self) -> Any:
        value = self.cleaned_data["effective_to"]
        if value and "effective_to" in self.changed_data and value <= timezone.localdate():
            raise forms.ValidationError(_("The end lies in the past: cases already stand on this rule."))
        return value


class NewRuleForm(RuleForm):
    """Checked as if the rule in force had been ended already, for that is what saving does."""

    def clean_effective_to(self) -> Any:
        return self.cleaned_data["effective_to"]

    def _post_clean(self) -> None:
        data = self.cleaned_data
        with transaction.atomic():
            if data.get("key") and data.get("effective_from"):
                end_predecessor(Rule(key=data["key"], effective_from=data["effective_from"]))
            super()._post_clean()  # type: ignore[misc]
            transaction.set_rollback(True)


@admin.register(Rule)
class RuleAdmin(BaseAdmin):
    form = RuleForm
    asks_reason = True
    list_display = ["key", "shown_value", "effective_from", "effective_to", "source", "shown_state"]
    list_filter = ["unit"]
    search_fields = ["key", "source", "note"]
    ordering = ["key", "-effective_from"]
    CONTENT = ("key", "value", "unit", "effective_from")

    @display(description=_("value"))
    def shown_value(self, obj: Rule) -> str:
        if isinstance(obj.value, dict) and {"shortest", "longest"} <= obj.value.keys():
            return f"{obj.value['shortest']}–{obj.value['longest']} {obj.get_unit_display()}"
        if isinstance(obj.value, list):
            return "、".join(map(str, obj.value))
        return str(obj.value) if obj.unit == Rule.Unit.TERM else f"{obj.value} {obj.get_unit_display()}"

    @display(description=_("state"), label={"ended": "default", "in force": "success", "later": "info"})
    def shown_state(self, obj: Rule) -> tuple[str, Any]:
        if ended(obj):
            return "ended", pgettext("rule", "ended")
        return ("in force", _("in force")) if started(obj) else ("later", _("not yet in force"))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewRuleForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            text = _("The rule of the same key that is in force now ends on the day this one begins.")
        elif started(obj):
            text = _(
                "This rule has come into force: cases stand on it, so its content stays. To change the rule, add a"
                " new one of the same key with a later “in force from”."
            )
        else:
            text = _("This rule is not yet in force and may still be changed.")
        fields = ["key", "value", "unit", ("effective_from", "effective_to"), "source", "note"]
        return [
            (None, {"fields": [*fields, *(["reason"] if self.reason_asked(request, obj) else [])], "description": text})
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None or not started(obj):
            return ()
        return (*self.CONTENT, "effective_to") if ended(obj) else self.CONTENT

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            enact(obj)
