"""Filters of the list of subjects."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .admin_forms import ORGANISATION_KINDS
from .models import Region

HOME = "4101"
"""The city whose counties the filter offers."""


class KindFilter(SimpleListFilter):
    """Kinds that are listed: persons are not."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, Any]]:
        return list(ORGANISATION_KINDS)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(kind=self.value()) if self.value() in dict(self.lookup_choices) else queryset


class RegionFilter(SimpleListFilter):
    """The counties of the city, each with the streets below it."""

    title = _("region")
    parameter_name = "county"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[Any, Any]]:
        return list(Region.objects.filter(parent=HOME).values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        code = self.value()
        return queryset.filter(region__code__startswith=code) if code in dict(self.lookup_choices) else queryset
