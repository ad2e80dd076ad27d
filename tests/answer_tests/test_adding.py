"""Tests come from answers, from files, and with the sample shop."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from chatsite.answer_tests import csv_files
from chatsite.answer_tests.csv_files import BadFile
from chatsite.answer_tests.models import Case, CaseSet
from chatsite.chat.actions import delete_conversation, rate
from chatsite.chat.models import Message
from tests.chat.told import Told


def answered(text: str = "It costs €14.95, within 7 days.") -> Told:
    each = Told().asks("How much is shipping to Norway?").answered(text)
    sources = [{"title": "Shipping costs", "url": "/help/shipping/"}]
    Message.objects.filter(pk=each.reply.pk).update(sources=sources)
    return each


def test_one_click_makes_a_test_of_an_answer(staff):
    each = answered()
    page = staff.get(reverse("admin:chat_conversation_change", args=[each.conversation.pk]))
    address = reverse("answer_tests:add", args=[each.reply.pk])
    assert f'action="{address}"' in page.content.decode()

    response = staff.post(address)

    case = Case.objects.get()
    assert response.url == reverse("admin:answer_tests_case_change", args=[case.pk])
    assert case.question == "How much is shipping to Norway?"
    assert case.must_say.splitlines() == ["€14.95", "7 days"]
    assert (case.tier, case.sources, case.language) == ("cheap", "shipping", "en")


def test_the_same_answer_makes_one_test(staff):
    each = answered()
    for _ in range(2):
        staff.post(reverse("answer_tests:add", args=[each.reply.pk]))

    assert Case.objects.count() == 1


def test_earlier_turns_come_along(staff):
    each = answered()
    each.asks("And to Sweden?").answered("It costs €9.95.")

    staff.post(reverse("answer_tests:add", args=[each.reply.pk]))

    case = Case.objects.get()
    assert case.question == "And to Sweden?"
    assert case.earlier == (
        "Customer: How much is shipping to Norway?\nAssistant: It costs €14.95, within 7 days."
    )


def test_a_bad_answers_words_are_not_what_is_expected(staff):
    each = answered()
    rate.answer(each.public_id, each.visitor, each.reply.pk, Message.Rating.BAD)

    staff.post(reverse("answer_tests:add", args=[each.reply.pk]))

    assert Case.objects.get().must_say == ""


def test_a_test_goes_with_its_conversation_until_somebody_has_saved_it(staff):
    for number in range(2):
        each = Told(visitor=f"{number:064}").asks().answered()
        staff.post(reverse("answer_tests:add", args=[each.reply.pk]))
    first, second = Case.objects.order_by("id")
    form = {"set": first.set_id, "question": "When are you open?", "must_say": "nine"}
    assert (
        staff.post(reverse("admin:answer_tests_case_change", args=[first.pk]), form).status_code
        == 302
    )

    assert first.reply and second.reply  # noqa: PT018
    conversations = [first.reply.conversation_id, second.reply.conversation_id]
    delete_conversation.conversations(conversations)

    assert list(Case.objects.values_list("question", flat=True)) == ["When are you open?"]


def test_a_file_of_tests_is_imported_once(staff):
    text = "question;must_say;tier\nHow much?;€14.95|14,95 €;cheap\n"
    for _ in range(2):
        file = SimpleUploadedFile("tests.csv", text.encode())
        staff.post(reverse("answer_tests:import"), {"file": file, "name": "From a file"})

    case = Case.objects.get()
    assert (case.must_say, case.tier, case.set.name) == ("€14.95|14,95 €", "cheap", "From a file")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "first line"),
        ("answer\nx", "question"),
        ("question,colour\nx,red", "Unknown column: colour"),
        ("question,tier\nx,great", "Line 2"),
        ("question\n\nx\n" + "y" * 4001, "Line"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_adds_nothing(tests, text, why):
    with pytest.raises(BadFile, match=why):
        csv_files.read(text, tests)

    assert not Case.objects.exists()


def test_what_is_exported_can_be_imported(norway, staff):
    Case.objects.create(set=norway.set, question="=SUM(A1)", must_say="+31 10\nx", person="yes")
    file = b"".join(
        part if isinstance(part, bytes) else part.encode()
        for part in staff.get(reverse("answer_tests:export", args=[norway.set_id]))
    ).decode()

    copy = CaseSet.objects.create(name="Copy")
    csv_files.read(file, copy)

    fields = ("question", *csv_files.COLUMNS)
    assert list(copy.cases.values_list(*fields)) == list(norway.set.cases.values_list(*fields))


@pytest.mark.django_db
def test_the_sample_shop_ships_60_tests():
    for _ in range(2):
        call_command("load_shop", verbosity=0)

    sets = CaseSet.objects.filter(name__startswith="Sample shop")
    assert Case.objects.filter(set__in=sets).count() == 60
    assert [each.cases.count() for each in sets.filter(guards=True)] == [20]
