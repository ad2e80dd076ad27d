"""What the provider bills, by day and model: its costs endpoint, asked with an admin key."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.conf import settings
from openai.types.admin.organization.usage_costs_response import (
    Data,
    DataResultOrganizationCostsResult,
)

from billing.money import NANO
from chatsite.llm import sdk_client
from chatsite.llm.errors import Kind, UpstreamError

# Days in one answer, of which the provider allows 180.
PER_PAGE = 31
# Pages of a range; more of them are an endless answer.
MOST_PAGES = 200
# No bill of a day: a server's mistake, and more than a column of nano-dollars holds ten times.
MOST_DOLLARS = 10**9
# Characters of a model's or a line's name.
NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the provider's, which begins at midnight UTC; nano-dollars by model.

    What is not of a model is under the name of its line.
    """

    day: date
    billed: Mapping[str, int]


def daily(first: date, last: date, project: str = "") -> list[Day]:
    """The days from `first` to `last` that the provider has figures of. Raises UpstreamError."""
    start = datetime.combine(first, time.min, UTC)
    end = datetime.combine(last + timedelta(days=1), time.min, UTC)
    asked: dict[str, Any] = {
        "start_time": int(start.timestamp()),
        "end_time": int(end.timestamp()),
        "group_by": ["line_item"],
        "limit": PER_PAGE,
    }
    if project:
        asked["project_ids"] = [project]
    billed: defaultdict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    with sdk_client.translated(), sdk_client.client(settings.OPENAI_ADMIN_KEY) as client:
        for _ in range(MOST_PAGES):
            page = client.admin.organization.usage.costs(**asked)
            for bucket in page.data:
                _add(bucket, billed[_day(bucket)])
            if not page.has_more:
                return [Day(day, _nano(dollars)) for day, dollars in billed.items()]
            if not page.next_page or page.next_page == asked.get("page"):
                break
            asked["page"] = page.next_page
    raise UpstreamError(Kind.BROKEN, "pages without an end")


def _day(bucket: Data) -> date:
    """Raises ValueError."""
    try:
        return datetime.fromtimestamp(bucket.start_time, UTC).date()
    except OSError as error:
        raise ValueError("no time") from error


def _add(bucket: Data, dollars: dict[str, Decimal]) -> None:
    """Raises ValueError for costs that are none, or in another currency."""
    for result in bucket.results:
        if not isinstance(result, DataResultOrganizationCostsResult) or result.amount is None:
            raise ValueError("no costs")
        if (result.amount.currency or "usd").lower() != "usd":
            raise ValueError("another currency")
        # "gpt-4-0613, input": the model, and which of its tokens.
        model = (result.line_item or "").partition(",")[0].strip()
        if not model.isprintable():
            raise ValueError("no name")
        # The shortest text that is this float: what the provider wrote.
        amount = Decimal(str(result.amount.value))
        if not abs(amount) <= MOST_DOLLARS:
            raise ValueError("no amount")
        dollars[model[:NAME_LENGTH]] += amount


def _nano(dollars: Mapping[str, Decimal]) -> dict[str, int]:
    return {
        model: int((amount * NANO).to_integral_value(ROUND_CEILING))
        for model, amount in dollars.items()
    }
