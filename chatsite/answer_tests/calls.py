"""The models are asked: what they said to the same request before is not asked for again."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from billing import clock, ledger, tokens
from billing.budgets.periods import Period
from billing.errors import NoPrice, NoRoom
from billing.models import Budget, LedgerEntry
from billing.prices.pricing import Usage
from chatsite import llm
from chatsite.answer_tests import dry_run
from chatsite.answer_tests.dry_run import Asking
from chatsite.answer_tests.models import KnownAnswer
from chatsite.answering.model_call import HOLD, NOTHING, UNBILLED
from chatsite.llm import Finished, FinishReason

logger = logging.getLogger(__name__)

BUDGET, LIMIT = "Answer tests, each day", 5_000_000_000
# Of one request, where the provider says that it may be tried again.
MOST_TRIES = 3
# An answer that no test asked for since is forgotten.
KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Told:
    """What a model said. `amount` and `seconds` are 0 where it was known."""

    finished: Finished
    amount: int = 0
    seconds: float = 0.0
    calls: int = 0


class Stopped(Exception):
    """No call can be made now; says why, as a sentence."""


def ask(askings: Sequence[Asking]) -> list[Told | llm.UpstreamError]:
    """One for each, in order; those that are new at once. Raises Stopped."""
    wanted = {asking.digest: asking for asking in askings}
    found: dict[str, Told | llm.UpstreamError] = dict(_known(list(wanted)))
    new = {digest: asking for digest, asking in wanted.items() if digest not in found}
    for _ in range(MOST_TRIES):
        found |= _new(new)
        new = {
            digest: asking
            for digest, asking in new.items()
            if isinstance(error := found[digest], llm.UpstreamError) and error.retryable
        }
    once: set[str] = set()
    told = []
    for asking in askings:
        answer = found[asking.digest]
        if isinstance(answer, Told) and asking.digest in once:
            answer = Told(answer.finished)  # of two tests that ask the same, the first pays
        once.add(asking.digest)
        told.append(answer)
    return told


def forget() -> int:
    """Delete answers that are not used any longer, and return how many."""
    return KnownAnswer.objects.filter(used_at__lt=clock.now() - KEPT).delete()[0]


def _known(digests: Sequence[str]) -> dict[str, Told]:
    rows = KnownAnswer.objects.filter(digest__in=digests)
    found = {row.digest: Told(_finished(row)) for row in rows}
    rows.update(used_at=clock.now())
    return found


def _finished(row: KnownAnswer) -> Finished:
    return Finished(row.text, FinishReason(row.finish_reason), None, "", "", "")


def _new(wanted: dict[str, Asking]) -> dict[str, Told | llm.UpstreamError]:
    """Raises Stopped, before anything is asked."""
    if not wanted:
        return {}
    references = {digest: f"test:{uuid4().hex}" for digest in wanted}
    held: list[str] = []
    try:
        for digest, asking in wanted.items():
            _reserve(references[digest], asking)
            held.append(references[digest])
    except (NoRoom, NoPrice) as error:
        for reference in held:
            ledger.release(reference)
        raise Stopped(_why(error)) from error
    ended = asyncio.run(_all([(references[each], asking) for each, asking in wanted.items()]))
    found: dict[str, Told | llm.UpstreamError] = {}
    for digest, (outcome, seconds) in zip(wanted, ended, strict=True):
        reference = references[digest]
        if isinstance(outcome, llm.UpstreamError):
            _settle_failed(reference, outcome)
            logger.warning("%s failed: %s", reference, outcome)
            found[digest] = outcome
        else:
            amount = _settle(reference, outcome)
            found[digest] = Told(outcome, amount, seconds, 1)
            KnownAnswer.objects.update_or_create(
                digest=digest,
                defaults={"text": outcome.text, "finish_reason": outcome.finish_reason},
            )
    return found


def _why(error: NoRoom | NoPrice) -> str:
    if isinstance(error, NoPrice):
        return f"{error.model} has no price."
    return f"The budget “{error.budget}” has no room for the next call."


async def _all(
    calls: Sequence[tuple[str, Asking]],
) -> list[tuple[Finished | llm.UpstreamError, float]]:
    try:
        return await asyncio.gather(*(_one(reference, asking) for reference, asking in calls))
    finally:
        await llm.close()


async def _one(reference: str, asking: Asking) -> tuple[Finished | llm.UpstreamError, float]:
    """How the call ended, after so many seconds."""
    work, begun = asking.work, time.monotonic()
    try:
        async for part in llm.stream(
            model=work.model,
            messages=work.messages,
            output_limit=work.output_limit,
            temperature=work.claimed.policy.temperature,
            deadlines=llm.Deadlines(total=work.claimed.policy.call_seconds),
            reference=reference,
        ):
            if isinstance(part, Finished):
                return part, time.monotonic() - begun
    except llm.UpstreamError as error:
        return error, time.monotonic() - begun
    raise AssertionError("a stream ends in Finished or in an error")


def _reserve(reference: str, asking: Asking) -> None:
    """Raises NoRoom, NoPrice."""
    Budget.objects.get_or_create(
        name=BUDGET,
        defaults={
            "scope": Budget.Scope.TIER,
            "key": dry_run.TIER,
            "period": Period.DAY,
            "limit": LIMIT,
        },
    )
    work, now = asking.work, clock.now()
    call = ledger.Call(reference, dry_run.PURPOSE, work.model, dry_run.TIER)
    worst = Usage(tokens.of_messages(work.messages, work.model), work.output_limit)
    ledger.reserve(call, worst, expires_at=now + HOLD, now=now)


def _settle(reference: str, finished: Finished) -> int:
    """Nano-dollars."""
    ledger.settle(
        reference,
        finished.usage,
        model=finished.model,
        service_tier=finished.service_tier,
        request_id=finished.request_id,
        outcome=str(finished.finish_reason),
        now=clock.now(),
    )
    return LedgerEntry.objects.values_list("amount", flat=True).get(reference=reference)


def _settle_failed(reference: str, error: llm.UpstreamError) -> None:
    if not error.sent:
        ledger.release(reference)
        return
    usage = NOTHING if error.usage is None and error.kind in UNBILLED else error.usage
    ledger.settle(reference, usage, outcome=error.kind, now=clock.now())
