"""Leads to the question for the purpose where a page of a person needs an answer to it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from .purposes import PurposeMissing, asking_page


class PurposeMiddleware:
    """A page that stopped because nobody said why the person is looked at is taken up again after the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Runs outside the request's transaction, which is rolled back by then: nothing was done."""
        if not isinstance(exception, PurposeMissing):
            return None
        return HttpResponseRedirect(asking_page(exception.subject_id, request.get_full_path()))
