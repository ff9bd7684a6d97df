"""Who may log in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

from apps.departments.scope import opened_pages


class Backend(ModelBackend):
    """Django's own; demo accounts and superusers only where demo mode is on.

    A login refused although the password was right leaves the ground in ``request.login_refused`` ("inactive",
    "demo" or "superuser"): the page names it to nobody but the one who knows the password.
    """

    # Django makes a new backend for each login.
    refused: Any = None

    def user_can_authenticate(self, user: Any) -> bool:
        allowed = super().user_can_authenticate(user) and (settings.DEMO or not (user.is_demo or user.is_superuser))
        if not allowed:
            self.refused = user
        return allowed

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is None and self.refused is not None and request is not None:
            request.login_refused = self._ground(self.refused)
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> Any:
        """What opens pages: read together with the grants, which every request needs anyway."""
        if obj is not None or not user_obj.is_active or user_obj.is_anonymous or user_obj.is_superuser:
            return super().get_all_permissions(user_obj, obj)
        return opened_pages(user_obj)

    @staticmethod
    def _ground(user: Any) -> str:
        if not user.is_active:
            return "inactive"
        return "demo" if user.is_demo else "superuser"
