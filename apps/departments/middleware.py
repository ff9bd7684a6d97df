"""Puts the acting user and the door into the context of every request; keeps the user's language."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.audit.context import acting

from .models import User


class ActingUserMiddleware:
    """Who acts in this request; the database writes it into each history row."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(user_id=request.user.pk, channel="admin"):
            return self.get_response(request)


class UserLanguageMiddleware:
    """A person finds the pages in the language last chosen, on any machine, after the next login."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = request.user.pk
        response = self.get_response(request)
        user = request.user
        if not isinstance(user, User):
            return response
        chosen = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
        if chosen is not None:
            if chosen.value != user.language and chosen.value in dict(settings.LANGUAGES):
                User.objects.filter(pk=user.pk).update(language=chosen.value)
        elif user.pk != before and user.language:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                user.language,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response
