"""Admin of the register of legal documents."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.core.admin_base import BaseAdmin

from ..models import LegalDocument


@admin.register(LegalDocument)
class LegalDocumentAdmin(BaseAdmin):
    asks_reason = True
    list_display = ("title", "number", "issuer", "kind", "effective_from", "effective_to")
    list_filter = ("kind",)
    search_fields = ("title", "number", "issuer", "code")
    prepopulated_fields: dict[str, tuple[str, ...]] = {}
    fieldsets = (
        (None, {"fields": ("title", "number", "issuer", "kind", "code", "url")}),
        (None, {"fields": (("issued_on", "effective_from", "effective_to"),)}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest | None, **kwargs: Any) -> Any:
        if db_field.name == "url":
            # What was typed without a scheme.
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)
