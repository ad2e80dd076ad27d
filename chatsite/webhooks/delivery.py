"""Events are posted, signed, and tried again with growing pauses until they arrive."""

import asyncio
import json
import logging
from datetime import datetime, timedelta
from time import monotonic

import aiohttp
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from billing.alerts import raise_alerts, webhook
from billing.alerts.errors import NotDelivered
from billing.alerts.models import Alert
from billing.alerts.rules import Finding
from chatsite.runtime.outbound.outbound_dns import NotPublic, PublicNames
from chatsite.webhooks import addresses
from chatsite.webhooks.models import Endpoint, Event, EventDelivery, Kind

logger = logging.getLogger(__name__)

State = EventDelivery.State

# Seconds of one try.
TIMEOUT = 10.0
# Of one endpoint in one round, the seconds that a round may take, and for how long no other one
# touches the endpoint.
PER_ROUND, ROUND, EVENT_LEASE = 100, 60.0, timedelta(minutes=2)
# After the first failure; then twice the pause each time, up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=6)
# After which an endpoint that nothing arrives at is switched off, and a delivery is given up.
DEAD_AFTER = timedelta(days=3)
EVENTS_KEPT_FOR = timedelta(days=30)
TOLD_BY_SETTINGS = [Kind.ASKED, Kind.ESCALATED]


def deliver(now: datetime) -> int:
    """Try what is due; returns how many have arrived. Safe to run twice at once."""
    of_settings()
    ready = Endpoint.objects.filter(is_on=True).filter(
        Q(paused_until=None) | Q(paused_until__lte=now)
    )
    return sum(_told(endpoint, now) for endpoint in ready)


def of_settings() -> None:
    """TEAM_WEBHOOK_URL is an endpoint like any other, which the environment describes."""
    kept = Endpoint.objects.filter(is_from_settings=True).first()
    url, secret = settings.TEAM_WEBHOOK_URL, settings.TEAM_WEBHOOK_SECRET
    if not url:
        if kept:
            kept.delete()
    elif kept is None or (kept.url, kept.secret) != (url, secret):
        Endpoint.objects.update_or_create(
            is_from_settings=True,
            defaults={
                "name": "TEAM_WEBHOOK_URL",
                "url": url,
                "secret": secret,
                "kinds": TOLD_BY_SETTINGS,
                "is_on": True,
            },
        )


def forget(now: datetime) -> None:
    """Events that happened long ago, with what became of them."""
    Event.objects.filter(happened_at__lt=now - EVENTS_KEPT_FOR).delete()


def _told(endpoint: Endpoint, now: datetime) -> int:
    """Until one does not arrive: the others wait for the end of the pause.

    By one worker's thread at a time: a slow endpoint would otherwise hold them all.
    """
    due = endpoint.deliveries.filter(state=State.DUE, due_at__lte=now)
    unclaimed = Endpoint.objects.filter(pk=endpoint.pk, paused_until=endpoint.paused_until)
    if not due.exists() or not unclaimed.update(paused_until=now + EVENT_LEASE):
        return 0
    began, arrived = monotonic(), 0
    for delivery in due.select_related("event").order_by("due_at", "id")[:PER_ROUND]:
        mine = EventDelivery.objects.filter(pk=delivery.pk, tries=delivery.tries, state=State.DUE)
        mine.update(tries=F("tries") + 1, due_at=now + EVENT_LEASE)
        delivery.tries += 1
        if not _tried(endpoint, delivery, now):
            return arrived
        arrived += 1
        if monotonic() - began > ROUND:
            break
    Endpoint.objects.filter(pk=endpoint.pk).update(paused_until=None)
    return arrived


def _tried(endpoint: Endpoint, delivery: EventDelivery, now: datetime) -> bool:
    """Whether it has arrived by this try."""
    mine = EventDelivery.objects.filter(pk=delivery.pk, tries=delivery.tries)
    try:
        result = _send(endpoint, delivery.event)
    except NotDelivered as error:
        logger.warning("%s, try %d: %s", delivery, delivery.tries, error)
        is_old = now - delivery.event.happened_at > DEAD_AFTER
        mine.update(
            state=State.GIVEN_UP if is_old else State.DUE,
            due_at=now + _pause(delivery.tries),
            tried_at=now,
            result=str(error)[:200],
        )
        _has_failed(endpoint, str(error), now)
        return False
    mine.update(state=State.SENT, tried_at=now, result=result)
    if endpoint.failing_since:
        endpoint.failing_since = endpoint.paused_until = None
        endpoint.failures = 0
        endpoint.save(update_fields=["failing_since", "paused_until", "failures"])
    return True


def _has_failed(endpoint: Endpoint, why: str, now: datetime) -> None:
    """Leave it alone for a while; for good where nothing has arrived for days."""
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.failures += 1
    endpoint.paused_until = now + _pause(endpoint.failures)
    if now - endpoint.failing_since > DEAD_AFTER:
        endpoint.is_on = False
        endpoint.why_off = f"Nothing arrived for {DEAD_AFTER.days} days: {why}"[:200]
        endpoint.deliveries.filter(state=State.DUE).update(state=State.GIVEN_UP)
        text = f"The webhook {endpoint} was switched off. {endpoint.why_off}."
        finding = Finding(Alert.Rule.WEBHOOK, endpoint.name, text[:300], window=now.isoformat())
        raise_alerts.tell(finding, now)
        logger.warning("%s", text)
    endpoint.save(update_fields=["failing_since", "failures", "paused_until", "is_on", "why_off"])


def _pause(failures: int) -> timedelta:
    return min(FIRST_PAUSE * (1 << min(failures - 1, 20)), LONGEST_PAUSE)


def _send(endpoint: Endpoint, event: Event) -> str:
    """Raises NotDelivered."""
    content = {
        "id": event.identity,
        "event": event.kind,
        "at": timezone.localtime(event.happened_at).isoformat(timespec="milliseconds"),
        **event.content,
    }
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = webhook.headers(endpoint.secret, event.identity, body, timezone.now())
    trusted = endpoint.is_from_settings
    if not trusted and (problem := addresses.problem(endpoint.url)):
        raise NotDelivered(problem)
    may_be_private = trusted or addresses.may_be_private(endpoint.url)
    status = asyncio.run(_posted(endpoint.url, body, dict(headers), may_be_private))
    if not 200 <= status < 300:
        raise NotDelivered(f"status {status}")
    return f"status {status}"


async def _posted(url: str, body: bytes, headers: dict[str, str], may_be_private: bool) -> int:
    """The status; no redirect is followed and no answer read. Raises NotDelivered."""
    resolver = None if may_be_private else PublicNames()
    try:
        async with (
            asyncio.timeout(TIMEOUT),
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, force_close=True),
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            return response.status
    except NotPublic as error:
        raise NotDelivered("This address is not on the internet") from error
    except TimeoutError as error:
        raise NotDelivered(f"no answer within {TIMEOUT:.0f} s") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # The class alone: the text may repeat the address, which may hold a token.
        raise NotDelivered(type(error).__name__) from error
