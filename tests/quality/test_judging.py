"""A nightly sample of cheap answers is judged in a batch; verdicts become labels."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from billing.models import (
    Budget,
    BudgetPeriod,
    Hold,
    LedgerEntry,
    Price,
)
from chatsite.chat.actions import rate
from chatsite.chat.models import Message
from chatsite.knowledge.models import Article
from chatsite.monitor.grading import grading
from chatsite.monitor.models import Grade
from chatsite.offline.models import Batch, Item
from chatsite.offline.tasks import advance
from chatsite.quality import labels, tasks
from chatsite.quality.errors import BadVerdict
from chatsite.quality.judges import rubric, rubric_versions, sampling
from chatsite.quality.models import JudgeTrust, QualityLabel, Rubric
from chatsite.staff import roles
from chatsite.widget.models import Customer, Widget
from routing.models import AnswerCheck
from routing.tier_choice import Tier
from tests.chat.told import Told, batch_price, prices
from tests.guards import guards
from tests.monitor.people import signed_in
from tests.upstream.batches import Batches
from tests.upstream.server import Upstream

# By any of the tests below.
GUARDS = [
    (
        "chatsite/quality/judges/judging.py",
        "if not settings.JUDGED_PER_NIGHT or judged.exists():",
        "if judged.exists():",
    ),
    (
        "chatsite/quality/judges/judging.py",
        "    used += [asked[reference] for reference in queued]\n",
        "    used += asked.values()\n",
    ),
    (
        "chatsite/quality/judges/judging.py",
        '    if item.reference.startswith(f"{STRONG}:"):\n',
        "    if False:\n",
    ),
    (
        "chatsite/quality/judges/judging.py",
        "if not settings.JUDGED_PER_NIGHT or judged.exists():",
        "if not settings.JUDGED_PER_NIGHT:",
    ),
]

GOOD = '{"reason": "It answers both questions.", "score": 0.9, "confidence": 0.8}'


@pytest.fixture(scope="module")
def provider():
    with Upstream() as upstream:
        yield upstream


@pytest.fixture
def batches(provider, settings, db) -> Batches:
    settings.OPENAI_BASE_URL = provider.url
    settings.JUDGED_PER_NIGHT = 10
    batches = provider.batches = Batches()
    batches.otherwise = GOOD
    prices()
    # The successor of the first policy's strong model, which has no batch price.
    batch_price("gpt-5.6-sol", 2 * 10**9)
    return batches


def night() -> None:
    tasks.sample.apply()
    advance.apply()
    tasks.collect_verdicts.apply()


def test_a_cheap_answer_is_judged_and_labelled(batches):
    told = Told().asks("May I return it, and what does it cost?").answered("Yes, for nothing.")

    night()

    label = QualityLabel.objects.get()
    assert (label.reply, label.source, label.cheap) == (told.reply, "judged", 0.9)
    assert label.confidence == 0.8
    item = Item.objects.get(reference=f"judge:{told.reply.pk}")
    assert (item.state, item.text) == ("used", "It answers both questions.")
    entry = LedgerEntry.objects.get(reference=f"judge:{told.reply.pk}")
    assert (entry.purpose, entry.model_requested) == ("judging", "gpt-5.6-sol")
    assert (entry.service_tier, entry.tier, entry.estimated) == ("batch", "judge", False)
    line, _ = next(iter(batches.files.values())).splitlines()
    body = json.loads(line)["body"]
    assert body["response_format"]["json_schema"]["strict"]
    case = json.loads(body["messages"][1]["content"])
    assert case["answer"] == "Yes, for nothing."
    assert case["conversation"][-1]["text"] == "May I return it, and what does it cost?"


@guards(
    "chatsite/answering/question/context.py",
    "is_signed_in=sql.is_signed_in(visitor)",
    "is_signed_in=False",
)
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_a_judge_reads_what_the_customer_could_read(batches, is_signed_in):
    Article.objects.create(
        title="Dealers",
        slug="dealers",
        audience="signed_in",
        body="Dealers get a discount of 40 %.",
    )
    told = Told().asks("What discount do dealers get?").answered("40 %.")
    if is_signed_in:
        widget = Widget.objects.create(name="Shop")
        Customer.objects.create(widget=widget, reference="7", visitor=told.visitor)

    night()

    line, _ = next(iter(batches.files.values())).splitlines()
    case = json.loads(json.loads(line)["body"]["messages"][1]["content"])
    assert ("40 %" in json.dumps(case["articles"])) == is_signed_in


@guards("chatsite/quality/judges/judging.py", "rubric=item.version or None", "rubric=None")
@guards("chatsite/monitor/grading/grading.py", "        by_it, reply__in", "        reply__in")
@guards("chatsite/quality/labels.py", "filter(id=IN_FORCE)", "filter(id=2)")
def test_a_changed_rubric_is_a_version_that_judgements_name_and_can_be_returned_from(batches):
    roles.grant()
    operator, add = signed_in("operators"), reverse("admin:quality_rubric_add")
    early = Told().asks("Is it free?").answered("Yes.")
    tasks.sample.apply()
    assert "1.0  Answers every question asked" in operator.get(add).content.decode()
    operator.post(add, {"text": "Only 1.0 or 0.0.", "reason": "Stricter."})

    advance.apply()
    tasks.collect_verdicts.apply()
    Batch.objects.update(created_at=timezone.now() - timedelta(days=1))
    late = Told(visitor="w" * 64).asks("Is it free?").answered("Yes.")
    night()

    # What was asked by the first version is judged by it, though the second is in force.
    named = dict(QualityLabel.objects.values_list("reply", "rubric"))
    assert named == {early.reply.pk: 1, late.reply.pk: 2}
    assert asked(batches, f"judge:{late.reply.pk}")[0]["content"].startswith("Only 1.0 or 0.0.")
    JudgeTrust.objects.create(id=1, kappa=0.1, pairs=30)
    nora = User.objects.create_user("nora")
    Grade.objects.create(reply=early.reply, by=nora, verdict="wrong")
    assert (grading.trust().rubric, grading.trust().judge.pairs) == (2, 0)
    assert labels.not_trusted() == ()

    first, second = Rubric.objects.order_by("version")
    operator.post(reverse("admin:quality_rubric_return", args=[first.pk]))

    assert (grading.trust().rubric, grading.trust().judge.pairs) == (1, 1)
    assert labels.not_trusted() == (QualityLabel.Source.JUDGED,)
    listed = " ".join(
        operator.get(reverse("admin:quality_rubric_changelist")).content.decode().split()
    )
    assert "0.10 on 30 answers" in listed
    again = operator.post(add, {"text": first.text, "reason": "The same."})
    assert "in force already" in again.content.decode()
    one = operator.get(reverse("admin:quality_rubric_change", args=[second.pk])).content.decode()
    assert "Return to this version" in one
    assert "Stricter." in one
    history = LogEntry.objects.filter(object_id=first.pk).get()
    assert (str(history.user), history.get_change_message()) == ("operators", "Put in force again.")


@guards("chatsite/quality/judges/rubric_versions.py", "current.text == rubric.SHIPPED", "True")
def test_a_reworded_shipped_rubric_is_the_next_version_unless_one_was_chosen(db, monkeypatch):
    first = rubric_versions.in_force()
    monkeypatch.setattr(rubric, "SHIPPED", "Other words.")

    reworded = rubric_versions.in_force()
    rubric_versions.return_to(first, None)

    assert (reworded.version, reworded.text) == (2, "Other words.")
    assert rubric_versions.in_force() == first


@pytest.fixture
def cheap_batches(batches) -> None:
    """The cheap tier's successor is sold in batches too."""
    batch_price("gpt-5.6-terra", 10**9)


