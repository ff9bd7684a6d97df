"""The row that a page is about: who may see it, that it was seen, and its address."""

from typing import Any

from django.contrib.admin.utils import quote, unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from apps.audit import access


class RowPages(ModelAdmin):
    """Pages about one row, which is as good as not there for whoever may not see it."""

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row that a page is about, None when there is none for this person; the access log hears of it."""
        obj = self.find_object(request, object_id, from_field)
        if obj is not None:
            access.shown(request, obj)
        return obj

    def find_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row with this key among those that the person may see."""
        return super().get_object(request, object_id, from_field)

    def visible_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The row, if this person may see it. Raises Http404, also when the model itself is closed to the person."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None or not self.has_view_or_change_permission(request, obj):
            raise Http404
        return obj

    def _url(self, view: str, obj: Any = None, *arguments: str) -> str:
        """The address of a page of this admin: ``_url("changelist")``, ``_url("history", obj)``.

        ``obj`` may be a history row of the one meant.
        """
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{view}"
        if obj is None:
            return reverse(name)
        return reverse(name, args=[quote(getattr(obj, self.model._meta.pk.attname)), *arguments])
