"""For the page of an alert about a policy: the version to return to."""

from django import template

from billing.alerts.models import Alert
from chatsite.routing_mistakes import failed_proposals
from routing.models import Policy

register = template.Library()


@register.simple_tag
def way_back(alert: Alert) -> Policy | None:
    """None where the alert is about something else, or that version's settings are in force."""
    if alert.rule != Alert.Rule.POLICY:
        return None
    version = failed_proposals.before(alert)
    in_force = Policy.objects.in_force().first()
    return version if version and in_force and version.changes_from(in_force) else None
