"""The list of conversations in the admin, quick over hundreds of thousands."""

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import InvalidPage, Paginator
from django.db.models import F
from django.http import HttpRequest

from billing.models import ConversationCost
from chatsite.chat.admin import (
    conversation_rows,
    conversation_search,
    date_navigation,
    filters,
)
from chatsite.staff.paging import IndexedList

# Rows that are found and paged through: who looks for others narrows it.
MOST_LISTED = 5_000
# Of a search: for each of them, many may have to be read.
MOST_SEARCHED = 300
# By cost, its first page: the cheapest that hold a word may be far between.
MOST_SEARCHED_BY_COST = 100


class ConversationList(IndexedList):
    """The list's first so many rows, found by one query; all else is asked of one page of them."""

    def get_results(self, request: HttpRequest) -> None:
        found = self.found()
        self.paginator = Paginator(found, self.list_per_page)
        try:
            page = self.paginator.page(self.page_num)
        except InvalidPage as error:
            raise IncorrectLookupParameters from error
        rows = self.root_queryset.select_related("handled_by").in_bulk(page.object_list)
        self.result_list = [rows[pk] for pk in page.object_list if pk in rows]
        overview_of = conversation_rows.of(self.result_list)
        for conversation in self.result_list:
            conversation.overview = overview_of[conversation.pk]
        self.result_count = len(found)
        self.is_cut = len(found) == self.most
        self.searched = (
            None
            if conversation_search.are_words(self.query.split())
            else conversation_search.MOST_READ
        )
        self.full_result_count = None
        self.show_full_result_count = self.can_show_all = False
        self.show_admin_actions = True
        self.multi_page = self.paginator.num_pages > 1

    @property
    def most(self) -> int:
        if not self.query:
            return MOST_LISTED
        return MOST_SEARCHED_BY_COST if self.is_by_cost else MOST_SEARCHED

    @property
    def is_by_cost(self) -> bool:
        return self.queryset.query.order_by[0] in {"amount", "-amount"}

    def found(self) -> list[int]:
        """The first so many, by their ids."""
        ids, most = self.queryset.values_list("pk", flat=True), self.most
        order, *others = self.queryset.query.order_by
        if not self.is_by_cost:
            return list(ids[:most])
        # Either way, those that no call was charged for come last.
        by_amount = F("amount").asc(nulls_last=True)
        if order == "-amount":
            by_amount = F("amount").desc(nulls_last=True)
        ids = ids.order_by(by_amount, *others)
        # To ask what each came to, for the order, takes three times as long.
        within = filters.cost_at_least if order == "-amount" else filters.cost_at_most
        # Of a search, one in forty may hold the words; of a list, some may have been deleted since.
        line = _line(order, (40 if self.query else 2) * most)
        found = [] if line is None else list(ids.filter(within(line))[:most])
        return found if len(found) == most else list(ids[:most])

    def date_links(self) -> dict[str, object]:
        """What Django's date_hierarchy.html shows."""
        parts = {
            name: self.params.get(f"{date_navigation.FIELD}__{name}")
            for name in ("year", "month", "day")
        }
        chosen = date_navigation.DatePart(
            **{name: int(value) for name, value in parts.items() if value}
        )
        span = date_navigation.span()
        found = list(date_navigation.within(chosen, *span)) if span else []

        def link(period: date_navigation.DatePart) -> dict[str, str]:
            return {"title": period.title, "link": self.get_query_string(period.parameters)}

        return {
            "show": span is not None,
            "back": link(chosen.above) if chosen.above else None,
            "choices": [link(each) for each in found] or [{"title": chosen.title}],
        }


def _line(order: str, place: int) -> int | None:
    """The amount of the conversation at this place; none where there are not so many.

    Looked up beforehand: within the query, PostgreSQL does not know how few it leaves.
    """
    amounts = ConversationCost.objects.order_by(order).values_list("amount", flat=True)
    return next(iter(amounts[place - 1 : place]), None)