def test_a_strong_answer_is_judged_beside_what_the_cheap_model_would_have_said(
    batches, cheap_batches
):
    told = Told().asks("May I return it?").answered("Yes, within 30 days.", tier="strong")
    number = told.reply.pk
    batches.says[f"cheap:{number}"] = "Yes, in 30 days."
    batches.says[f"judge:{number}"] = '{"reason": "Right.", "score": 0.9}'
    batches.says[f"judge-strong:{number}"] = '{"reason": "Right.", "score": 1.0}'

    night()
    advance.apply()
    tasks.collect_verdicts.apply()

    label = QualityLabel.objects.get()
    assert (label.reply, label.cheap, label.strong) == (told.reply, 0.9, 1.0)
    answers = [
        json.loads(asked(batches, f"{kind}:{number}")[1]["content"])["answer"]
        for kind in ("judge", "judge-strong")
    ]
    assert answers == ["Yes, in 30 days.", "Yes, within 30 days."]
    entry = LedgerEntry.objects.get(reference=f"cheap:{number}")
    assert (entry.model_requested, entry.service_tier) == ("gpt-5.6-terra", "batch")


def test_the_sample_has_some_of_each_kind(shop_of_many):
    drawn = sampling.draw(timezone.now() + timedelta(seconds=1), Tier.CHEAP, 10)

    kinds = Counter(sampling._kinds(drawn))
    assert kinds == {
        sampling.Kind.RATED: 3,
        sampling.Kind.DOUBTED: 2,
        sampling.Kind.LANGUAGE: 1,
        sampling.Kind.NEAR: 2,
        sampling.Kind.LOW: 2,
    }


