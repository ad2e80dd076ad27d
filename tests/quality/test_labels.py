"""Labels: what is known of cheap answers, each source once."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from chatsite.quality import labels
from chatsite.quality.models import QualityLabel
from tests.chat.told import Told, prices
from tests.guards import guards

Source = QualityLabel.Source


@pytest.fixture
def told(db) -> Told:
    prices()
    return Told().asks().answered()


def test_the_newest_word_of_a_source_is_the_one_that_counts(told):
    reply = told.reply

    labels.add(reply.pk, Source.JUDGED, cheap=0.4, strong=0.9)
    labels.add(reply.pk, Source.JUDGED, cheap=0.5, strong=1.0)
    labels.add(reply.pk, Source.RATING, cheap=0.0)

    found = QualityLabel.objects.order_by("source").values_list(
        "source", "cheap", "strong", "weight"
    )
    assert list(found) == [("judged", 0.5, 1.0, 1.0), ("rating", 0.0, None, 0.8)]


@pytest.mark.parametrize(
    "wrong", [{"cheap": -0.1}, {"cheap": 1.1}, {"strong": 1.1}, {"weight": 0.0}, {"weight": 1.1}]
)
def test_a_label_is_within_its_range(told, wrong):
    fields = {"cheap": 0.5, "strong": None, "weight": 0.5} | wrong

    with pytest.raises(IntegrityError), transaction.atomic():
        QualityLabel.objects.create(reply=told.reply, source=Source.RATING, **fields)


def test_a_deleted_conversation_takes_its_labels_along(told):
    labels.add(told.reply.pk, Source.JUDGED, cheap=0.4)

    told.conversation.delete()

    assert not QualityLabel.objects.exists()


@guards("chatsite/quality/admin.py", '    list_display_links = ["source"]\n', "")
def test_a_label_in_the_list_leads_to_its_answer(told, admin_client):
    labels.add(told.reply.pk, Source.JUDGED, cheap=0.4)

    listed = admin_client.get(reverse("admin:quality_qualitylabel_changelist")).content.decode()

    # A link in a link would lead nowhere.
    page = reverse("admin:chat_conversation_change", args=[told.conversation.pk])
    link = f'<a href="{page}#message-{told.reply.pk}">{told.reply.reference}</a>'
    assert f'<td class="field-conversation">{link}</td>' in listed
