"""The models are asked in batches, where nobody waits: for about half the price, within a day.

An answer that has come is known from then on (`KnownAnswer`), so that a run finds it as any other.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from billing import clock
from billing.models import LedgerEntry, Price
from billing.prices import pricing
from chatsite.answer_tests.models import KnownAnswer, Run
from chatsite.answer_tests.runs import model_calls
from chatsite.answer_tests.runs.model_calls import KIND, Stopped, Told
from chatsite.answer_tests.runs.tested_answer import Asking
from chatsite.llm.batches import Request
from chatsite.offline.batch_jobs import Wanted
from chatsite.offline.models import Item

# As the provider promises them.
WITHIN = timedelta(hours=24)
State = Item.State


class NoBatch(Exception):
    """The rest of a run has to be asked at once; says why, as a sentence."""


def is_out(run: Run) -> bool:
    """Whether calls of this run have not come back yet."""
    return _items(run).filter(state=State.WAITING).exists()


def come(run: Run) -> None:
    """Take over what has come, and count what it cost less. Raises NoBatch."""
    for item in _items(run).filter(state=State.ANSWERED).order_by("id"):
        entry = LedgerEntry.objects.get(reference=item.reference)
        with transaction.atomic():
            KnownAnswer.objects.update_or_create(
                digest=item.subject.rpartition(":")[2],
                defaults={"text": item.text, "finish_reason": entry.outcome},
            )
            Item.objects.filter(pk=item.pk).update(state=State.USED, text="")
            Run.objects.filter(pk=run.pk).update(saved=F("saved") + _saving(entry))
    if failed := _items(run).filter(state=State.FAILED).first():
        raise NoBatch(f"The batch failed ({failed.failure.replace('_', ' ')}).")


def told(run: Run, askings: Sequence[Asking]) -> Mapping[str, Told]:
    """By its digest, what is known of these calls; those that this run paid for name their cost."""
    known = model_calls.known([asking.digest for asking in askings])
    names = {_reference(run, digest): digest for digest in known}
    paid = LedgerEntry.objects.filter(reference__in=names).values_list("reference", "amount")
    costs = {names[reference]: amount for reference, amount in paid}
    return {
        digest: Told(each.finished, costs[digest], calls=1) if digest in costs else each
        for digest, each in known.items()
    }


def queue(run: Run, askings: Sequence[Asking]) -> None:
    """Have these asked. Raises NoBatch, Stopped."""
    wanted: dict[str, dict[str, Wanted]] = {}
    for asking in askings:
        request = _request(run, asking)
        by_reference = wanted.setdefault(request.model, {})
        by_reference[request.reference] = Wanted(_subject(run, asking.digest), request)
    now = clock.now()
    for model in wanted:  # before any is queued, and paid for twice
        if not Price.objects.in_force(model, "batch", now).exists():
            raise NoBatch(f"{model} has no batch price.")
    for requests in wanted.values():
        KIND.queue(list(requests.values()), now)
        if _items(run).filter(reference__in=requests).count() < len(requests):
            raise Stopped(f"“{KIND.budget}” or another budget has no room for all calls.")
    if wanted:
        Run.objects.filter(pk=run.pk).update(expected_at=now + WITHIN)


def _items(run: Run) -> QuerySet[Item]:
    return Item.objects.filter(batch__purpose=KIND.purpose, subject__startswith=f"run:{run.pk}:")


def _subject(run: Run, digest: str) -> str:
    return f"run:{run.pk}:{digest}"


def _reference(run: Run, digest: str) -> str:
    return f"test:{digest[:40]}:{run.pk}"


def _request(run: Run, asking: Asking) -> Request:
    work = asking.work
    return Request(
        _reference(run, asking.digest),
        work.model,
        work.messages,
        work.output_limit,
        work.claimed.policy.temperature,
    )


def _saving(entry: LedgerEntry) -> int:
    """What the same tokens would have cost at once, less what they did; 0 where unknown."""
    price = Price.objects.in_force(entry.model_requested, "default", entry.called_at).first()
    usage = entry.usage
    if price is None or usage is None or entry.estimated:
        return 0
    return pricing.cost(usage, price.rate) - entry.amount