@pytest.fixture
def shop_of_many(batches) -> None:
    """60 plain answers, and few of each other kind."""
    for number in range(60):
        each = Told(visitor=f"{number:064}").asks()
        each.begins(score=6.0 if number in {7, 8} else 3.0)
        german = "Wir haben von neun bis fünf Uhr für Sie geöffnet."
        each.ends(german if number == 9 else "We are open from nine to five on each day.")
        if number < 3:
            rate.answer(each.public_id, each.visitor, each.reply.pk, Message.Rating.GOOD)
        elif number < 6:
            AnswerCheck.objects.create(
                reference=each.reply.reference,
                call=each.reply.charge_reference,
                doubt=0.9,
                threshold=0.6,
                findings=[],
                features={},
                outcome="shown",
            )


def test_of_some_turns_the_strong_answer_is_judged_too(batches):
    told = Told().asks("May I return it?").answered("No.")
    number = told.reply.pk
    batches.says[f"judge:{number}"] = '{"reason": "Wrong.", "score": 0.1}'
    batches.says[f"strong:{number}"] = "Yes, within 30 days."
    batches.says[f"judge-strong:{number}"] = '{"reason": "Right.", "score": 1.0}'

    night()
    label = QualityLabel.objects.get()
    assert (label.cheap, label.strong) == (0.1, None)
    advance.apply()
    tasks.collect_verdicts.apply()

    label.refresh_from_db()
    assert (label.cheap, label.strong) == (0.1, 1.0)
    case = json.loads(asked(batches, f"judge-strong:{number}")[1]["content"])
    assert case["answer"] == "Yes, within 30 days."
    # The strong tier is asked as in the chat, and does not see what the cheap one wrote.
    assert [each["role"] for each in asked(batches, f"strong:{number}")] == ["system", "user"]
    assert "Use only the articles below" in asked(batches, f"strong:{number}")[0]["content"]
    assert Item.objects.get(reference=f"strong:{number}").text == ""
    assert set(LedgerEntry.objects.filter(tier="judge").values_list("purpose", "service_tier")) == {
        ("judging", "batch")
    }


def asked(batches: Batches, reference: str) -> list[dict[str, str]]:
    """The messages of this call."""
    lines = [json.loads(line) for file in batches.files.values() for line in file.splitlines()]
    return next(each["body"]["messages"] for each in lines if each["custom_id"] == reference)


def test_strong_answers_are_few_and_the_first_to_be_left_out(batches):
    for number in range(5):
        Told(visitor=str(number)).asks().answered()
    tasks.sample.apply()
    assert Item.objects.filter(reference__startswith="strong:").count() == 2
    verdicts = [item for item in Item.objects.all() if item.reference.startswith("judge:")]
    held = Hold.objects.filter(reference__in=[item.reference for item in verdicts])
    limit = sum(held.values_list("amount", flat=True))

    for rows in (Item, Batch, Hold, BudgetPeriod):
        rows.objects.all().delete()
    Budget.objects.update(limit=limit + 1)
    tasks.sample.apply()

    assert [item.reference.partition(":")[0] for item in Item.objects.all()] == ["judge"] * 5


def test_the_nights_strong_answers_are_judged_in_one_batch(batches):
    for number in range(12):
        told = Told(visitor=str(number)).asks().answered()
        batches.says[f"strong:{told.reply.pk}"] = "From nine to five."

    night()

    judged = Item.objects.filter(reference__startswith="judge-strong:")
    assert judged.count() == 3
    assert judged.values("batch").distinct().count() == 1


def test_without_room_for_its_verdict_a_strong_answer_waits(batches):
    told = Told().asks().answered()
    batches.says[f"strong:{told.reply.pk}"] = "From nine to five."
    tasks.sample.apply()
    advance.apply()
    limit = Budget.objects.get().limit
    Budget.objects.update(limit=1)

    tasks.collect_verdicts.apply()
    assert Item.objects.get(reference=f"strong:{told.reply.pk}").state == "answered"
    Budget.objects.update(limit=limit)
    tasks.collect_verdicts.apply()
    night()

    assert QualityLabel.objects.get().strong == 0.9


