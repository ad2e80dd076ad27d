"""The quality page: its figures against what happened, its filters, its list, and who sees it."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chatsite.chat.actions import rate, retry
from chatsite.chat.models import Message
from chatsite.monitor import answers_page, rollups, tasks
from chatsite.monitor.models import AnswerDay, AnswerHour
from chatsite.routing_mistakes.tasks import find_mistakes
from routing.models import AnswerCheck
from tests.chat.told import Told
from tests.monitor.people import signed_in, told

PAGE, LIST = reverse("monitor:quality"), reverse("monitor:answers")


def text(client: Client, address: str = PAGE) -> str:
    tasks.count_answers.apply()
    return " ".join(client.get(address).content.decode().split())


def give(each: Told, rating: Message.Rating | None) -> None:
    rate.answer(each.public_id, each.visitor, each.reply.pk, rating)


def doubted(each: Told, outcome: str) -> None:
    reply = each.reply
    AnswerCheck.objects.create(
        reference=reply.reference,
        call=reply.charge_reference,
        doubt=0.9,
        threshold=0.6,
        findings=[],
        features={},
        outcome=outcome,
    )


def test_an_empty_site_says_what_will_be_here(staff):
    assert "No answer ended in this period." in text(staff)


def test_ratings_are_shown_with_how_many_there_are_and_their_interval(staff):
    replies = [told(number) for number in range(10)]
    for each in replies[:3]:
        give(each, Message.Rating.GOOD)
    give(replies[3], Message.Rating.BAD)

    shown = text(staff)

    assert "75.0 %" in shown  # 3 of 4
    assert "30.1 % to 95.4 % with 95 % confidence. 40.0 % of answers were rated." in shown


def test_a_rating_that_is_taken_back_is_gone_from_the_page(staff):
    each = told(1)
    give(each, Message.Rating.BAD)
    assert "No rating yet." not in text(staff)

    give(each, None)

    assert "No rating yet." in text(staff)


def test_an_answer_that_is_asked_for_anew_is_counted_once(shop):
    each = Told().asks().failed()
    tasks.count_answers.apply()
    before = list(AnswerHour.objects.values_list("answers", "failure"))
    retry.reply(each.public_id, each.visitor, each.reply.pk)
    tasks.count_answers.apply()
    meanwhile = AnswerHour.objects.count()
    each.begins("strong")
    each.ends()
    tasks.count_answers.apply()

    assert before == [(1, "late")]
    assert meanwhile == 0
    assert list(AnswerHour.objects.values_list("answers", "tier", "failure")) == [(1, "strong", "")]


def test_counting_twice_changes_nothing(shop):
    told(1)
    told(2, "strong")
    rollups.refresh(timezone.now())
    first = list(AnswerHour.objects.order_by("tier").values())

    rollups.refresh(timezone.now())

    again = list(AnswerHour.objects.order_by("tier").values())
    assert [{**row, "id": 0} for row in again] == [{**row, "id": 0} for row in first]


def test_days_are_the_hours_added_up_also_in_another_zone(shop, settings):
    for number, at in enumerate(("2026-10-24 22:30", "2026-10-25 01:30", "2026-10-25 22:30")):
        each = told(number)
        ended = datetime.fromisoformat(f"{at}+00:00")
        Message.objects.filter(pk=each.reply.pk).update(ended_at=ended)

    def days() -> list[tuple[str, int]]:
        rollups.refresh(timezone.now())
        rows = AnswerDay.objects.order_by("day").values_list("day", "answers")
        return [(f"{timezone.localtime(day):%m-%d %H:%M}", answers) for day, answers in rows]

    settings.TIME_ZONE = "Europe/Berlin"  # its clocks went back in that night
    in_berlin = days()
    again = days()
    settings.TIME_ZONE = "UTC"
    in_utc = days()

    assert in_berlin == again == [("10-25 00:00", 3)]
    assert in_utc == [("10-24 00:00", 1), ("10-25 00:00", 2)]


def test_conversations_that_ended_without_an_answer_or_a_rating_are_counted(staff):
    silent, rated, failed, goes_on = told(1), told(2), Told(visitor="4" * 64).asks(), told(3)
    give(rated, Message.Rating.GOOD)
    failed.failed()
    goes_on.asks("And on Sundays?")
    now = timezone.now()
    ends = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat(), "what": "ended"}

    shown = text(staff)
    listed = staff.get(LIST, ends).content.decode()

    assert "66.7 %" in shown  # two of three: the fourth goes on
    assert "Without an answer: 33.3 %. Without a rating: 33.3 %. 3 conversations." in shown
    found = [each for each in (silent, rated, failed) if f"#message-{each.reply.pk}" in listed]
    assert found == [silent, failed]


def test_doubts_and_what_came_of_them_are_counted(staff):
    doubted(told(1), "replaced")
    doubted(told(2), "no_room")
    trusted = told(3)
    now = timezone.now()
    ends = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat()}

    for narrowed, found in (({}, 2), ({"tier": "cheap"}, 2), ({"tier": "strong"}, 0)):
        listed = staff.get(LIST, {**ends, "what": "doubted", **narrowed}).content.decode()
        assert listed.count("#message-") == found
        assert f"#message-{trusted.reply.pk}" not in listed
    assert "1 were replaced by the strong model, 1 were not." in text(staff)


def test_a_filter_leaves_the_other_tier_out(staff):
    told(1)
    told(2)
    told(3, "strong")

    assert "2 answers</a>" in text(staff, f"{PAGE}?tier=cheap")
    assert "1 answer</a>" in text(staff, f"{PAGE}?tier=strong")
    assert "No answer in this period matches these filters." in text(staff, f"{PAGE}?model=none")


@pytest.mark.parametrize("query", ["policy=x", "period=nonsense", "from=x&period=custom"])
def test_an_address_that_is_wrong_shows_the_page(staff, query):
    told(1)

    assert "1 answer</a>" in text(staff, f"{PAGE}?{query}")


def test_a_number_leads_to_its_answers(staff):
    bad, good = told(1), told(2)
    give(bad, Message.Rating.BAD)
    give(good, Message.Rating.GOOD)
    now = timezone.now()
    ends = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat()}

    shown = staff.get(LIST, {**ends, "what": "unhelpful"}).content.decode()

    assert f"#message-{bad.reply.pk}" in shown
    assert f"#message-{good.reply.pk}" not in shown


@pytest.mark.parametrize("kind", answers_page.KINDS)
def test_every_kind_of_answers_is_listed(staff, kind):
    told(1)
    now = timezone.now()

    address = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat(), "what": kind}

    assert staff.get(LIST, address).status_code == 200


@pytest.mark.parametrize(
    "query",
    [{}, {"what": "all", "from": "x", "to": "y"}, {"what": "?", "from": "2026-01-01T00:00Z"}],
)
def test_a_list_without_a_period_or_kind_is_refused_in_words(staff, query):
    response = staff.get(LIST, query)

    assert response.status_code == 400
    assert b"does not name a period" in response.content


def test_the_spreadsheet_has_a_row_for_each_step(staff):
    told(1)
    tasks.count_answers.apply()

    response = staff.get(reverse("monitor:export"), {"period": "7"})

    rows = response.content.decode().splitlines()
    assert rows[0].rstrip().strip('"').endswith("last_unrated")
    assert len(rows) == 8


@pytest.mark.parametrize("name", ["quality", "export", "answers", "grade"])
def test_who_may_not_read_conversations_sees_no_quality(shop, name):
    assert signed_in().get(reverse(f"monitor:{name}")).status_code == 403


def test_answers_are_narrowed_by_the_language_of_their_question(staff):
    german, english, old = told(1), told(2), told(3)
    for each, code in ((german, "de"), (english, "en")):
        Message.objects.filter(pk=each.reply.pk).update(language=code)
    tasks.count_answers.apply()
    now = timezone.now()
    ends = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat(), "what": "all"}

    page, of_german = text(staff), text(staff, f"{PAGE}?language=de")
    unknown = staff.get(LIST, {**ends, "language": "unknown"}).content.decode()

    assert 'value="de">German</option>' in page
    assert "1 answer</a>" in of_german
    assert "language German" in of_german
    assert "1 answer</a>" in text(staff, f"{PAGE}?language=unknown")
    assert f"#message-{old.reply.pk}" in unknown
    assert f"#message-{german.reply.pk}" not in unknown


def test_first_words_are_timed_where_that_is_known(staff):
    late, soon, old = told(1), told(2), told(3)
    for each, milliseconds in ((late, 3000), (soon, 400), (old, None)):
        Message.objects.filter(pk=each.reply.pk).update(first_words_ms=milliseconds)
    now = timezone.now()
    ends = {"from": (now - timedelta(days=1)).isoformat(), "to": now.isoformat(), "what": "late"}

    page = text(staff)
    listed = staff.get(LIST, ends).content.decode()

    assert "95th percentile. Median 0.5 s." in page
    assert "Known of 2 of 3 answers." in page
    assert f"#message-{late.reply.pk}" in listed
    assert f"#message-{soon.reply.pk}" not in listed


def test_the_page_takes_fifteen_queries_at_most(staff, django_assert_max_num_queries):
    for number in range(5):
        told(number)
    tasks.count_answers.apply()
    staff.get(PAGE)  # the first visit of a session also writes it

    with django_assert_max_num_queries(15):
        staff.get(PAGE)


def test_the_pages_beside_it_take_fifteen_queries_at_most(staff, django_assert_max_num_queries):
    for number in range(12):
        doubted(told(number), "no_room")
    for task in (tasks.count_answers, tasks.find_gaps, find_mistakes):
        task.apply()
    pages = ("monitor:gaps", "monitor:grade", "monitor:people", "routing_mistakes:list")
    staff.get(PAGE)  # as above

    for name in (*pages, "answer_tests:index"):
        with django_assert_max_num_queries(15):
            assert staff.get(reverse(name)).status_code == 200


def test_gaps_and_mistakes_are_those_of_the_last_night(staff):
    gaps = reverse("monitor:gaps")
    assert "Every question from the last" in text(staff, gaps)
    each = told(1)
    give(each, Message.Rating.BAD)
    today = text(staff, gaps)
    tasks.find_gaps.apply()
    tomorrow = text(staff, gaps)
    each.conversation.delete()

    assert "When are you open?" not in today
    assert "When are you open?" in tomorrow
    assert "When are you open?" not in text(staff, gaps)  # no words of it were kept
