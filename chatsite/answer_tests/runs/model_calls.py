"""The models are asked: what they said to the same request before is not asked for again."""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from billing import clock, ledger
from billing.errors import NoPrice, NoRoom
from billing.models import LedgerEntry
from chatsite import llm
from chatsite.answer_tests.models import KnownAnswer
from chatsite.answer_tests.runs.tested_answer import Asking
from chatsite.answering.calls import paid_call
from chatsite.llm import Finished, FinishReason
from chatsite.offline.job_kinds import Kind

logger = logging.getLogger(__name__)

KIND = Kind(LedgerEntry.Purpose.TESTING, "tests", "Answer tests, each day", 5_000_000_000)
# Of one request, where the provider says that it may be tried again.
MOST_TRIES = 3
# An answer that no test asked for since is forgotten.
ANSWERS_KEPT_FOR = timedelta(days=60)


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
    found: dict[str, Told | llm.UpstreamError] = dict(known(list(wanted)))
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
    return KnownAnswer.objects.filter(used_at__lt=clock.now() - ANSWERS_KEPT_FOR).delete()[0]


def known(digests: Sequence[str]) -> dict[str, Told]:
    """What a model has said to these requests before."""
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
            call = KIND.call(references[digest], asking.work.model)
            paid_call.reserve(call, asking.work.messages, asking.work.output_limit)
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
            paid_call.settle_failed(reference, outcome)
            logger.warning("%s failed: %s", reference, outcome)
            found[digest] = outcome
        else:
            paid_call.settle(reference, outcome)
            found[digest] = Told(outcome, paid_call.cost(reference), seconds, 1)
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
    outcome: Finished | llm.UpstreamError
    try:
        outcome = await paid_call.whole_answer(
            model=work.model,
            messages=work.messages,
            output_limit=work.output_limit,
            temperature=work.claimed.policy.temperature,
            deadlines=llm.Deadlines(total=work.claimed.policy.call_seconds),
            reference=reference,
        )
    except llm.UpstreamError as error:
        outcome = error
    return outcome, time.monotonic() - begun
