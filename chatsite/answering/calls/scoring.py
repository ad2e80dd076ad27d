"""Scores by a model: turns that wait at the same moment share a call, and none waits for long.

A call is on the ledger like any other, one row each, whoever shares it. One that several
conversations share is in nobody's name: it counts in the budgets of the site, the tier and the
model, and never in those of a conversation or a visitor, which others' messages would use up. What
each reply's part was is kept beside it for the receipts.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from billing import ledger
from billing.errors import NoPrice, NoRoom
from chatsite import llm
from chatsite.answering.budget_allowance import Means
from chatsite.answering.calls import paid_call
from chatsite.answering.calls.reply_call import Claimed
from chatsite.chat.models import ScoringShare
from chatsite.runtime.grouped_writes import GroupedWrites
from routing import decisions, tiers
from routing.analysis import cached_scores, scoring_prompt
from routing.errors import BadScore
from routing.models import Policy
from routing.tier_choice import NoScore, Score, Tier
from routing.tiers import ModelHealth

logger = logging.getLogger(__name__)

# Seconds that a customer waits for a score where the policy does not say: as long as 95 of 100 of
# this worker's latest calls took, so many seconds at most and while too few are known; then the
# local score decides. A quarter of a second, as it was, is less than real models take.
LONGEST_WAIT, LATEST_CALLS, ENOUGH_CALLS = 1.5, 100, 20
# Seconds for the call: a score that comes too late is still kept for the next who asks the same.
GIVEN_UP_AFTER = 5.0
# Seconds in which turns gather for a call: those of one grouped commit, and while another call is
# under way, more. Less than the patience by what a quick model takes.
GATHERED, GATHERED_MEANWHILE = 0.005, 0.05
# Calls in a row without a score, after which none is made for so many seconds: each is paid for,
# and a customer waits for each.
MOST_SILENT, SILENT_FOR = 5, 30.0
# Turns in a call, each up to some 700 tokens: the smallest contexts hold 8,192.
MOST_TURNS = 8
# Tokens: the JSON around the scores, and each of them.
OUTPUT_LIMIT, OUTPUT_PER_TURN = 34, 6


@dataclass(frozen=True, slots=True)
class Unscored:
    """A reply whose score this model has to be asked for."""

    claimed: Claimed
    model: str


def at_hand(
    claimed: Claimed, health: ModelHealth, means: Means
) -> Score | NoScore | Unscored | None:
    """The score if it is kept, or who has to be asked; None where the policy asks no model."""
    turn, policy = claimed.turn, claimed.policy
    if not decisions.wants_a_model(turn, policy, means.shift):
        return None
    if means.is_cheap_only:
        return NoScore("the budgets only allow the cheap model, so no model was asked for a score")
    model = tiers.scorer(policy, health)
    if not model:
        return NoScore(f"{policy.cheap_model} is not answering and was not asked for a score")
    return cached_scores.cached(turn, model, policy.criteria) or Unscored(claimed, model)


@dataclass(slots=True, eq=False)
class _Wanted:
    """A turn that waits for its score."""

    claimed: Claimed
    model: str
    outcome: asyncio.Future[Score | NoScore] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def asks(self) -> tuple[str, str]:
        """Which model, by which criteria."""
        return self.model, self.claimed.policy.criteria


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one call asks. Equal words are asked once."""

    wanted: Sequence[_Wanted]
    model: str
    criteria: str
    keys: dict[str, list[_Wanted]]

    @property
    def reference(self) -> str:
        """How the ledger names the call: by the first reply that waits for it."""
        reply = self.wanted[0].claimed.reply
        return f"score:{reply.pk}:{reply.attempt}"

    @property
    def messages(self) -> list[dict[str, str]]:
        turns = [first.claimed.turn for first, *_ in self.keys.values()]
        return scoring_prompt.messages(turns, self.criteria)

    @property
    def output_limit(self) -> int:
        return OUTPUT_LIMIT + OUTPUT_PER_TURN * len(self.keys)


