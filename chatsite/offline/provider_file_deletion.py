"""Removes from batches what they hold of deleted conversations."""

from collections.abc import Collection
from typing import Protocol

from billing import clock, ledger
from billing.prices.pricing import Usage
from chatsite.offline.models import Batch, Item

FAILURE = "deleted"


class Deleted(Protocol):
    """As the ledger and batches know them: `conversation:1`, `reply:2`."""

    @property
    def conversations(self) -> Collection[str]: ...

    @property
    def replies(self) -> Collection[str]: ...


def with_conversations(deleted: Deleted) -> None:
    """Their words and the answers go. A call that is on its way is charged all the same."""
    subjects = {*deleted.conversations, *deleted.replies}
    about = Item.objects.filter(subject__in=subjects)
    for item in about.filter(state=Item.State.WAITING, batch__state=Batch.State.NEW):
        nothing = Usage(input_tokens=0, output_tokens=0)
        ledger.settle(item.reference, nothing, outcome=FAILURE, now=clock.now())
    about.filter(state=Item.State.WAITING).update(state=Item.State.FAILED, failure=FAILURE)
    about.update(request={}, text="")
