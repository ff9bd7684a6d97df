"""Admin of logins: accounts with their one-time passwords and factors, locks, and the log of logins."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from apps.core.admin_base import BaseAdmin
from apps.core.filters import DaysFilter
from apps.core.reasons import REASON, ReasonForm
from apps.departments.admin_people import UserAdmin
from apps.departments.admin_two_persons import see_proposal
from apps.departments.models import User
from apps.departments.terms import Act
from apps.departments.two_persons import propose

from . import actions, passwords, sessions
from .models import LoginEvent, LoginLock


class AsksWhy(BaseAdmin):
    """A page that asks for a reason and then does one thing to a row."""

    def ask_why(
        self,
        request: HttpRequest,
        obj: Any,
        label: Any,
        explanation: Any,
        do: Callable[[str], HttpResponse],
        *,
        back: str = "",
    ) -> HttpResponse:
        """GET and a POST without a reason show the page; ``do(reason)`` answers a POST with one."""
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            return do(form.cleaned_data[REASON])
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("%(action)s: %(object)s") % {"action": label, "object": obj},
            "opts": self.opts,
            "original": obj,
            "action": {"label": label, "description": explanation},
            "form": form,
            "media": self.media + form.media,
            "danger": True,
            "back": back or self._url("change", obj),
        }
        return TemplateResponse(request, "departments/action.html", context)


class NewAccountForm(forms.ModelForm):
    """A new account; its first password is made by the platform."""

    class Meta:
        model = User
        fields = ("username", "name", "department", "phone", "email")


@admin.register(User)
class AccountAdmin(AsksWhy, UserAdmin):  # type: ignore[misc]
    """Accounts, with what belongs to logging in."""

    add_form = NewAccountForm
    add_fieldsets = [(None, {"fields": ["username", "name", "department", "phone", "email"]})]
    actions_detail = ["issue_password", "reset_factors", "end_sessions"]
    readonly_fields = [*UserAdmin.readonly_fields, "shown_password", "shown_factors", "shown_sessions"]
    fieldsets = [
        *UserAdmin.fieldsets,
        (_("Login"), {"fields": ["shown_password", "shown_factors", "shown_sessions"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        # Django's own page lets one choose the password of another.
        return [each for each in super().get_urls() if each.name != "auth_user_password_change"]

    @display(description=_("password"))
    def shown_password(self, obj: User) -> Any:
        last = obj.passwords_used.first()
        if last is None:
            return "–"
        if passwords.has_lapsed(obj):
            return _("one-time password, lapsed")
        if last.initial:
            return _("one-time password, not yet used")
        return _("set on %(day)s") % {"day": f"{last.set_at:%Y-%m-%d}"}

    @display(description=_("second factors"))
    def shown_factors(self, obj: User) -> str:
        return gettext("; ").join(str(factor.get_kind_display()) for factor in obj.factors.all()) or "–"

    @display(description=_("open sessions"))
    def shown_sessions(self, obj: User) -> int:
        number: int = sessions.live(obj).count()
        return number

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if not change:
            request.one_time_password = passwords.one_time_password()
            obj.set_password(request.one_time_password)
        super().save_model(request, obj, form, change)

    def response_add(self, request: Any, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return self._tell_password(request, obj, request.one_time_password)

    def _tell_password(self, request: HttpRequest, obj: User, password: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("One-time password: %(person)s") % {"person": obj},
            "opts": self.opts,
            "original": obj,
            "password": password,
            "back": self._url("change", obj),
        }
        response = TemplateResponse(request, "accounts/one_time_password.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    def has_reset_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        obj = self.get_object(request, object_id) if object_id else None
        return obj is not None and actions.may_reset(request.user, obj)

    def has_end_sessions_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)

    @action(description=_("One-time password"), permissions=["reset"], url_path="password", icon="password")
    def issue_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        obj = self._resettable(request, object_id)

        def do(reason: str) -> HttpResponse:
            return self._tell_password(
                request, obj, actions.issue_password(user=request.user, target=obj, reason=reason)
            )

        text = _(
            "The person gets a password for one login and then chooses another. All sessions of the person end. "
            "Make sure that it is really this person who asks."
        )
        return self.ask_why(request, obj, _("One-time password"), text, do)

    @action(description=_("Reset second factors"), permissions=["reset"], url_path="factors", icon="phonelink_erase")
    def reset_factors(self, request: HttpRequest, object_id: str) -> HttpResponse:
        obj = self._resettable(request, object_id)

        def do(reason: str) -> HttpResponse:
            try:
                change = propose(user=request.user, act=Act.RESET_FACTORS, person=obj, reason=reason)
            except ValidationError as error:
                messages.error(request, gettext("; ").join(error.messages))
                return HttpResponseRedirect(self._url("change", obj))
            messages.success(request, _("Proposed: a security administrator confirms it."))
            return see_proposal(change)

        text = _(
            "Once a security administrator has confirmed it, apps, passkeys and recovery codes of the person are worth "
            "nothing, and all sessions end. Make sure that it is really this person who asks."
        )
        return self.ask_why(request, obj, _("Reset second factors"), text, do)

    @action(description=_("End sessions"), permissions=["end_sessions"], url_path="end-sessions", icon="logout")
    def end_sessions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        obj = self.visible_or_404(request, object_id)

        def do(reason: str) -> HttpResponse:
            number = actions.end_sessions(user=request.user, target=obj, reason=reason)
            messages.success(request, _("Ended sessions: %(number)d") % {"number": number})
            return HttpResponseRedirect(self._url("change", obj))

        return self.ask_why(request, obj, _("End sessions"), _("The person has to log in again everywhere."), do)

    def _resettable(self, request: HttpRequest, object_id: str) -> User:
        obj: User = self.visible_or_404(request, object_id)
        if not actions.may_reset(request.user, obj):
            raise PermissionDenied
        return obj


class ReadOnlyAdmin(BaseAdmin):
    """Rows that the platform writes: to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LoginLock)
