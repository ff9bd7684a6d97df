"""Who may log in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend


class Backend(ModelBackend):
    """Django's own, and demo accounts only where demo mode is on.

    A login refused although the password was right leaves the ground in ``request.login_refused`` ("inactive" or
    "demo"): the page names it to nobody but the one who knows the password.
    """

    # Django makes a new backend for each login.
    refused: Any = None

    def user_can_authenticate(self, user: Any) -> bool:
        allowed = super().user_can_authenticate(user) and (settings.DEMO or not user.is_demo)
        if not allowed:
            self.refused = user
        return allowed

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> Any:
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is None and self.refused is not None and request is not None:
            request.login_refused = "demo" if self.refused.is_active else "inactive"
        return user
