"""The call that writes a draft, on the ledger by purpose `drafting`."""

from datetime import timedelta

from billing import clock
from billing.models import LedgerEntry
from chatsite.answering.calls import paid_call
from chatsite.answering.calls.paid_call import NotMade
from chatsite.knowledge.models import Article
from chatsite.monitor.gaps import article_drafting
from chatsite.monitor.models import ArticleDraft
from chatsite.offline.job_kinds import Kind
from chatsite.provider.model_health import Health
from chatsite.shop import current_shop
from routing import policies, tiers
from routing.tier_choice import Tier

KIND = Kind(LedgerEntry.Purpose.DRAFTING, "drafting", "Article drafts, each day", 1_000_000_000)
# Tokens: 250 words in any language.
OUTPUT_LIMIT = 900
State = ArticleDraft.State
# After this time, a hint counts as lost and a worker as dead.
LATE, GIVEN_UP = timedelta(minutes=1), timedelta(minutes=10)


def write(draft_id: int) -> None:
    """Write a draft that waits. Safe to run twice: the second finds nothing to do."""
    waiting = ArticleDraft.objects.filter(pk=draft_id, state=State.WAITING)
    if not waiting.update(state=State.WRITING):
        return
    draft = ArticleDraft.objects.select_related("article").get(pk=draft_id)
    slot = tiers.slots(Tier.STRONG, policies.current(), Health().current())[0]
    asked = article_drafting.messages(draft, current_shop.name())
    reference = f"draft:{draft.pk}"
    call = KIND.call(reference, slot.model)
    try:
        finished = paid_call.answer_now(call, asked, OUTPUT_LIMIT, temperature=0.2)
    except NotMade as error:
        _failed(draft, str(error))
        return
    article = draft.article
    # Somebody who has begun to write it is not overwritten.
    if Article.objects.filter(pk=article.pk, version=article.version).exists():
        article.body = finished.text[:50_000] or article.body
        article.save(by=slot.model)
    ArticleDraft.objects.filter(pk=draft.pk).update(
        state=State.WRITTEN, cost=paid_call.cost(reference)
    )


def left_behind() -> list[int]:
    """Drafts whose hint was lost. Those whose worker died are given up: their call is charged."""
    dead = ArticleDraft.objects.filter(state=State.WRITING, asked_at__lt=clock.now() - GIVEN_UP)
    dead.update(state=State.FAILED, why="The worker stopped while it was written. Try again.")
    lost = ArticleDraft.objects.filter(state=State.WAITING, asked_at__lt=clock.now() - LATE)
    return list(lost.values_list("id", flat=True))


def _failed(draft: ArticleDraft, why: str) -> None:
    ArticleDraft.objects.filter(pk=draft.pk).update(state=State.FAILED, why=why[:300])
