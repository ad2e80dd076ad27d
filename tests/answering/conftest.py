"""The same customer, worker and provider as in the tests of the chat."""

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
