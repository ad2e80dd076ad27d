"""Pages of long lists in the admin."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst

# Rows that are counted and paged through: who looks for others narrows the list. To count a
# million took longer than all else on the page.
MOST_LISTED = 1_000


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

    def get_ordering_field(self, field_name: Any) -> Any:
        may = field_name in (self.sortable_by or ())
        return super().get_ordering_field(field_name) if may else None

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.multi_page:
            # Django would look for them again.
            self.result_list = self.paginator.page(1).object_list
