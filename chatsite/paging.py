"""Pages of long lists in the admin."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

# Rows that are counted and paged through: who looks for others narrows the list. To count a
# million took longer than all else on the page.
MOST_LISTED = 1_000


class FirstPages(Paginator):  # type: ignore[type-arg]  # no [] at run time
    @cached_property
    def count(self) -> int:
        if not isinstance(self.object_list, QuerySet):
            return len(self.object_list)
        return self.object_list.order_by().values("pk")[:MOST_LISTED].count()

    @property
    def is_cut(self) -> bool:
        return self.count == MOST_LISTED


class IndexedList(ChangeList):
    """Sorted by the columns that lead to it; Django sorts by whichever an address names."""

    def get_ordering_field(self, field_name: Any) -> Any:
        may = field_name in (self.sortable_by or ())
        return super().get_ordering_field(field_name) if may else None
