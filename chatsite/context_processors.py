"""What every template may say about the site."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from billing.alerts.models import Alert
from chatsite.provider.model_choice import successors
from chatsite.provider.model_choice.successors import Banner
from chatsite.shop import current_shop
from routing.models import Policy

# Open alerts on top of every page of the admin; the list has the rest, and the quiet ones.
SHOWN_ALERTS = 3


def site(request: HttpRequest) -> dict[str, object]:
    shop = current_shop.shop()
    return {
        "shop": shop,
        "site_name": shop.name,
        "demo_model": settings.DEMO_MODEL,
        # Looked up where a template asks for it.
        "open_alerts": partial(_open_alerts, request),
        "models_banner": partial(models_banner, request),
    }


def _open_alerts(request: HttpRequest) -> list[Alert]:
    may_see = request.user.has_perm("alerts.view_alert")
    return list(Alert.objects.pressing()[:SHOWN_ALERTS]) if may_see else []


def models_banner(request: HttpRequest, in_force: Policy | None = None) -> Banner | None:
    """None where it is not for them; `in_force` where a page has read the policy already."""
    may_see = request.user.has_perm("provider.view_providermodel")
    return successors.banner(timezone.now(), in_force) if may_see else None
