"""What load balancers and monitoring ask for, past the proxy or through it."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chatsite.operations import prometheus_metrics, readiness


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """This process is alive. Nothing else is checked, because a restart would not help."""
    return HttpResponse("alive\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """503 while an answer could not be written."""
    found = readiness.look()
    said = {"database": found.database, "redis": found.redis, "worker": found.worker}
    return JsonResponse(said, status=200 if found.is_ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Behind METRICS_TOKEN, as a bearer's; without one there is no such page."""
    given = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        answer = HttpResponse("A token is needed.\n", status=401, content_type="text/plain")
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    return HttpResponse(
        prometheus_metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8"
    )
