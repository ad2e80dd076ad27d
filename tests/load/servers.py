"""What each server of the protocol is asked, shown and charged: one line for each of the table's.

    python -m tests.load.servers

The streams of `tests.llm.servers`, each sent by a real server on loopback to `llm.stream`. Cents
are those of gpt-3.5-turbo ($0.50 and $1.50 per million tokens), as the ledger has them: what the
provider says, what is counted here, or what was reserved where nobody knows.
"""

import asyncio
import os

import django
from django.conf import settings

from billing import tokens
from billing.prices import pricing
from billing.prices.pricing import Estimate, Rate, Usage
from tests.llm.asking import KEY, PATIENT, QUESTION
from tests.llm.servers import STREAMS, Stream
from tests.tables import show
from tests.upstream.server import Upstream

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup()

# Models can be imported from here on.
from chatsite import llm  # noqa: E402
from chatsite.answering.calls.paid_call import UNBILLED  # noqa: E402
from chatsite.llm import Delta, Finished, Retracted, UpstreamError, parameters  # noqa: E402

LIMIT = 200  # tokens of an answer
CENT = 10_000_000  # nano-dollars
RATE = Rate(500_000_000, 250_000_000, 500_000_000, 1_500_000_000)


async def row(case: Stream, upstream: Upstream) -> dict[str, object]:
    upstream.reset()
    upstream.sends(*case.sent, content_type=case.content_type, headers=case.headers)
    shown, usage, end = "", None, ""
    try:
        async for part in llm.stream(
            model=case.model,
            messages=QUESTION,
            output_limit=LIMIT,
            temperature=0,
            deadlines=PATIENT,
        ):
            match part:
                case Delta(text):
                    shown += text
                case Retracted():
                    shown = ""
                case Finished():
                    usage, end = part.usage, str(part.finish_reason)
    except UpstreamError as error:
        usage, end = error.usage, f"error: {error.kind}"
        if usage is None and error.kind in UNBILLED:
            usage = Usage(0, 0)
    parameters.news()
    parameters.restore({})
    return {
        "server": case.server,
        "calls": len(upstream.requests),
        "shown": shown,
        "end": end,
        **charged(case.model, usage),
    }


def charged(model: str, usage: Usage | Estimate | None) -> dict[str, object]:
    match usage:
        case Usage():
            return {"cents": cents(pricing.cost(usage, RATE)), "by": "the provider's count"}
        case Estimate(counted, why):
            return {"cents": cents(pricing.cost(counted, RATE)), "by": f"estimate: {why}"}
        case None:
            worst = Usage(tokens.of_messages(QUESTION, model), LIMIT)
            return {"cents": cents(pricing.most(worst, RATE)), "by": "estimate: as reserved"}


def cents(amount: int) -> str:
    return f"{amount / CENT:.5f}"


async def rows() -> list[dict[str, object]]:
    with Upstream() as upstream:
        settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = upstream.url, KEY
        try:
            return [await row(case, upstream) for case in STREAMS]
        finally:
            await llm.close()


def main() -> None:
    found = asyncio.run(rows())
    show("Servers of the protocol", found)
    calls = sum(int(str(each["calls"])) for each in found)
    show("In all", [{"servers and shapes": len(found), "calls": calls}])


if __name__ == "__main__":
    main()
