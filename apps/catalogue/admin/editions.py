"""Admin of the other editions of an item's file, and the read-only pages that carry the history of their rows."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.core.admin_base import BaseAdmin

from ..models import ColumnMapping, ItemField, ItemProvider, MappedColumn
from .plain_text import PairsField


class MappedColumnForm(forms.ModelForm):
    values = PairsField(
        label=_("values"),
        help_text=_("One per line: 1 = 撤销. Empty: the values read as they are."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    class Meta:
        model = MappedColumn
        fields = ("header", "field", "values")


class MappedColumnInline(TabularInline):
    model = MappedColumn
    form = MappedColumnForm
    extra = 0

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("field")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        self.mapping = obj
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "field":
            item = self.mapping.item_id if self.mapping else None
            kwargs["queryset"] = ItemField.objects.filter(item=item).order_by("position")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ColumnMappingForm(forms.ModelForm):
    defaults = PairsField(
        label=_("defaults"),
        help_text=_(
            "One per line, code of the field = text. {department.name}, {department.uscc} and {subject.category} stand "
            "for the reporting department and the category that the code tells."
        ),
    )

    class Meta:
        model = ColumnMapping
        fields = ("item", "edition", "basis", "defaults")


@admin.register(ColumnMapping)
class ColumnMappingAdmin(BaseAdmin):
    """Another edition: first the edition itself, then, once it is saved, its columns."""

    asks_reason = True
    can_delete = True
    form = ColumnMappingForm
    list_display = ("item", "edition", "basis")
    list_filter = ("item",)
    list_select_related = ("item", "basis")
    search_fields = ("edition", "item__name", "item__code")
    autocomplete_fields = ("basis",)
    inlines = (MappedColumnInline,)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("item",) if obj else ()


class PartAdmin(BaseAdmin):
    """A row that is edited with its item: its own page shows it and its history, and changes nothing."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ItemField)
class ItemFieldAdmin(PartAdmin):
    list_display = ("label", "code", "type", "role", "required", "item")
    list_filter = ("item", "type")
    list_select_related = ("item",)
    search_fields = ("label", "label_en", "code")


@admin.register(ItemProvider)
class ItemProviderAdmin(PartAdmin):
    list_display = ("item", "department")
    list_filter = ("item",)
    list_select_related = ("item", "department")


@admin.register(MappedColumn)
class MappedColumnAdmin(PartAdmin):
    list_display = ("header", "field", "mapping")
    list_select_related = ("mapping__item", "field")
    search_fields = ("header",)
