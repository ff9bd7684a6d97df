"""Admin of information items: fields and providers, what the clerk will see, the blank file, in and out of force."""

import datetime
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.core.admin_base import BaseAdmin
from apps.core.forms import dress
from apps.core.reasons import REASON, reason_field
from apps.core.terms import SubjectKind

from .. import actions
from ..blank import CONTENT_TYPE, blank_file
from ..forms import build_form_fields
from ..models import ColumnMapping, InformationItem, ItemField, ItemProvider
from ..specs import item_spec
from ..usage import in_use
from .plain_text import ConditionField, LinesField

State = InformationItem.State


class ItemFieldForm(forms.ModelForm):
    choices = LinesField(label=_("choices"), help_text=_("The lawful values, one per line. 其他 may carry a note."))
    required_if = ConditionField(
        label=_("required if"),
        help_text=_("Code of another field and the values that count: penalty_kinds: 罚款、其他"),
    )

    class Meta:
        model = ItemField
        fields = "__all__"  # noqa: DJ007 (the inline below names them)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self.fields["required_if"])


class ItemFieldInline(StackedInline):
    """Fields of the item, to be dragged into order. Those that records were entered with cannot be removed."""

    model = ItemField
    form = ItemFieldForm
    extra = 0
    collapsible = True
    ordering_field = "position"
    hide_ordering_field = True
    show_change_link = True
    ordering = ("position", "pk")
    fieldsets = (
        (None, {"fields": (("label", "label_en"), ("code", "required"), ("type", "role"), "required_if")}),
        (None, {"fields": ("help_text", "help_text_en")}),
        (
            None,
            {
                "fields": (
                    "choices",
                    ("max_length", "digits", "decimals"),
                    ("unit", "separator"),
                    ("code_scheme", "kind_field"),
                    ("confidential", "public"),
                    "position",
                )
            },
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj is not None and in_use(obj))


class ItemProviderInline(TabularInline):
    model = ItemProvider
    extra = 0
    tab = True


class ColumnMappingInline(TabularInline):
    """The other editions: shown here, edited on their own page with their columns."""

    model = ColumnMapping
    fields = ("edition", "basis")
    extra = 0
    tab = True
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class InformationItemForm(forms.ModelForm):
    subject_kinds = forms.MultipleChoiceField(
        label=_("kinds of subject"),
        choices=SubjectKind.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = InformationItem
        fields = "__all__"  # noqa: DJ007 (the admin below names them)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.state == State.ACTIVE and cleaned:
            shadow = InformationItem(
                **{name: cleaned.get(name) for name in ("nature", "kind", "retention_months") if name in cleaned}
            )
            for problem in actions.retention_problems(shadow):
                self.add_error("retention_months", str(problem))
        return cleaned


@admin.register(InformationItem)
class InformationItemAdmin(BaseAdmin):
    asks_reason = True
    form = InformationItemForm
    list_display = ("name", "code", "kind", "nature", "disclosure", "state", "retention_months", "basis")
    list_filter = ("state", "kind", "nature", "disclosure")
    list_select_related = ("basis",)
    search_fields = ("name", "name_en", "code")
    ordering = ("position", "code")
    autocomplete_fields = ("basis",)
    readonly_fields = ("state",)
    inlines = (ItemFieldInline, ItemProviderInline, ColumnMappingInline)
    actions_detail = ["preview_item", "activate_item", "retire_item"]
    fieldsets = (
        (None, {"fields": (("name", "name_en"), ("code", "edition", "state"), "kind", "nature", "disclosure")}),
        (None, {"fields": ("basis", "basis_article")}),
        (None, {"fields": ("subject_kinds", "any_provider", "retention_months", "update_cycle", "deadline_rule")}),
        (None, {"fields": ("position", "note", "note_en")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fixed = ("code",) if obj is not None and obj.state != State.DRAFT else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        retired = isinstance(obj, InformationItem) and obj.state == State.RETIRED
        return super().has_change_permission(request, obj) and not retired

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.blank_file_view)
        return [path("<path:object_id>/blank/", view, name="catalogue_informationitem_blank"), *super().get_urls()]

    # What the clerk will see

    @action(description=_("Preview"), url_path="preview", icon="visibility")
    def preview_item(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form as the clerk will see it, to try out: what is typed is judged and saved nowhere."""
        item = self.visible_or_404(request, object_id)
        spec = item_spec(item)
        form = forms.Form(request.POST if request.method == "POST" else None)
        form.fields.update(build_form_fields(spec, get_language() or "zh-hans"))
        if form.is_bound and form.is_valid():
            messages.success(request, _("No field has an error."))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Preview: %(item)s") % {"item": item},
            "opts": self.opts,
            "original": item,
            "spec": spec,
            "form": form,
            "media": self.media + form.media,
            "back": self._url("change", item),
            "blank": self._url("blank", item),
        }
        return TemplateResponse(request, "catalogue/preview.html", context)

    def blank_file_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The blank spreadsheet of the item, to be filled and imported."""
        item = self.visible_or_404(request, object_id)
        response = HttpResponse(blank_file(item_spec(item)), content_type=CONTENT_TYPE)
        name = f"{item.name}-{datetime.date.today():%Y%m%d}.xlsx"
        response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        return response

    # In force and out

    def has_activate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("catalogue.activate_informationitem") and self._stands(
            object_id, State.DRAFT, State.RETIRED
        )

    def has_retire_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("catalogue.retire_informationitem") and self._stands(object_id, State.ACTIVE)

    def _stands(self, object_id: Any, *states: str) -> bool:
        if object_id is None or not str(object_id).isdigit():
            return False
        return InformationItem.objects.filter(pk=object_id, state__in=states).exists()

    @action(
        description=_("Put in force"),
        url_path="activate",
        icon="check_circle",
        permissions=["activate"],
        variant="primary",
    )
    def activate_item(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("From now on departments may report this item.")
        return self._ask(request, object_id, _("Put in force"), text, actions.activate)

    @action(
        description=_("Retire"),
        url_path="retire",
        icon="do_not_disturb_on",
        permissions=["retire"],
        variant=ActionVariant.DANGER,
    )
    def retire_item(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = _("Nothing new is reported under a retired item; what was reported stays as it is.")
        return self._ask(request, object_id, _("Retire"), text, actions.retire, danger=True)

    def _ask(
        self,
        request: HttpRequest,
        object_id: str,
        label: Any,
        description: Any,
        perform: Callable[..., InformationItem],
        *,
        danger: bool = False,
    ) -> HttpResponse:
        """Ask for a reason, then do it; what hinders is shown above the form."""
        item = self.visible_or_404(request, object_id)
        form = forms.Form(request.POST if request.method == "POST" else None)
        form.fields[REASON] = reason_field()
        if form.is_valid():
            try:
                perform(user=request.user, item=item, reason=form.cleaned_data[REASON])
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(request, _("Done: %(action)s.") % {"action": label})
                return HttpResponseRedirect(self._url("change", item))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{label}: {item}",
            "opts": self.opts,
            "original": item,
            "action": {"label": label, "description": description},
            "form": form,
            "media": self.media,
            "danger": danger,
            "back": self._url("change", item),
        }
        return TemplateResponse(request, "departments/action.html", context)
