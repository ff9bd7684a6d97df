"""What stands between a login and the work: a password of one's own, a second factor; and the life of the session."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from . import logging_in

_PASSWORD: Final = "admin:password_change"
_FACTOR: Final = "admin:account-enrol"
# What remains open to somebody with a duty, by duty.
_OPEN: Final = {
    _PASSWORD: frozenset({_PASSWORD}),
    _FACTOR: frozenset({_FACTOR, "admin:account-add-app", "admin:account-add-passkey", "admin:account-confirm"}),
}
_ALWAYS_OPEN: Final = frozenset({"admin:login", "admin:second-factor", "admin:logout", "admin:jsi18n", "set_language"})


def duty(request: HttpRequest) -> str:
    """The name of the page that this person has to see before any other, "" when there is none."""
    if logging_in.password_due(request):
        return _PASSWORD
    return "" if logging_in.has_shown_factor(request) else _FACTOR


class AccountMiddleware:
    """Leads people with a duty to its page, and notes that the others are at work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        if not getattr(view, "unattended", False):
            request.session.touch()
        page = duty(request)
        if not page or request.resolver_match.view_name in _OPEN[page] | _ALWAYS_OPEN:
            return None if not page or self._may_go_on(request, page) else self._out(request)
        return HttpResponseRedirect(reverse(page))

    def _may_go_on(self, request: Any, page: str) -> bool:
        # Who has a factor shows it at the login; this session began when none was asked for.
        return page != _FACTOR or not request.user.factors.exists()

    def _out(self, request: Any) -> HttpResponse:
        logout(request)
        return HttpResponseRedirect(reverse("admin:login"))
