"""The same customer, worker and provider as in the tests of the chat."""

from collections.abc import Callable

import pytest

from chatsite.answering.calls.reply_call import Claimed
from chatsite.answering.question import context
from chatsite.answering.question.context import Opened
from chatsite.knowledge.articles import Meant
from tests.chat.conftest import (  # noqa: F401  # fixtures
    _unlimited,
    doubt_threshold,
    hints,
    no_room,
    open_tab,
    provider,
    shop,
    start_worker,
    tab,
    upstream,
    worker,
)


@pytest.fixture
def after_the_first_look(monkeypatch) -> Callable[[Callable[[], object]], None]:
    """Have this happen between a worker's first look at a reply and its claim."""
    look = context.look

    def arrange(happens: Callable[[], object]) -> None:
        def looks(opened: Opened, meant: Meant) -> Claimed:
            seen = look(opened, meant)
            monkeypatch.setattr(context, "look", look)
            happens()
            return seen

        monkeypatch.setattr(context, "look", looks)

    return arrange
