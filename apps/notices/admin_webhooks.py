"""Admin of webhooks and of the messages sent to them."""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.departments.actions import Action
from apps.departments.admin_actions import RowActionsMixin

from .actions import NEW_SECRET, SEND_AGAIN, SEND_TEST
from .events import EVENTS, title_of
from .models import Delivery, Webhook


def _choices() -> list[tuple[str, Any]]:
    return [(event.name, format_html("{} ({})", event.title, event.name)) for event in EVENTS.values()]


class WebhookForm(forms.ModelForm):
    """The events are chosen among those that the apps announce."""

    events = forms.MultipleChoiceField(
        label=capfirst(_("events")), choices=_choices, widget=UnfoldAdminCheckboxSelectMultipleWidget, required=True
    )

    class Meta:
        model = Webhook
        fields = ("name", "address", "events", "is_active")


@admin.register(Webhook)
class WebhookAdmin(RowActionsMixin):
    """Receivers outside. Nothing is deleted: one that is not wanted any more is switched off."""

    form = WebhookForm
    asks_reason = True
    asks_reason_on_add = True
    row_actions = (SEND_TEST, NEW_SECRET)
    list_display = ["name", "address", "shown_state", "created_at"]
    search_fields = ["name", "address"]
    readonly_fields = ["failing_since", "old_until", "shown_messages"]
    fieldsets = [(None, {"fields": ["name", "address", "events", "is_active"]})]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return [*fieldsets, (_("State"), {"fields": self.readonly_fields})] if obj else fieldsets

    @display(description=_("state"), label={"active": "success", "failing": "danger", "off": "default"})
    def shown_state(self, obj: Webhook) -> tuple[str, Any]:
        if not obj.is_active:
            return "off", _("switched off")
        return ("failing", _("failing")) if obj.failing_since else ("active", _("active"))

    @display(description=_("messages"))
    def shown_messages(self, obj: Webhook) -> str:
        address = f"{reverse('admin:notices_delivery_changelist')}?webhook__id__exact={obj.pk}"
        return format_html('<a class="cc-link" href="{}">{}</a>', address, _("Messages to this webhook"))

    def save_model(self, request: Any, obj: Webhook, form: Any, change: bool) -> None:
        if not change:
            request.webhook_secret = obj.renew_secret()
        super().save_model(request, obj, form, change)

    def response_add(self, request: Any, obj: Webhook, post_url_continue: Any = None) -> HttpResponse:
        return self._show_secret(request, obj, request.webhook_secret)

    def after_action(self, request: HttpRequest, action: Action, obj: Any) -> HttpResponse:
        if action is NEW_SECRET:
            return self._show_secret(request, obj, obj.shown_secret)
        if action is SEND_TEST:
            return HttpResponseRedirect(f"{reverse('admin:notices_delivery_changelist')}?webhook__id__exact={obj.pk}")
        return super().after_action(request, action, obj)

    def _show_secret(self, request: HttpRequest, obj: Webhook, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Secret of the webhook: %(name)s") % {"name": obj},
            "opts": self.opts,
            "original": obj,
            "secret": secret,
            "back": self._url("change", obj),
        }
        return TemplateResponse(request, "notices/secret.html", context)


@admin.register(Delivery)
class DeliveryAdmin(RowActionsMixin):
    """What was sent to webhooks, or is to be."""

    row_actions = (SEND_AGAIN,)
    list_display = ["created_at", "webhook", "shown_event", "shown_state", "attempts", "next_try", "shown_outcome"]
    list_filter = [("state", ChoicesDropdownFilter), ("webhook", RelatedDropdownFilter)]
    list_filter_submit = True
    list_select_related = ["webhook"]
    fieldsets = [
        (None, {"fields": ["webhook", "shown_event", "event_id", "shown_payload", "created_at"]}),
        (_("State"), {"fields": ["state", "attempts", "tried_at", "next_try", "shown_outcome"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _title, options in self.fieldsets for name in options["fields"]]

    @display(description=_("event"), ordering="event")
    def shown_event(self, obj: Delivery) -> Any:
        return title_of(obj.event)

    @display(
        description=_("state"),
        ordering="state",
        label={"waiting": "info", "failed": "warning", "delivered": "success", "given-up": "danger"},
    )
    def shown_state(self, obj: Delivery) -> tuple[str, str]:
        return obj.state, obj.get_state_display()

    @display(description=_("answer of the receiver"))
    def shown_outcome(self, obj: Delivery) -> str:
        told = [obj.get_failure_display(), f"HTTP {obj.status}" if obj.status else ""]
        return gettext("; ").join(each for each in told if each) or "–"

    @display(description=_("content"))
    def shown_payload(self, obj: Delivery) -> str:
        return format_html("<pre>{}</pre>", json.dumps(obj.payload, ensure_ascii=False, indent=2))
