"""The pages of logging in: password, then second factor."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import LoginView as DjangoLoginView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from . import logging_in, passkeys
from .clients import keep_mark
from .forms import LoginForm, SecondFactorForm
from .terms import FactorKind


class LoginView(DjangoLoginView):
    """User name and password, on the page of the admin theme."""

    authentication_form = LoginForm
    template_name = "admin/login.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if admin.site.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if user.factors.exists():
            logging_in.wait_for_factor(self.request, user, self.get_success_url())
            return HttpResponseRedirect(reverse("admin:second-factor"))
        logging_in.finish(self.request, user, "")
        return keep_mark(self.request, HttpResponseRedirect(self.get_success_url()))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {
            **context,
            **admin.site.each_context(self.request),
            "title": _("Log in"),
            "app_path": self.request.get_full_path(),
        }


@transaction.non_atomic_requests
@sensitive_post_parameters()
@csrf_protect
@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """What a person has, after what a person knows. Without a right password shortly before: back to the login."""
    found = logging_in.waiting(request)
    if found is None:
        return HttpResponseRedirect(reverse("admin:login"))
    user, next_page = found
    form = SecondFactorForm(request, user, request.POST or None)
    if form.is_valid():
        logging_in.finish(request, user, form.factor)
        return keep_mark(request, HttpResponseRedirect(next_page))
    context = {
        **admin.site.each_context(request),
        "title": _("Second factor"),
        "form": form,
        "has_app": user.factors.filter(kind=FactorKind.APP).exists(),
        "passkey_options": passkeys.ask(request, user),
    }
    return TemplateResponse(request, "accounts/second_factor.html", context)
