"""Removing the sample shop: everything that came with it, in one transaction."""

from django.db import transaction

from billing.models import Budget
from chatsite.demo import sample_rows, sample_shop
from chatsite.demo.models import SampleRow
from chatsite.shop import current_shop
from chatsite.shop.models import Shop

# Of a shop that somebody else's words stand in.
_BLANK = sample_rows.KINDS["shop"].fields


@transaction.atomic
def remove(per_day: int, *, with_edited: bool) -> dict[str, int]:
    """How many rows of each kind went. What was edited since stays, unless `with_edited`.

    The budgets become the owner's own, with `per_day` nano-dollars for the site's day and the
    others in proportion: without any, nothing would limit what calls cost.
    """
    gone: dict[str, int] = {}
    for name, found in sample_rows.found().items():
        rows = [*found.untouched, *(found.edited if with_edited else ())]
        match name:
            case "budget":
                _own(rows, per_day)
            case "shop":
                Shop.objects.filter(pk__in=[row.pk for row in rows]).update(
                    **dict.fromkeys(_BLANK, "")
                )
            case _:
                found.kind.model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()
        gone[name] = len(rows)
    SampleRow.objects.all().delete()
    transaction.on_commit(current_shop.forget)
    return gone


def _own(budgets: list[Budget], per_day: int) -> None:
    of_sample = {name: limit for name, _, _, limit, _ in sample_shop.BUDGETS}
    for budget in budgets:
        limit = of_sample.get(budget.name, sample_shop.A_DAY)
        budget.limit = limit * per_day // sample_shop.A_DAY
        budget.save(update_fields=["limit"])
