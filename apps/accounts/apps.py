from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from apps.departments.terms import Act
        from apps.departments.two_persons import WORK, Work

        from . import actions, checks  # noqa: F401

        WORK[Act.RESET_FACTORS] = Work(actions.check_reset, actions.do_reset, as_platform=True)

        user_logged_in.connect(_mark_session, dispatch_uid="accounts.mark_session")
        user_logged_out.connect(_record_logout, dispatch_uid="accounts.record_logout")


def _mark_session(request: Any, **kwargs: Any) -> None:
    request.session.begin(request)


def _record_logout(request: Any, user: Any, **kwargs: Any) -> None:
    from .events import record
    from .terms import EventKind

    if user is not None:
        record(EventKind.LOGOUT, user, request)
