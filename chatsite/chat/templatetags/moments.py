"""Moments for customers, in their language."""

from datetime import datetime, timedelta

from django import template
from django.utils import formats, timezone

register = template.Library()
# From then on, a weekday alone could be the wrong week's.
FAR = timedelta(days=6)


@register.filter
def back_at(moment: str) -> str:
    """“Monday 09:00”, or with a date beyond a week, of an ISO moment in the team's time zone."""
    at = datetime.fromisoformat(moment)
    return formats.date_format(at, "j F, H:i" if at - timezone.now() > FAR else "l H:i")
