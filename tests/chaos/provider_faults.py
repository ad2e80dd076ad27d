"""The provider breaks for a while, for everybody, beside the one call of ten that always does."""

import asyncio
import urllib.request
from functools import partial

from tests.chaos.havoc import Fault, Havoc

# Seconds: long enough for the breakers to open, and for the site to find it well again.
TROUBLE_FOR = (8.0, 20.0)


async def trouble(havoc: Havoc, fault: str) -> None:
    """Every call ends like this, by a name of `upstream.FAULTS`."""
    await asyncio.to_thread(_set, havoc, fault)
    await asyncio.sleep(havoc.between(TROUBLE_FOR))
    await asyncio.to_thread(_set, havoc, "")


def _set(havoc: Havoc, fault: str) -> None:
    address = f"{havoc.stack.upstream_url}/_trouble?fault={fault}"
    with urllib.request.urlopen(address, data=b"", timeout=20) as response:
        response.read()


FAULTS = [
    Fault("provider busy (429)", partial(trouble, fault="busy"), full=3),
    Fault("provider down", partial(trouble, fault="drop"), full=3),
    Fault("provider half open", partial(trouble, fault="silent"), full=2),
    Fault("provider hanging", partial(trouble, fault="hang"), full=2),
]
