"""Who takes a conversation over reads a summary of it, written at that moment and paid for."""

import pytest

from billing.models import LedgerEntry
from chatsite.chat.actions import resolve_or_snooze
from chatsite.chat.models import Summary
from chatsite.staff import roles
from chatsite.summaries import tasks
from tests.chat.test_admin import member, signed_in, text
from tests.chat.told import Told, prices
from tests.guards import guards
from tests.upstream.server import Upstream

WORDS = "The customer's pen leaks. Nothing is promised."


@pytest.fixture
def upstream(settings):
    with Upstream() as upstream:
        settings.OPENAI_BASE_URL = upstream.url
        yield upstream


@guards(
    "chatsite/summaries/takeover_call.py", "not takeover_summary.is_fresh(conversation)", "True"
)
def test_who_takes_over_reads_what_it_is_about_and_what_that_cost(db, upstream):
    prices()
    told = Told().asks("My pen leaks.").answered("Wipe the nib.").asks("It still does.")
    nora, number = signed_in(member("nora", roles.STAFF)), told.conversation.pk
    upstream.unauthorised()
    upstream.says(WORDS)

    taken = text(nora.post(f"/inbox/{number}/take/", headers={"hx-request": "true"}))
    tasks.summarise.apply((number,))
    assert "The assistant is writing a summary" in taken
    # The model was away: nobody waits for it any more.
    assert "summary" not in text(nora.get(f"/inbox/{number}/summary/")).lower()

    told.asks("What now?")
    tasks.summarise.apply((number,))
    # Another revision, in which nothing more was said.
    resolve_or_snooze.resolve(number)
    tasks.summarise.apply((number,))

    shown = text(nora.get(f"/inbox/{number}/"))
    assert (WORDS in shown, "Newer messages" in shown, "Cost $" in shown) == (True, False, True)
    assert [call.model for call in upstream.requests] == ["gpt-3.5-turbo"] * 2
    assert Summary.objects.get().revision < told.conversation.revision
    entries = LedgerEntry.objects.filter(
        purpose="summary", conversation=told.conversation.reference
    )
    assert entries.count() == 2

    told.asks("Hello?")
    assert "Newer messages are not included." in text(nora.get(f"/inbox/{number}/summary/"))