@pytest.mark.parametrize("how", [{"tier": "strong"}, {"text": ""}])
def test_only_finished_cheap_answers_are_judged(batches, how):
    told = Told().asks()
    if how.get("tier"):
        told.answered(tier="strong")
    else:
        told.failed()

    night()

    assert not Batch.objects.exists()


def test_a_night_has_one_sample_of_the_size_that_is_set(batches, settings):
    settings.JUDGED_PER_NIGHT = 2
    for number in range(4):
        Told(visitor=str(number)).asks().answered()

    night()
    night()

    assert Item.objects.filter(reference__startswith="judge:").count() == 2
    assert QualityLabel.objects.count() == 2


def test_judging_is_off_until_it_is_asked_for(batches, settings):
    settings.JUDGED_PER_NIGHT = 0
    Told().asks().answered()

    night()

    assert not Batch.objects.exists()
    assert not Budget.objects.exists()


def test_judging_has_a_budget_of_its_own(batches):
    Told().asks().answered()
    night()
    budget = Budget.objects.get()
    assert (budget.name, budget.key, budget.period) == ("Judging, each day", "judge", "day")

    Budget.objects.update(limit=1)
    Batch.objects.all().delete()
    Told(visitor="another").asks().answered()
    night()

    assert not Batch.objects.exists()
    assert Budget.objects.count() == 1


def test_without_a_batch_price_nothing_is_judged(batches):
    Price.objects.filter(service_tier="batch").delete()
    Told().asks().answered()

    night()

    assert not Batch.objects.exists()


def test_verdicts_that_are_none_become_no_labels(batches):
    told = [Told(visitor=str(number)).asks().answered() for number in range(2)]
    batches.says[f"judge:{told[0].reply.pk}"] = "It is good."

    night()

    assert [label.reply for label in QualityLabel.objects.all()] == [told[1].reply]
    failed = Item.objects.get(reference=f"judge:{told[0].reply.pk}", state="failed")
    assert (failed.failure, failed.text) == ("unreadable", "")


def test_nothing_is_kept_of_a_conversation_that_is_deleted_meanwhile(batches):
    told = Told().asks().answered()
    tasks.sample.apply()
    advance.apply()
    told.conversation.delete()

    tasks.collect_verdicts.apply()

    assert not QualityLabel.objects.exists()
    assert set(Item.objects.values_list("state", "text")) == {("used", "")}
    assert LedgerEntry.objects.filter(purpose="judging").exists()


def test_verdicts_are_collected_once(batches):
    Told().asks().answered()
    night()
    said_at = QualityLabel.objects.get().said_at

    tasks.collect_verdicts.apply()

    assert QualityLabel.objects.get().said_at == said_at


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        (1.1, "Too good."),
        (-0.1, "Too bad."),
        (True, "No number."),
        (float("nan"), "No number."),
        ("0.5", "No number."),
        (0.5, None),
    ],
)
def test_a_verdict_is_checked(score: Any, reason: Any):
    with pytest.raises(BadVerdict):
        rubric.read(json.dumps({"score": score, "reason": reason}))


@pytest.mark.parametrize("text", ["", "[]", "null", "0.5", '{"score": 0.5}', "[" * 10**5])
def test_what_is_no_verdict_is_refused(text):
    with pytest.raises(BadVerdict):
        rubric.read(text)


def test_a_long_reason_is_cut():
    said = rubric.read(json.dumps({"score": 1, "reason": "long " * 1000, "confidence": "much"}))

    assert (said.score, len(said.reason)) == (1.0, rubric.LONGEST_REASON)
    assert said.confidence is None


def test_the_night_is_brought_forward_once(batches, capsys, settings):
    Told().asks().answered()

    call_command("judge")
    assert "2 calls queued: verdicts, and strong answers" in capsys.readouterr().out
    with pytest.raises(CommandError, match="tonight's sample is already queued"):
        call_command("judge")
    settings.JUDGED_PER_NIGHT = 0
    with pytest.raises(CommandError, match="JUDGED_PER_NIGHT"):
        call_command("judge")


def test_a_judge_without_a_batch_price_is_named(batches):
    Price.objects.filter(service_tier="batch").delete()

    with pytest.raises(CommandError, match="no batch price is in force for gpt-4 or"):
        call_command("judge")
