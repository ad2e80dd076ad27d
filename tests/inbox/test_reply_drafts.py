"""The assistant drafts a reply for staff, from the articles, on the ledger, and sends nothing."""

import pytest
from django.test import Client

from billing.models import Budget, LedgerEntry
from chatsite.inbox import tasks
from chatsite.inbox.models import ReplyDraft
from chatsite.knowledge.models import Article
from tests.guards import guards
from tests.inbox.test_pages import HTMX, do
from tests.upstream.server import Upstream


@pytest.fixture
def upstream(settings):
    with Upstream() as upstream:
        settings.OPENAI_BASE_URL = upstream.url
        yield upstream


def written() -> ReplyDraft:
    draft = ReplyDraft.objects.latest("id")
    tasks.write_reply_draft.apply((draft.pk,))
    draft.refresh_from_db()
    return draft


@guards("chatsite/inbox/drafts/reply_draft_call.py", ", reader=Audience.STAFF", "")
@guards(
    "chatsite/inbox/drafts/reply_drafts.py", "filter(state__in=OPEN)", "filter(state='written')"
)
def test_a_draft_is_written_from_the_articles_and_paid_for(staff, told, upstream):
    leaks = "A leaking pen is mended for free."
    Article.objects.create(title="Leaks", slug="leaks", body=leaks, audience="staff")
    upstream.says("We mend a leaking pen for free.")
    before = told.conversation.revision

    do(staff, told, "draft", text="Dear")
    waiting = do(staff, told, "draft", text="Dear")
    draft = written()
    tasks.write_reply_draft.apply((draft.pk,))
    shown = staff.get(f"/inbox/{told.conversation.pk}/draft/{draft.pk}/", headers=HTMX)

    assert "writing a draft" in waiting.content.decode()
    (call,) = upstream.requests
    assert call.model == "gpt-4"
    assert f"Leaks (for staff only)\\n{leaks}" in str(call.body)
    entry = LedgerEntry.objects.get(purpose="reply_draft")
    assert (entry.conversation, entry.amount) == (told.conversation.reference, draft.cost)
    page = shown.content.decode()
    assert "We mend a leaking pen for free." in page
    assert 'href="/help/leaks/" target="_blank">Leaks</a> (staff only)' in page
    assert staff.get("/help/leaks/").status_code == 200
    assert Client(headers={"host": "localhost"}).get("/help/leaks/").status_code == 404
    assert draft.shown_cost in page
    assert told.conversation.revision == before


def test_what_stands_in_the_way_is_said_and_no_typed_word_is_lost(staff, told, olga, upstream):
    response = staff.post(f"/inbox/{told.conversation.pk}/draft/", {"text": "Dear"})
    assert "Dear</textarea>" in response.content.decode()
    upstream.unauthorised()
    assert written().why == "No draft was written. gpt-4 did not answer (unauthorised)."

    Budget.objects.filter(key="reply draft").update(limit=1)
    do(staff, told, "draft")

    assert written().why == "No draft was written. The budget “Reply drafts, each day” is used up."
    other = ReplyDraft.objects.create(conversation=told.conversation, by=olga)
    theirs = staff.get(f"/inbox/{told.conversation.pk}/draft/{other.pk}/")
    assert theirs.status_code == 404
