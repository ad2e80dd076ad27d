"""Jobs: calls queued with their money held, sent as a batch, and settled one by one.

Each step commits what it knows before the next begins; a step that is taken twice finds what the
first one left. So a worker may die anywhere, and two may poll at once.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing import ledger, tokens
from billing.errors import AlreadyCharged, NoRoom
from billing.ledger import Call
from billing.prices.pricing import NOTHING, Usage
from chatsite.llm import Kind, UpstreamError, batches
from chatsite.llm.batches import Progress, Request, Result
from chatsite.llm.response import usage
from chatsite.offline.models import Batch, Item

logger = logging.getLogger(__name__)

State = Batch.State

# What the provider has for a batch, and for its results to arrive here; then they are charged.
HOLD = timedelta(hours=60)
# Between two looks at a running batch.
POLLED_EVERY = timedelta(minutes=5)
# Longer than a step takes; a worker that is gone by then has died.
BATCH_LEASE = timedelta(minutes=10)
# After a failure; then twice as long each time, up to an hour. 24 tries take most of a day.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
MOST_TRIES = 24
# Batches that one round takes a step further.
PER_ROUND = 20
# What a batch was about is forgotten after so long.
BATCHES_KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call to be made, what it is about, and the version of what asks for it; 0: none."""

    subject: str
    request: Request
    version: int = 0


class _Lost(Exception):
    """Another worker has the batch by now."""


def queue(purpose: str, tier: str, wanted: Sequence[Wanted], now: datetime) -> Batch | None:
    """Hold the worst case of each call at the batch price, as many as the budgets take, in order.

    None where that is none of them; what is queued or charged already is left out. `tier` names the
    work to budgets. Raises NoPrice.
    """
    references = [each.request.reference for each in wanted]
    with transaction.atomic():
        queued = set(
            Item.objects.filter(reference__in=references).values_list("reference", flat=True)
        )
        batch: Batch | None = None
        for each in wanted:
            request = each.request
            if request.reference in queued:
                continue
            call = Call(request.reference, purpose, request.model, tier, service_tier="batch")
            worst = _worst(request)
            try:
                ledger.reserve(call, worst, expires_at=now + HOLD, now=now)
            except AlreadyCharged:
                continue
            except NoRoom as error:
                logger.warning("%s and what follows is not asked: %s", request.reference, error)
                break
            if batch is None:
                batch = Batch.objects.create(
                    purpose=purpose, model=request.model, due_at=now, created_at=now
                )
            Item.objects.create(
                batch=batch,
                reference=request.reference,
                subject=each.subject,
                version=each.version,
                request=asdict(request),
                prompt_tokens=worst.input_tokens,
            )
    if batch is not None:
        logger.info("%s queued with %d calls of %s", batch, batch.items.count(), batch.model)
    return batch


def advance(now: datetime) -> None:
    """Take what is due as far as it goes. Safe to run twice at once."""
    due = Batch.objects.open().filter(due_at__lte=now).order_by("due_at")
    for batch in due[:PER_ROUND]:
        if _claim(batch, now):
            try:
                _go_on(batch)
            except _Lost:
                logger.info("%s is another worker's", batch)


def forget(now: datetime) -> None:
    """Delete what has outlived its use; the ledger stays."""
    Batch.objects.exclude(state__in=Batch.OPEN).filter(ended_at__lt=now - BATCHES_KEPT_FOR).delete()


def _claim(batch: Batch, now: datetime) -> bool:
    """Whether this worker takes the batch on, which others may have seen due as well."""
    mine = Batch.objects.open().filter(pk=batch.pk, turn=batch.turn, due_at__lte=now)
    claimed = bool(mine.update(turn=F("turn") + 1, due_at=now + BATCH_LEASE))
    batch.turn += claimed
    return claimed


def _go_on(batch: Batch) -> None:
    """Raises _Lost."""
    try:
        while batch.state in Batch.OPEN:
            if not STEPS[State(batch.state)](batch):
                return
    except UpstreamError as error:
        _failed(batch, error)


# Each takes a batch to its next state; false where it has to wait.


def _upload(batch: Batch) -> bool:
    items = batch.items.filter(state=Item.State.WAITING)
    file = batches.upload([Request(**item.request) for item in items])
    with transaction.atomic():
        _keep(batch, state=State.UPLOADED, file=file, tries=0)
        items.update(request={})
    return True


