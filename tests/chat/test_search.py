"""Staff find conversations by what was said in them."""

import pytest

from chatsite.chat.admin import conversation_search
from chatsite.chat.models import Conversation, Message, Summary
from chatsite.staff import roles
from tests.chat.test_admin import LIST, member, signed_in, text
from tests.chat.told import Told, prices
from tests.guards import guards


def found(*terms: str) -> set[str]:
    return {each.visitor for each in conversation_search.holding(Conversation.objects.all(), terms)}


@pytest.fixture
def said(db) -> dict[str, Told]:
    prices()
    told = {
        "a": Told(visitor="a").asks("Where is ORD-1234?").answered("Order 1234 is on its way."),
        "b": Told(visitor="b")
        .asks("I paid 100% by e-mail")
        .answered("Écrivez-nous, s'il vous plaît."),
        "c": Told(visitor="c").asks("我的包裹在哪里").answered("Soon."),
        "d": Told(visitor="d").asks("A parcel and a half"),
    }
    Summary.objects.create(conversation=told["c"].conversation, text="Lost parcel.", revision=2)
    return told


CASES = [
    (("1234",), {"a"}),
    (("ord-12",), {"a"}),
    (("ORDER", "way"), {"a"}),
    # In one message: the question says one of them, the answer the other.
    (("where", "way"), set()),
    (("100%",), {"b"}),
    (("%",), {"b"}),
    (("plaît",), {"b"}),
    (("e-mail",), {"b"}),
    (("e_mail",), set()),
    (("包裹",), {"c"}),
    (("lost",), {"c"}),
    (("parcel",), {"c", "d"}),
    (("'", '"'), set()),
    (('"par*" OR',), set()),
    (("par:*", "|"), set()),
]


@guards(
    "chatsite/chat/admin/conversation_search.py", "    if are_words(terms):\n", "    if words:\n"
)
@guards("chatsite/chat/admin/conversation_search.py", " and not UNSPACED.search(term)", "")
@pytest.mark.parametrize(("terms", "expected"), CASES)
def test_words_are_found(said, terms, expected):
    assert found(*terms) == expected


@pytest.mark.parametrize(("terms", "expected"), CASES)
def test_frequent_words_are_found_by_reading(said, monkeypatch, terms, expected):
    monkeypatch.setattr(conversation_search, "FREQUENT", 1)

    assert found(*terms) == expected


def test_what_is_not_whole_yet_is_not_indexed(said):
    reply = Message.objects.create(
        conversation=said["d"].conversation, position=9, role="assistant", text="zebra"
    )
    assert found("zebra") == {"d"}

    reply.text = "zebu"
    reply.save()
    assert (found("zebra"), found("zebu")) == (set(), {"d"})

    Message.objects.filter(pk=reply.pk).update(text="")
    assert found("zebu") == set()

    Message.objects.filter(pk=reply.pk).update(text="zebra")
    reply.delete()
    assert found("zebra") == set()


def test_what_is_deleted_is_found_no_more(said):
    said["c"].conversation.delete()
    said["d"].conversation.delete()

    assert found("parcel") == set()


def test_a_summary_is_written_anew(said):
    Summary.objects.update(text="Found again.")

    assert found("lost") == set()
    assert found("again") == {"c"}


@guards(
    "chatsite/chat/admin/conversation_search.py",
    "_reading(rows.filter(id__in=newest), terms)",
    "_reading(rows, terms)",
)
def test_what_is_no_word_is_looked_for_in_the_newest_conversations(said, monkeypatch):
    staff = signed_in(member("nora", roles.STAFF))
    Told(visitor="e").asks("50% off?")
    monkeypatch.setattr(conversation_search, "MOST_READ", 1)

    shown = staff.get(LIST, {"q": "%"})

    assert found("%") == {"e"}
    assert found("100%") == {"b"}  # of what its words leave
    assert found("包裹") == set()
    assert "are only searched in the newest 1 conversations" in text(shown)
    assert "the newest 1 conversations" not in text(staff.get(LIST, {"q": "parcel"}))
