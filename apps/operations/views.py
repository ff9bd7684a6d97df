"""Addresses for machines that watch over the platform."""

import secrets

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.defaults import bad_request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from apps.audit.context import current

from . import health, metrics


@require_safe
@never_cache
@transaction.non_atomic_requests
def alive(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
@transaction.non_atomic_requests
def ready(request: HttpRequest) -> HttpResponse:
    """200 when pages can be served, else 503; tells which part is well and no more."""
    serves, parts = health.report()
    return JsonResponse(
        {name: "ok" if well else "failing" for name, well in parts.items()}, status=200 if serves else 503
    )


@require_safe
@never_cache
@transaction.non_atomic_requests
def numbers(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics for who shows ``METRICS_TOKEN``; for all others, and without one, the page does not exist."""
    token = settings.METRICS_TOKEN
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not secrets.compare_digest(shown.encode(), token.encode()):
        raise Http404
    return HttpResponse(generate_latest(metrics.registry()), content_type=CONTENT_TYPE_LATEST)


def not_understood(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What a person sees of a request that is at fault; one sent to an unknown host says nothing wrong but the host."""
    return bad_request(request, exception, "unknown_host.html" if isinstance(exception, DisallowedHost) else "400.html")


def failed(request: HttpRequest) -> HttpResponse:
    """What a person sees of an error of ours: that nothing was changed, and the request's id to report it by."""
    # Without the request: what else pages show may be what failed.
    return HttpResponse(render_to_string("500.html", {"request_id": current().request_id}), status=500)
