"""Nothing unrecorded: each call is on the ledger, for no less than the provider bills."""

import asyncio

from billing.models import Hold, LedgerEntry
from tests import waiting
from tests.upstream.server import FAULTS, ONCE

# Nano-dollars per token in and out, as the sample shop's prices have it.
PRICES = {"gpt-3.5-turbo": (500, 1500), "gpt-4": (30_000, 60_000)}
# What ends by itself; a call that hangs is abandoned below.
QUICK = sorted({*ONCE} - {"hang", "overloaded"})


async def test_every_call_is_an_entry_for_no_less_than_its_bill(open_tab, worker, upstream):
    """Failed, retried, broken, filtered, without usage, abandoned: fourteen customers at once."""
    tabs = [await open_tab() for _ in QUICK]
    for name in QUICK:
        FAULTS[name](upstream)
    for tab in tabs:
        await tab.say("Hello?")
    for tab in tabs:
        await tab.answer()
    upstream.hangs(after=2)
    asked = len(upstream.requests)
    await tabs[0].say("And on Sundays?")
    await tabs[0].newest_is("writing")
    await asyncio.to_thread(waiting.until, lambda: len(upstream.requests) > asked, 20)
    await worker.stop(patience=0)

    entries = {entry.reference: entry async for entry in LedgerEntry.objects.all()}

    assert sorted(entries) == sorted(call.reference for call in upstream.requests)
    assert len(entries) > len(QUICK)
    for billed in upstream.bill:
        price_in, price_out = PRICES[billed.model]
        bill = billed.input_tokens * price_in + billed.output_tokens * price_out
        assert entries[billed.reference].amount >= bill, billed
    assert {entry.purpose for entry in entries.values()} == {"answer"}
    assert "abandoned" in {entry.outcome for entry in entries.values()}
    # What is not the provider's own figure is marked.
    for entry in entries.values():
        assert entry.estimated == (entry.input_tokens is None)
    assert not await Hold.objects.aexists()