def _create(batch: Batch) -> bool:
    # Created by a worker that died, or whose answer was lost, it is there already.
    provider_id = batches.find(batch.file) or batches.create(batch.file)
    _keep(batch, state=State.RUNNING, provider_id=provider_id, tries=0)
    return True


def _poll(batch: Batch) -> bool:
    progress = batches.progress(batch.provider_id)
    if not progress.over:
        _keep(batch, due_at=timezone.now() + POLLED_EVERY, tries=0)
        return False
    _keep(
        batch,
        state=State.COLLECTING,
        outcome=progress.state,
        result_files=list(progress.files),
        tries=0,
    )
    return True


def _collect(batch: Batch) -> bool:
    for result in batches.results(Progress(batch.outcome, tuple(batch.result_files))):
        _settle(batch, result)
    # A batch that was refused as a whole ran nothing. Of any other, nobody knows what became of
    # a call without a result.
    refused = batch.outcome == "failed"
    _end(batch, State.DONE, NOTHING if refused else None, "refused" if refused else "missing")
    return True


STEPS: dict[State, Callable[[Batch], bool]] = {
    State.NEW: _upload,
    State.UPLOADED: _create,
    State.RUNNING: _poll,
    State.COLLECTING: _collect,
}


def _settle(batch: Batch, result: Result) -> None:
    """Charge one call and keep its answer, once."""
    waiting = batch.items.filter(reference=result.reference, state=Item.State.WAITING)
    item = waiting.first()
    if item is None:
        return  # settled before, or none of ours
    bill = partial(
        usage.completed,
        prompt=lambda: item.prompt_tokens,
        output=partial(tokens.count, result.generated, batch.model),
    )
    finished, error = result.finished, result.error
    with transaction.atomic():
        if finished is not None:
            if waiting.update(state=Item.State.ANSWERED, text=finished.text):
                ledger.settle(
                    result.reference,
                    bill(finished.usage),
                    model=finished.model,
                    service_tier=finished.service_tier,
                    request_id=finished.request_id,
                    outcome=str(finished.finish_reason),
                    now=timezone.now(),
                )
        elif error is not None and waiting.update(state=Item.State.FAILED, failure=error.kind):
            # An answer that is none may be billed all the same.
            unknown = error.kind in {Kind.BROKEN, Kind.PROTOCOL}
            billed = bill(error.usage) or (None if unknown else NOTHING)
            ledger.settle(result.reference, billed, outcome=error.kind, now=timezone.now())


def _failed(batch: Batch, error: UpstreamError) -> None:
    """Try the step again later, or give up. Raises _Lost."""
    began = batch.state in {State.RUNNING, State.COLLECTING}
    if (error.retryable or began) and batch.tries + 1 < MOST_TRIES:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2**batch.tries)
        logger.warning("%s to be tried again in %s: %s", batch, wait, error)
        _keep(batch, tries=batch.tries + 1, due_at=timezone.now() + wait)
        return
    logger.error("%s is given up: %s", batch, error)
    # Refused, or never created: it costs nothing. Else it may have run.
    unsent = batch.state == State.NEW or (batch.state == State.UPLOADED and not error.retryable)
    batch.outcome = str(error)[:200]
    _end(batch, State.FAILED, NOTHING if unsent else None, error.kind)


def _end(batch: Batch, state: State, billed: Usage | None, failure: str) -> None:
    """Settle what has no result, and end the batch. Raises _Lost."""
    with transaction.atomic():
        for item in batch.items.filter(state=Item.State.WAITING):
            ledger.settle(item.reference, billed, outcome=failure, now=timezone.now())
        batch.items.filter(state=Item.State.WAITING).update(
            state=Item.State.FAILED, failure=failure, request={}
        )
        _keep(batch, state=state, outcome=batch.outcome, ended_at=timezone.now())
    logger.info("%s ended: %s", batch, batch.outcome)


def _keep(batch: Batch, **changes: object) -> None:
    """Store what this claim has found. Raises _Lost."""
    if not Batch.objects.filter(pk=batch.pk, turn=batch.turn).update(**changes):
        raise _Lost
    for name, value in changes.items():
        setattr(batch, name, value)


def _worst(request: Request) -> Usage:
    return Usage(
        input_tokens=tokens.of_messages(request.messages, request.model, request.response_format),
        output_tokens=request.output_limit,
    )
