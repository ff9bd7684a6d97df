"""The admin site of the platform: the theme's, with our own login, second factor and account pages."""

from functools import partial
from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):
    """All pages that need no model, under the namespace ``admin`` like the rest."""

    # Each failure is counted at once and for good, whatever becomes of the request.
    @transaction.non_atomic_requests
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        from .views import LoginView

        return LoginView.as_view()(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        from .views_account import ChangePasswordView

        return ChangePasswordView.as_view()(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """All pages by application: in the context of every page, and shown by hardly one."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))

    def extra_urls(self) -> list[URLPattern]:
        """The pages of the own account, for everybody who is logged in, and the second step of the login."""
        from . import views, views_account

        pages = [
            ("", views_account.overview, "account"),
            ("confirm/", views_account.confirm, "account-confirm"),
            ("enrol/", views_account.enrol, "account-enrol"),
            ("authenticator-app/", views_account.add_app, "account-add-app"),
            ("passkey/", views_account.add_passkey, "account-add-passkey"),
            ("factors/<int:pk>/remove/", views_account.remove_factor, "account-remove-factor"),
            ("recovery-codes/", views_account.new_codes, "account-new-codes"),
            ("sessions/end/", views_account.end_sessions, "account-end-sessions"),
            ("notices/dismiss/", views_account.dismiss_notices, "account-dismiss-notices"),
        ]
        return [
            path("login/second-factor/", views.second_factor, name="second-factor"),
            *(path(f"account/{route}", self.admin_view(view), name=name) for route, view, name in pages),
        ]


class SiteConfig(AdminConfig):
    """Stands in INSTALLED_APPS for ``django.contrib.admin``."""

    default_site = "apps.accounts.site.Site"
