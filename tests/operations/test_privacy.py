"""What is kept of customers: exported, erased and forgotten in time."""

import io
import json
import uuid
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from chatsite.chat.actions import ask
from chatsite.chat.models import Conversation, DeletedConversation
from chatsite.operations import tasks

pytestmark = pytest.mark.django_db
HERS, HIS = "a" * 64, "b" * 64


def said(text: str, visitor: str) -> uuid.UUID:
    name = uuid.uuid4()
    ask.question(name, visitor, text, uuid.uuid4())
    return name


def printed(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_a_customer_is_given_what_is_stored_of_them_and_nothing_of_others():
    first, _ = said("My first", HERS), said("My second", HERS)
    said("Not hers", HIS)

    one = json.loads(printed("export_conversation", str(first)))
    all_of_hers = printed("export_conversation", str(first), "--visitor")

    assert one[0]["messages"][0]["text"] == "My first"
    assert len(json.loads(all_of_hers)) == 2
    assert "Not hers" not in all_of_hers


def test_a_visitor_is_erased_with_all_conversations():
    first, second, his = said("one", HERS), said("two", HERS), said("three", HIS)

    assert printed("erase_conversation", str(first), "--visitor") == "2 erased.\n"

    assert list(Conversation.objects.values_list("public_id", flat=True)) == [his]
    gone = set(DeletedConversation.objects.values_list("public_id", flat=True))
    assert gone == {first, second}
    with pytest.raises(CommandError):
        printed("erase_conversation", str(first))


@pytest.mark.parametrize(("days", "left"), [(0, 2), (30, 1), (90, 2)])
def test_what_is_older_than_the_site_keeps_is_erased(settings, days, left):
    old = said("old", HERS)
    said("new", HIS)
    ago = timezone.now() - timedelta(days=60)
    Conversation.objects.filter(public_id=old).update(active_at=ago)
    settings.KEEP_CONVERSATIONS_DAYS = days

    tasks.keep_no_longer.apply()

    assert Conversation.objects.count() == left
