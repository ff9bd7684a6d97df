"""Row actions in the admin: buttons on the change page, a page for what an action asks, bulk from the list."""

from collections import Counter
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from unfold.enums import ActionVariant

from apps.core.admin_base import BaseAdmin
from apps.core.forms import dress
from apps.core.reasons import REASON, reason_field

from .actions import Action, NotVisible, StateConflict

CONFIRMED = "do-confirmed"
SEEN = "seen"


def action_form(action: Action, data: Any = None, files: Any = None) -> forms.Form:
    """The form with what the action asks for, and its reason when it demands one."""
    fields = {name: dress(make()) for name, make in action.inputs.items()}
    if action.asks_reason:
        fields[REASON] = reason_field()
    made: Any = type("ActionForm", (forms.Form,), fields)
    return made(data, files, prefix="do")


def asks(action: Action) -> bool:
    """Whether the action must ask anything before it starts."""
    return bool(action.inputs) or action.asks_reason


class RowActionsMixin(BaseAdmin):
    """``row_actions`` as buttons, as pages ``<pk>/do/<name>/`` and, where ``bulk``, from the list.

    Whether a person may, and whether the row's state allows it, only the Action decides.
    """

    row_actions: tuple[Action, ...] = ()
    bulk_limit = 1000

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        view = self.admin_site.admin_view(self.do_view)
        return [path("<path:object_id>/do/<slug:name>/", view, name=name), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        response = super().change_view(request, object_id, form_url, extra_context)
        obj = getattr(response, "context_data", None) and response.context_data.get("original")
        if obj is not None:
            response.context_data["row_actions"] = self.row_action_buttons(request, obj)
        return response

    def row_action_buttons(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        """What the change page needs to draw the buttons of the actions this person may do now."""
        return [
            {
                "title": action.label,
                "hint": action.description,
                "icon": action.icon,
                "variant": ActionVariant(action.variant),
                "path": self._url("do", obj, action.name) + _seen(obj),
                "asks": asks(action),
            }
            for action in self.row_actions
            if action.allowed(request.user, obj)
        ]

    def do_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """GET asks, POST does. A foreign row or an unknown action is a 404; a refusal is told on the row's own page."""
        action = next((each for each in self.row_actions if each.name == name), None)
        if action is None:
            raise Http404
        obj = self.visible_or_404(request, object_id)
        posted = request.method == "POST"
        form = action_form(action, request.POST if posted else None, request.FILES if posted else None)
        if posted and (form.is_valid() if asks(action) else True):
            inputs = dict(form.cleaned_data) if asks(action) else {}
            reason = inputs.pop(REASON, "")
            label = str(obj)
            try:
                done = action(user=request.user, obj=obj, reason=reason, seen=_was_seen(request), **inputs)
            except NotVisible:
                raise Http404 from None
            except (StateConflict, PermissionDenied) as error:
                return self._refused(request, obj, str(error))
            except ValidationError as error:
                if not asks(action):
                    return self._refused(request, obj, _("; ").join(error.messages))
                _add_errors(form, error)
            else:
                messages.success(
                    request, _("Done: %(action)s – %(object)s") % {"action": action.label, "object": label}
                )
                return self.after_action(request, action, done)
        # Nor is it asked of whoever may not do it: the choices themselves may tell something.
        if why_not := action.why_not(request.user, obj):
            return self._refused(request, obj, str(why_not))
        context = {
            **self.admin_site.each_context(request),
            "title": _("%(action)s: %(object)s") % {"action": action.label, "object": obj},
            "opts": self.opts,
            "original": obj,
            "action": action,
            "form": form,
            "media": self.media + form.media,
            "danger": action.variant == "danger",
            "back": self._url("change", obj),
        }
        return TemplateResponse(request, "departments/action.html", context)

    def after_action(self, request: HttpRequest, action: Action, obj: Any) -> HttpResponse:
        """Where to go when it is done: the row's page, or the list when the row can no longer be seen."""
        if self.get_queryset(request).filter(pk=obj.pk).exists():
            return HttpResponseRedirect(self._url("change", obj))
        return HttpResponseRedirect(self._url("changelist"))

    def _refused(self, request: HttpRequest, obj: Any, text: str) -> HttpResponse:
        messages.error(request, text)
        return HttpResponseRedirect(self._url("change", obj))

    # From the list

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        for action in self.row_actions:
            if action.bulk and action.offered_to(request.user):
                actions[action.name] = (_bulk(action), action.name, action.label)
        return actions

    def do_bulk(self, request: HttpRequest, queryset: Any, action: Action) -> HttpResponse | None:
        """Each chosen row goes through the action by itself; the answer tells how many were done and why others not."""
        keys = list(queryset.order_by("pk").values_list("pk", flat=True)[: self.bulk_limit + 1])
        if len(keys) > self.bulk_limit:
            messages.error(
                request,
                _("At most %(limit)d rows at once: please narrow the list with the filters.")
                % {"limit": self.bulk_limit},
            )
            return None
        confirmed = CONFIRMED in request.POST
        form = action_form(action, request.POST if confirmed else None, request.FILES if confirmed else None)
        if asks(action) and not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "title": _("%(action)s: %(number)d rows") % {"action": action.label, "number": len(keys)},
                "opts": self.opts,
                "action": action,
                "form": form,
                "media": self.media + form.media,
                "danger": action.variant == "danger",
                "bulk_name": action.name,
                "bulk_keys": keys,
                "key_name": ACTION_CHECKBOX_NAME,
                "confirmed_name": CONFIRMED,
                "back": request.get_full_path(),
            }
            return TemplateResponse(request, "departments/action.html", context)
        inputs = dict(form.cleaned_data) if asks(action) else {}
        reason = inputs.pop(REASON, "")
        done, refused = 0, Counter[str]()
        for obj in queryset.filter(pk__in=keys):
            try:
                action(user=request.user, obj=obj, reason=reason, **inputs)
                done += 1
            except NotVisible:
                refused[_("The row is no longer there.")] += 1
            except (StateConflict, PermissionDenied) as error:
                refused[str(error)] += 1
            except ValidationError as error:
                refused[_("; ").join(error.messages)] += 1
        self._tell_bulk(request, action, done, refused)
        return None

    def _tell_bulk(self, request: HttpRequest, action: Action, done: int, refused: Counter[str]) -> None:
        numbers = {"action": action.label, "done": done, "refused": refused.total()}
        if not refused:
            messages.success(request, _("%(action)s: %(done)d done.") % numbers)
            return
        reasons = _("; ").join(f"{Truncator(text).chars(200)} ×{number}" for text, number in refused.most_common(5))
        messages.warning(
            request, _("%(action)s: %(done)d done, %(refused)d refused: %(reasons)s") % {**numbers, "reasons": reasons}
        )


def _seen(obj: Any) -> str:
    """What of the address says which version of the row the button was drawn for."""
    return f"?{SEEN}={obj.version}" if hasattr(obj, "version") else ""


def _was_seen(request: HttpRequest) -> int | None:
    text = request.GET.get(SEEN, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _bulk(action: Action) -> Any:
    def run(model_admin: RowActionsMixin, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        return model_admin.do_bulk(request, queryset, action)

    return run


def _add_errors(form: forms.Form, error: ValidationError) -> None:
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
