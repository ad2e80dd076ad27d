"""Alerts to a web address, signed as Standard Webhooks says, so that receivers find a library.

webhook-signature: v1,<base64 of HMAC-SHA256 of "id.timestamp.body">
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

import httpx2

from billing.alerts.errors import NotDelivered

# Seconds, of connecting and of each read and write. The answer's body is not read.
TIMEOUT = 10.0


def post(url: str, secret: str, identity: str, body: bytes, now: datetime) -> str:
    """Send it once, following no redirect; returns the status in words. Raises NotDelivered."""
    try:
        with (
            httpx2.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST", url, content=body, headers=headers(secret, identity, body, now)
            ) as response,
        ):
            status = response.status_code
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        # The class alone: the text may repeat the address, which may hold a token.
        raise NotDelivered(type(error).__name__) from error
    if not 200 <= status < 300:
        raise NotDelivered(f"status {status}")
    return f"status {status}"


def headers(secret: str, identity: str, body: bytes, now: datetime) -> Mapping[str, str]:
    timestamp = str(int(now.timestamp()))
    signed = hmac.digest(_key(secret), f"{identity}.{timestamp}.".encode() + body, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "webhook-id": identity,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def _key(secret: str) -> bytes:
    """`whsec_` is followed by base64; any other secret is taken as it stands."""
    prefix, _, encoded = secret.partition("whsec_")
    return base64.b64decode(encoded) if not prefix and encoded else secret.encode()