class Scorer:
    """Belongs to a worker's event loop, as its writer does."""

    def __init__(self, writes: GroupedWrites) -> None:
        self._writes = writes
        self._waiting: list[_Wanted] = []
        self._gathering: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._took: deque[float] = deque(maxlen=LATEST_CALLS)  # seconds, of calls with scores
        self._silent = 0  # calls in a row
        self._silent_until = 0.0  # the loop's time

    async def score(self, unscored: Unscored) -> Score | NoScore:
        """The model's score for the turn, or why there is none within the policy's time."""
        if asyncio.get_running_loop().time() < self._silent_until:
            return NoScore("the model gave no scores several times and is not asked for a while")
        wanted = _Wanted(unscored.claimed, unscored.model)
        self._waiting.append(wanted)
        if self._gathering is None or self._gathering.done():
            self._gathering = asyncio.create_task(self._gather())
        try:
            within = self._wait(unscored.claimed.policy)
            async with asyncio.timeout(within):
                return await asyncio.shield(wanted.outcome)
        except TimeoutError:
            return NoScore(f"the model gave no score in {within:.2g} s")

    def _wait(self, policy: Policy) -> float:
        """Seconds."""
        if policy.score_wait is not None:
            return policy.score_wait
        if len(self._took) < ENOUGH_CALLS:
            return LONGEST_WAIT
        return min(LONGEST_WAIT, sorted(self._took)[int(0.95 * (len(self._took) - 1))])

    async def stop(self, patience: float) -> None:
        """Give open calls so many seconds; pay for those that are then dropped."""
        if self._gathering:
            self._gathering.cancel()
        if self._calls:
            await asyncio.wait(self._calls, timeout=patience)
        for call in tuple(self._calls):
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def _gather(self) -> None:
        """Begin calls until nobody waits."""
        while self._waiting:
            if len(self._waiting) < MOST_TURNS:
                if self._calls:
                    await asyncio.wait(
                        self._calls,
                        timeout=GATHERED_MEANWHILE,
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                else:
                    await asyncio.sleep(GATHERED)
            call = asyncio.create_task(self._call(self._batch()))
            self._calls.add(call)
            call.add_done_callback(self._ended)

    def _batch(self) -> _Batch:
        """Take those who wait for the same model by the same criteria, the oldest first."""
        model, criteria = self._waiting[0].asks
        alike = [each for each in self._waiting if each.asks == (model, criteria)][:MOST_TURNS]
        self._waiting = [each for each in self._waiting if each not in alike]
        keys: dict[str, list[_Wanted]] = {}
        for each in alike:
            keys.setdefault(cached_scores.key(each.claimed.turn, model, criteria), []).append(each)
        return _Batch(alike, model, criteria, keys)

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        if not call.cancelled() and (error := call.exception()):
            # Nobody waits for it any longer; what is held expires, charged as reserved.
            logger.error("A scoring call was left behind", exc_info=error)

    async def _call(self, batch: _Batch) -> None:
        """Ask, settle, and tell whoever still waits."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        found = await self._scores(batch)
        if not isinstance(found, NoScore):
            self._took.append(clock() - begun)
        self._silent = self._silent + 1 if isinstance(found, NoScore) else 0
        if self._silent >= MOST_SILENT:
            # Half a minute on, one call tells whether it has come back.
            self._silent_until = asyncio.get_running_loop().time() + SILENT_FOR
        for key, wanted in batch.keys.items():
            for each in wanted:
                if not each.outcome.done():
                    each.outcome.set_result(found if isinstance(found, NoScore) else found[key])

    async def _scores(self, batch: _Batch) -> dict[str, Score] | NoScore:
        reference, messages = batch.reference, batch.messages
        try:
            call = await self._writes.run(partial(_reserved, batch, messages))
        except NoRoom as error:
            logger.info("%s not asked: %s", reference, error)
            return NoScore("the budget is used up, so no model was asked for a score")
        except NoPrice as error:
            logger.error("%s not asked: %s", reference, error)
            return NoScore("the model has no price, so it was not asked for a score")
        try:
            wanted = scoring_prompt.response_format(call.model)
            finished = await paid_call.answer_soon(
                call, messages, batch.output_limit, wanted, GIVEN_UP_AFTER, self._writes
            )
        except llm.UpstreamError as error:
            return NoScore(f"the model gave no score ({error.kind.replace('_', ' ')})")
        return await self._writes.run(partial(_given, batch, finished))


def _reserved(batch: _Batch, messages: list[dict[str, str]]) -> ledger.Call:
    """The call, with its worst case held. Raises NoRoom, NoPrice."""
    model = batch.model
    conversations = {each.claimed.reply.conversation for each in batch.wanted}
    alone = conversations.pop() if len(conversations) == 1 else None
    call = ledger.Call(
        reference=batch.reference,
        purpose="scoring",
        model=model,
        tier=Tier.CHEAP,
        conversation=alone.reference if alone else "",
        visitor=alone.visitor if alone else "",
    )
    paid_call.reserve(call, messages, batch.output_limit, scoring_prompt.response_format(model))
    if len(batch.wanted) > 1:
        ScoringShare.objects.bulk_create(
            ScoringShare(
                call=batch.reference,
                reply=each.claimed.reply.reference,
                attempt=each.claimed.reply.attempt,
                part=part,
                parts=len(batch.wanted),
            )
            for part, each in enumerate(batch.wanted)
        )
    return call


def _given(batch: _Batch, finished: llm.Finished) -> dict[str, Score] | NoScore:
    """Settle the call and keep its scores."""
    paid_call.settle(batch.reference, finished)
    try:
        values = scoring_prompt.read_scores(finished.text, len(batch.keys))
    except BadScore as error:
        logger.warning("%s unreadable: %s", batch.reference, error)
        return NoScore("the model's scores could not be read")
    return cached_scores.remember(dict(zip(batch.keys, values, strict=True)), batch.model)
