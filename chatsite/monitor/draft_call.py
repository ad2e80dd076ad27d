"""The call that writes a draft, on the ledger by purpose `drafting`."""

import asyncio
from datetime import timedelta

from billing import clock, ledger, tokens
from billing.budgets.periods import Period
from billing.errors import NoPrice, NoRoom
from billing.models import Budget, LedgerEntry
from billing.prices.pricing import Usage
from chatsite import llm
from chatsite.answering.model_call import HOLD, NOTHING, UNBILLED
from chatsite.knowledge.models import Article
from chatsite.monitor import drafting
from chatsite.monitor.models import ArticleDraft
from chatsite.provider.model_health import Health
from chatsite.shop import current
from routing import policies, tiers
from routing.choice import Tier

TIER, BUDGET, LIMIT = "drafting", "Article drafts, each day", 1_000_000_000
# Tokens: 250 words in any language.
OUTPUT_LIMIT = 900
State = ArticleDraft.State
# After which a hint is taken for lost, and a worker for dead.
LATE, GIVEN_UP = timedelta(minutes=1), timedelta(minutes=10)


def write(draft_id: int) -> None:
    """Write a draft that waits. Safe to run twice: the second finds nothing to do."""
    waiting = ArticleDraft.objects.filter(pk=draft_id, state=State.WAITING)
    if not waiting.update(state=State.WRITING):
        return
    draft = ArticleDraft.objects.select_related("article").get(pk=draft_id)
    slot = tiers.slots(Tier.STRONG, policies.current(), Health().current())[0]
    asked = drafting.messages(draft, current.name())
    reference = f"draft:{draft.pk}"
    try:
        _reserve(reference, slot.model, asked)
    except (NoRoom, NoPrice) as error:
        _failed(draft, f"It was not written: {error}.")
        return
    try:
        finished = asyncio.run(_asked(slot.model, asked, reference))
    except llm.UpstreamError as error:
        if error.sent:
            unbilled = error.usage is None and error.kind in UNBILLED
            usage = NOTHING if unbilled else error.usage
            ledger.settle(reference, usage, outcome=error.kind, now=clock.now())
        else:
            ledger.release(reference)
        _failed(draft, f"{slot.model} did not answer ({error.kind.replace('_', ' ')}).")
        return
    ledger.settle(
        reference,
        finished.usage,
        model=finished.model,
        service_tier=finished.service_tier,
        request_id=finished.request_id,
        outcome=str(finished.finish_reason),
        now=clock.now(),
    )
    cost = LedgerEntry.objects.values_list("amount", flat=True).get(reference=reference)
    article = draft.article
    # Somebody who has begun to write it is not overwritten.
    if Article.objects.filter(pk=article.pk, version=article.version).exists():
        article.body = finished.text[:50_000] or article.body
        article.save()
    ArticleDraft.objects.filter(pk=draft.pk).update(state=State.WRITTEN, cost=cost)


def left_behind() -> list[int]:
    """Drafts whose hint was lost. Those whose worker died are given up: their call is charged."""
    dead = ArticleDraft.objects.filter(state=State.WRITING, asked_at__lt=clock.now() - GIVEN_UP)
    dead.update(state=State.FAILED, why="The worker stopped while it was written. Try again.")
    lost = ArticleDraft.objects.filter(state=State.WAITING, asked_at__lt=clock.now() - LATE)
    return list(lost.values_list("id", flat=True))


async def _asked(model: str, messages: list[dict[str, str]], reference: str) -> llm.Finished:
    """Raises UpstreamError."""
    try:
        async for part in llm.stream(
            model=model,
            messages=messages,
            output_limit=OUTPUT_LIMIT,
            temperature=0.2,
            deadlines=llm.Deadlines(),
            reference=reference,
        ):
            if isinstance(part, llm.Finished):
                return part
    finally:
        await llm.close()
    raise AssertionError("a stream ends in Finished or in an error")


def _reserve(reference: str, model: str, messages: list[dict[str, str]]) -> None:
    """Raises NoRoom, NoPrice."""
    Budget.objects.get_or_create(
        name=BUDGET,
        defaults={
            "scope": Budget.Scope.TIER,
            "key": TIER,
            "period": Period.DAY,
            "limit": LIMIT,
        },
    )
    now = clock.now()
    call = ledger.Call(reference, LedgerEntry.Purpose.DRAFTING, model, TIER)
    worst = Usage(tokens.of_messages(messages, model), OUTPUT_LIMIT)
    ledger.reserve(call, worst, expires_at=now + HOLD, now=now)


def _failed(draft: ArticleDraft, why: str) -> None:
    ArticleDraft.objects.filter(pk=draft.pk).update(state=State.FAILED, why=why[:300])
