"""The pages of the own account, open to everybody who is logged in: password, factors, codes, sessions, events."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from unfold.forms import AdminOwnPasswordChangeForm

from . import authenticator_apps, logging_in, passkeys, recovery_codes, sessions
from .authenticator_apps import SealedSecret
from .events import record
from .forms import AppForm, ConfirmForm, PasskeyForm
from .middleware import duty
from .models import Factor
from .terms import EventKind

EVENTS_SHOWN = 20
_NEW_APP = "new_app"

View = Callable[..., HttpResponse]


def after_proof(view: View) -> View:
    """A page that asks for the password again when that was given more than ten minutes ago."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if logging_in.has_proved(request):
            return view(request, *args, **kwargs)
        back = request.path if request.method == "GET" else reverse("admin:account")
        return HttpResponseRedirect(f"{reverse('admin:account-confirm')}?{urlencode({'next': back})}")

    return guarded


def _page(request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
    # Who still has a duty to fulfil cannot go anywhere else: a page without the sidebar does not offer it.
    layout = "accounts/bare.html" if duty(request) else "admin/base_site.html"
    return TemplateResponse(
        request,
        f"accounts/{template}.html",
        {**admin.site.each_context(request), "title": title, "layout": layout, **context},
    )


def overview(request: Any) -> HttpResponse:
    """All about the own account on one page."""
    user = request.user
    last = user.passwords_used.first()
    context = {
        "password_set_at": last.set_at if last else None,
        "password_days": settings.PASSWORD_DAYS,
        "factors": user.factors.all(),
        "factor_required": settings.SECOND_FACTOR_REQUIRED,
        "codes_left": recovery_codes.left(user),
        "codes_few": recovery_codes.FEW,
        "sessions": [
            {"row": row, "handle": sessions.handle(row.pk), "own": row.pk == request.session.session_key}
            for row in sessions.live(user)
        ],
        "events": user.login_events.select_related("by")[:EVENTS_SHOWN],
        "passkeys_possible": passkeys.possible(request),
    }
    return _page(request, "overview", _("My account"), **context)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ChangePasswordView(auth_views.PasswordChangeView):
    """A new password. Every other session of the person ends; this one goes on."""

    form_class = AdminOwnPasswordChangeForm

    def form_valid(self, form: Any) -> HttpResponse:
        form.save()
        # The database has ended all sessions; this one begins anew.
        update_session_auth_hash(self.request, form.user)
        logging_in.password_is_new(self.request)
        record(EventKind.PASSWORD_CHANGED, form.user, self.request)
        messages.success(self.request, _("The password is changed. All your other sessions have ended."))
        return HttpResponseRedirect(reverse("admin:account"))

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        due = logging_in.password_due(self.request)
        return _page(
            self.request,
            "change_password",
            _("Change password"),
            form=context["form"],
            why=_why_new_password(due),
        )


@transaction.non_atomic_requests
def confirm(request: HttpRequest) -> HttpResponse:
    """The password again, then on to where the person wanted to go."""
    next_page = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(next_page, allowed_hosts=None):
        next_page = reverse("admin:account")
    form = ConfirmForm(request, request.POST or None)
    if form.is_valid():
        logging_in.prove(request)
        return HttpResponseRedirect(next_page)
    return _page(request, "confirm", _("Confirm that it is you"), form=form)


def enrol(request: Any) -> HttpResponse:
    """Which second factor a person without one wants to have."""
    if request.user.factors.exists():
        return HttpResponseRedirect(reverse("admin:account"))
    return _page(request, "enrol", _("Set up the second factor"), passkeys_possible=passkeys.possible(request))


@after_proof
def add_app(request: Any) -> HttpResponse:
    """Show the secret of an authenticator app, and take it when the app shows the right code."""
    user = request.user
    secret = _secret_under_way(request)
    form = AppForm(request.POST or None)
    if form.is_valid():
        factor = authenticator_apps.add(user, secret, form.cleaned_data["code"], form.cleaned_data["name"])
        if factor is not None:
            del request.session[_NEW_APP]
            return _factor_added(request, factor)
        form.add_error("code", _("The code is wrong. Are the clocks of both devices right?"))
    context = {
        "form": form,
        "picture": authenticator_apps.picture(user, secret),
        "secret": authenticator_apps.secret_text(user, secret),
    }
    return _page(request, "add_app", _("Add an authenticator app"), **context)


def _secret_under_way(request: Any) -> SealedSecret:
    """The secret that this page showed before, so that a wrong code does not make a new picture; else a new one."""
    kept = request.session.get(_NEW_APP)
    if kept and request.method == "POST":
        return SealedSecret(*map(bytes.fromhex, kept))
    secret = authenticator_apps.new_secret(request.user)
    request.session[_NEW_APP] = [part.hex() for part in secret]
    return secret


@after_proof
def add_passkey(request: Any) -> HttpResponse:
    """Have the browser make a passkey."""
    if not passkeys.possible(request):
        raise Http404
    form = PasskeyForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        factor = passkeys.add(request, request.user, data["passkey"], data["name"])
        if factor is not None:
            return _factor_added(request, factor)
        form.add_error(None, _("The browser’s answer does not fit. Please try again."))
    context = {"form": form, "passkey_options": passkeys.ask_to_add(request, request.user)}
    return _page(request, "add_passkey", _("Add a passkey"), **context)


def _factor_added(request: Any, factor: Factor) -> HttpResponse:
    """On to the first recovery codes, or back to the overview."""
    logging_in.factor_proved(request, factor.kind)
    record(EventKind.FACTOR_ADDED, request.user, request, detail=factor.kind)
    messages.success(request, _("Added: %(factor)s") % {"factor": factor})
    if recovery_codes.left(request.user):
        return HttpResponseRedirect(reverse("admin:account"))
    return _show_new_codes(request)


@require_POST
@after_proof
def remove_factor(request: Any, pk: int) -> HttpResponse:
    """Remove one of the own factors; not the last one, where a second factor is asked for."""
    factor = get_object_or_404(request.user.factors.select_for_update(), pk=pk)
    if settings.SECOND_FACTOR_REQUIRED and request.user.factors.count() == 1:
        messages.error(request, _("This is your only second factor. Add another one first."))
    else:
        record(EventKind.FACTOR_REMOVED, request.user, request, detail=factor.kind)
        factor.delete()
        if not request.user.factors.exists():
            request.user.recovery_codes.all().delete()
        messages.success(request, _("Removed: %(factor)s") % {"factor": factor})
    return HttpResponseRedirect(reverse("admin:account"))


@require_POST
@after_proof
def new_codes(request: Any) -> HttpResponse:
    """Ten new recovery codes instead of the old ones."""
    if not request.user.factors.exists():
        raise Http404
    record(EventKind.CODES_MADE, request.user, request)
    return _show_new_codes(request)


def _show_new_codes(request: Any) -> HttpResponse:
    codes = recovery_codes.make(request.user)
    response = _page(request, "codes", _("Recovery codes"), codes=codes)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def end_sessions(request: Any) -> HttpResponse:
    """End the session of the handle posted, or all others."""
    wanted = request.POST.get("session")
    ended = sessions.end(request.user, keep=request.session.session_key, only=wanted or None)
    if ended:
        record(EventKind.SESSION_ENDED, request.user, request, detail=str(ended))
    messages.success(request, _("Ended sessions: %(number)d") % {"number": ended})
    return HttpResponseRedirect(reverse("admin:account"))


@require_POST
def dismiss_notices(request: Any) -> HttpResponse:
    """The person has taken note of what happened to the account."""
    request.user.login_notices.all().delete()
    return HttpResponseRedirect(reverse("admin:index"))


def _why_new_password(due: str) -> str:
    """The duty in words; "" when there is none."""
    return {
        "initial": _("Somebody else chose your password. Choose one that only you know."),
        "old": _("Your password is older than %(days)d days. Choose a new one.") % {"days": settings.PASSWORD_DAYS},
    }.get(due, "")
