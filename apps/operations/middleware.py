"""Gives each request its id, logs and counts it."""

import logging
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.audit.context import acting

from .logs import address
from .metrics import REQUESTS

HEADER = "X-Request-ID"
logger = logging.getLogger("credit_city.requests")


class RequestMiddleware:
    """Outermost. The id stands in the log, in the history and in the answer, so that a person who reports an error can
    name it; one sent by the client is not believed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        method = request.method if request.method in {"GET", "HEAD", "POST", "OPTIONS"} else "other"
        with acting(request_id=uuid.uuid4().hex) as context:
            response = self.get_response(request)
            seconds = time.perf_counter() - started
            # The path without the query: what people search for is personal data and no matter of a log.
            logger.info("%s %s %s %.0f ms", method, address(request.path), response.status_code, seconds * 1000)
        response[HEADER] = context.request_id
        page = request.resolver_match.view_name if request.resolver_match else "none"
        REQUESTS.labels(page, method, response.status_code).observe(seconds)
        return response
