"""Admin of departments, people, roles and grants."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin  # noqa: F401  (registers Group)
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from . import saved_filters
from .models import SavedFilter

# Groups are made from role presets (Role groups), never by hand.
admin.site.unregister(Group)


@admin.register(SavedFilter)
class SavedFilterAdmin(ModelAdmin):
    """No pages: only the two addresses that the bar above a list posts to."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("save/", view(require_POST(self.save)), name="departments_savedfilter_save"),
            path("<int:pk>/remove/", view(require_POST(self.remove)), name="departments_savedfilter_remove"),
        ]

    def save(self, request: HttpRequest) -> HttpResponse:
        return saved_filters.save(request, self.admin_site)

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        return saved_filters.remove(request, self.admin_site, pk)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
