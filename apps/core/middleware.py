"""Answers requests that hold what no database column can keep."""

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request


class UnstorableTextMiddleware:
    """A NUL character that no form has refused before it reached the database is the request's fault, not ours.

    Forms tell it beside the field; filters, keys in addresses and saved queries are no forms.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Runs outside the request's transaction, which is rolled back by then."""
        if isinstance(exception, DataError) and ("NUL (0x00)" in str(exception) or "\\u0000" in str(exception)):
            return bad_request(request, exception)
        return None
