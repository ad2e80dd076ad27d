"""Results that are computed at night, for pages that would take seconds over a million answers."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from chatsite.quality.models import NightlyResult

# A day and some delay. After that, a page computes the result while it loads.
FRESH_FOR = timedelta(hours=26)
Found = dict[str, Any]
# By their names.
Kept = Mapping[str, NightlyResult]


def keep(name: str, found: Found, now: datetime) -> NightlyResult:
    """In place of what was kept under this name."""
    defaults = {"found": found, "at": now}
    return NightlyResult.objects.update_or_create(name=name, defaults=defaults)[0]


def fresh(now: datetime) -> dict[str, NightlyResult]:
    """The last night's by their names. One query."""
    return {each.name: each for each in NightlyResult.objects.filter(at__gt=now - FRESH_FOR)}


def read(
    name: str,
    work_out: Callable[[datetime], Found],
    now: datetime,
    kept: Kept | None = None,
) -> NightlyResult:
    """The last night's, worked out now where there is none; `kept`: what `fresh` has read."""
    found = fresh(now) if kept is None else kept
    return found.get(name) or keep(name, work_out(now), now)
