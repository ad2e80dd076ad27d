"""Pages of long lists in the admin."""

import re
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property
from django.utils.text import capfirst

# The most rows that are counted and paged through; a narrower list shows others. To count a
# million took longer than all else on the page.
MOST_LISTED = 1_000


def _renumbered(ordering: str, by: int) -> str:
    """`-4.1` as `-3.0`; what is no column's number stays, and Django passes over it."""
    column = r"(?<!\d)[1-9]\d?(?!\d)" if by < 0 else r"(?<!\d)\d{1,2}(?!\d)"
    return re.sub(column, lambda number: str(int(number[0]) + by), ordering)


class FirstPages(Paginator):  # type: ignore[type-arg]  # no [] at run time
    """Found once by their keys: a filter that lets few rows through may have to read them all."""

    @cached_property
    def keys(self) -> list[Any] | None:
        """Of the first rows, in order; None where they are no query's."""
        if not isinstance(self.object_list, QuerySet):
            return None
        return list(self.object_list.values_list("pk", flat=True)[:MOST_LISTED])

    @cached_property
    def count(self) -> int:
        return len(self.object_list if self.keys is None else self.keys)

    def page(self, number: int | str) -> Page:  # type: ignore[type-arg]  # as above
        if self.keys is None or not isinstance(self.object_list, QuerySet):
            return super().page(number)
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        keys = self.keys[start : start + self.per_page]
        return Page(self.object_list.filter(pk__in=keys), number, self)

    @property
    def is_cut(self) -> bool:
        return self.count == MOST_LISTED


class IndexedList(ChangeList):
    """Sorted by the columns that lead to it; Django sorts by whichever an address names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is listed, as in the menu, where Django writes "Select adjustment to view".
        self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        """Where only some people have the checkboxes, a column has one number for everybody.

        Otherwise a link such as `?o=-4` would sort by another column for those who have none.
        """
        if self.lacks_checkboxes and ORDER_VAR in self.params:
            self.params[ORDER_VAR] = _renumbered(str(self.params[ORDER_VAR]), -1)
        found: QuerySet[Any] = super().get_queryset(request, *args, **kwargs)
        return found

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """A link of this list: with the numbers that `get_queryset` reads."""
        query: str = super().get_query_string(new_params, remove)
        if not self.lacks_checkboxes:
            return query
        given = QueryDict(query.removeprefix("?"), mutable=True)
        if ORDER_VAR in given:
            given[ORDER_VAR] = _renumbered(str(given[ORDER_VAR]), 1)
        return f"?{given.urlencode()}"

    @property
    def lacks_checkboxes(self) -> bool:
        """Whether others have a column of checkboxes before the first."""
        others_have = getattr(self.model_admin, "some_have_checkboxes", False)
        return others_have and "action_checkbox" not in self.list_display

    def get_ordering_field(self, field_name: Any) -> Any:
        may = field_name in (self.sortable_by or ())
        return super().get_ordering_field(field_name) if may else None

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.multi_page:
            # Django would look for them again.
            self.result_list = self.paginator.page(1).object_list
