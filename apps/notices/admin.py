"""The page of the own notices; webhooks have theirs in admin_webhooks."""

from typing import Any, Final

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from apps.core.admin_base import BaseAdmin
from apps.core.unattended import unattended

from . import admin_webhooks  # noqa: F401
from .kinds import KINDS
from .models import Notice

COUNTED: Final = 99


class UnreadFilter(DropdownFilter):
    """All notices, or those not yet opened."""

    title = _("read")
    parameter_name = "unread"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("unread"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.unread() if self.value() == "1" else queryset


@admin.register(Notice)
class NoticeAdmin(BaseAdmin):
    """What the person was told, newest first. A row leads to the page it is about, and is read then."""

    list_display = ["shown_notice", "created_at", "shown_state"]
    list_display_links = ["shown_notice"]
    list_filter = [UnreadFilter]
    list_filter_submit = True
    change_list_template = "notices/list.html"
    nothing_listed = _("You have no notices.")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).visible_to(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        read_all = self.admin_site.admin_view(require_POST(self.read_all_view))
        unread = self.admin_site.admin_view(self.unread_view)
        return [
            path("read-all/", read_all, name="notices_notice_read_all"),
            path("unread/", unread, name="notices_notice_unread"),
            *super().get_urls(),
        ]

    @display(description=_("notice"))
    def shown_notice(self, obj: Notice) -> str:
        return render_to_string("notices/row.html", {"notice": obj, "kind": KINDS.get(obj.kind)})

    @display(description=_("state"), label={"unread": "primary", "read": "default"})
    def shown_state(self, obj: Notice) -> tuple[str, Any]:
        return ("read", _("read")) if obj.read_at else ("unread", _("unread"))

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """On to what the notice is about; it is read now."""
        notice: Notice = self.visible_or_404(request, object_id)
        self.get_queryset(request).filter(pk=notice.pk).mark_read()
        return HttpResponseRedirect(notice.address or self._url("changelist"))

    @unattended
    def unread_view(self, request: HttpRequest) -> HttpResponse:
        """How many are unread, counted up to COUNTED, for the bell."""
        number = self.get_queryset(request).unread().order_by()[: COUNTED + 1].count()
        text = f"{COUNTED}+" if number > COUNTED else str(number)
        return TemplateResponse(request, "notices/unread.html", {"number": number, "text": text})

    def read_all_view(self, request: HttpRequest) -> HttpResponse:
        """Mark all of the person's notices as read."""
        number = self.get_queryset(request).mark_read()
        messages.success(
            request,
            ngettext("%(number)d notice marked as read.", "%(number)d notices marked as read.", number)
            % {"number": number},
        )
        return HttpResponseRedirect(self._url("changelist"))
