"""Does every request in the context of the person who sent it; keeps the person's language."""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse

from .models import User
from .scope import acting_as


class ActingUserMiddleware:
    """Who acts in this request, and which rows the person's grants open."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting_as(request.user, channel="admin"):
            return self.get_response(request)

    def process_template_response(
        self, request: HttpRequest, response: SimpleTemplateResponse
    ) -> SimpleTemplateResponse:
        """Fill in the template now: the view's transaction is over, and outside of one no row is open."""
        with transaction.atomic(savepoint=False):
            return response.render()


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
