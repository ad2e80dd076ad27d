"""Who may do what: every address for everybody, by GET and by POST, with the whole page.

    TEST_DATABASE=sqlite python -m pytest tests/attacks/access.py -q -s

`tests/test_access.py` asks of each address those who are nearest to being let in; this, all eight
kinds of people, and whether who may gets more than a refusal. Nothing stays of what a request does.
"""

from collections import Counter
from http.cookies import SimpleCookie

import pytest
from django.db import transaction

from tests import access
from tests.access import Cell
from tests.tables import show
from tests.test_access import Site, site  # noqa: F401  # a fixture

# allauth asks who is signed in for the password once more, or has nothing to show.
OWN_ACCOUNT = "admin/account/"
# The first of them came with the product, and stays; and a site is one shop.
SHIPPED = {"admin/routing/hazard/<path:object_id>/delete/", "admin/shop/shop/add/"}


@pytest.mark.django_db
def test_everybody_at_every_address(site: Site):  # noqa: F811
    wrong: list[tuple[Cell, int]] = []
    failed: list[tuple[Cell, int]] = []
    counted: Counter[tuple[str, str]] = Counter()
    for cell in access.cells():
        status, is_refused = undone(site, cell)
        counted[cell.who, "refused" if is_refused else "let in"] += 1
        if status >= 500 and cell.route != "readyz":
            failed.append((cell, status))
        if is_refused == cell.may and not excused(cell, status):
            wrong.append((cell, status))

    show(
        "Every address by GET and by POST",
        [
            {
                "who": who,
                "let in": counted[who, "let in"],
                "refused": counted[who, "refused"],
                "wrong answers": sum(cell.who == who for cell, _ in wrong),
                "of 500": sum(cell.who == who for cell, _ in failed),
            }
            for who in access.WHO
        ],
    )
    assert (wrong, failed) == ([], [])


def undone(site: Site, cell: Cell) -> tuple[int, bool]:  # noqa: F811
    browser = site.browsers[cell.who]
    before = SimpleCookie({name: morsel.value for name, morsel in browser.cookies.items()})
    with transaction.atomic():
        response = site.asks(cell)
        transaction.set_rollback(True)
    browser.cookies = before
    return response.status_code, access.is_refused(
        response.status_code, response.get("Location", "")
    )


def excused(cell: Cell, status: int) -> bool:
    """Let in, and told that there is no such row, or to give the password again."""
    is_shipped = cell.route in SHIPPED and status == 403
    return cell.may and (status in {302, 404} or cell.route.startswith(OWN_ACCOUNT) or is_shipped)
