"""What every template may say about the site."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from billing.alerts.models import Alert
from chatsite.provider import succession
from chatsite.provider.succession import Notice

# Open alerts on top of every page of the admin; the list has the rest.
SHOWN_ALERTS = 3


def site(request: HttpRequest) -> dict[str, object]:
    return {
        "site_name": settings.SITE_NAME,
        "demo_model": settings.DEMO_MODEL,
        # Looked up where a template asks for it.
        "open_alerts": partial(_open_alerts, request),
        "successions": partial(_successions, request),
        "unread_models": partial(_unread_models, request),
    }


def _open_alerts(request: HttpRequest) -> list[Alert]:
    may_see = request.user.has_perm("alerts.view_alert")
    return list(Alert.objects.open()[:SHOWN_ALERTS]) if may_see else []


def _successions(request: HttpRequest) -> list[Notice]:
    may_see = request.user.has_perm("provider.view_providermodel")
    return succession.notices(timezone.now()) if may_see else []


def _unread_models(request: HttpRequest) -> str:
    may_see = request.user.has_perm("provider.view_providermodel")
    return succession.unread() if may_see else ""
