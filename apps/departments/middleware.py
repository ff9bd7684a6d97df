"""Puts the acting user, the door and a request id into the context of every request."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.audit.context import acting


class ActingUserMiddleware:
    """Who acts in this request; the database writes it into each history row."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(user_id=request.user.pk, channel="admin", request_id=uuid.uuid4().hex):
            return self.get_response(request)
