"""Writes who read what before the answer goes out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import access


class AccessLogMiddleware:
    """One entry for an answer that shows logged rows. It stands inside the middleware that says who acts.

    The page is rendered by then, in a transaction that may have been rolled back: what counts is what was shown. An
    entry that cannot be written is an error, and the page is not sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        access.write(request, response.status_code)
        return response