class LoginLockAdmin(AsksWhy, ReadOnlyAdmin):
    """Who has to wait after failed attempts, and letting them try again."""

    list_display = ["shown_who", "scope", "address", "failures", "last_at", "until"]
    list_filter = [("scope", ChoicesDropdownFilter)]
    list_filter_submit = True
    list_select_related = ["user"]
    search_fields = ["user__username", "user__name"]
    search_help_text = _("User name or full name")
    fields = ["shown_who", "scope", "address", "failures", "last_at", "until"]
    actions_detail = ["unlock"]
    actions_row = ["unlock"]

    @display(description=_("who"))
    def shown_who(self, obj: LoginLock) -> str:
        return str(obj)

    def has_unlock_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("accounts.change_loginlock")

    @action(description=_("Unlock"), permissions=["unlock"], url_path="unlock", icon="lock_open")
    def unlock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None or not self.has_unlock_permission(request):
            raise Http404

        def do(reason: str) -> HttpResponse:
            actions.unlock(user=request.user, lock=obj, reason=reason)
            messages.success(request, _("Unlocked: %(who)s") % {"who": obj})
            return HttpResponseRedirect(self._url("changelist"))

        text = _("The next attempt is possible at once, and failures are counted from the beginning.")
        return self.ask_why(request, obj, _("Unlock"), text, do, back=self._url("changelist"))


@admin.register(LoginEvent)
class LoginEventAdmin(ReadOnlyAdmin):
    """The log of logins, for the audit administrator."""

    list_display = ["at", "kind", "user", "address", "shown_device", "detail", "by", "reason"]
    list_filter = [("kind", ChoicesDropdownFilter), ("at", DaysFilter)]
    list_filter_submit = True
    list_select_related = ["user", "by"]
    search_fields = ["user__username", "user__name", "address"]
    search_help_text = _("User name, full name or address")
    fields = ["at", "kind", "user", "address", "agent", "detail", "by", "reason", "channel", "request_id"]

    @display(description=_("device"))
    def shown_device(self, obj: LoginEvent) -> Any:
        return obj.device
