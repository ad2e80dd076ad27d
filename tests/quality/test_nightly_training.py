"""A night's learning: labels in, a proposal out, and nothing in force changes by itself."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from billing.models import LedgerEntry
from chatsite.llm import embeddings as server
from chatsite.quality import answer_outcomes, tasks
from chatsite.quality.learning import improvement_proposals, nightly_training, training
from chatsite.quality.learning.training import held_back
from chatsite.quality.learning.training_examples import Example, read
from chatsite.quality.models import Proposal, QualityLabel
from routing import policies
from routing.analysis import first_day_score
from routing.analysis.features import measure
from routing.decisions import scored
from routing.learning import learned_models, model_training
from routing.models import LearnedModel
from routing.tier_choice import Turn
from tests.guards import guards
from tests.quality import traffic
from tests.upstream.embeddings import Embeddings
from tests.upstream.server import Upstream

# By any of the tests below.
GUARDS = [
    (
        "chatsite/quality/learning/training.py",
        "    before = [example for example in found if example.asked_at <= since]\n",
        "    before = list(found)\n",
    ),
    (
        "chatsite/quality/learning/training.py",
        "    if firm < LEAST_LABELS:\n",
        "    if firm < 0:\n",
    ),
]

pytestmark = pytest.mark.django_db


HARD = traffic.HARD


@pytest.fixture(autouse=True)
def _nothing_read() -> None:
    learned_models.analyzer.cache_clear()
    learned_models.checker.cache_clear()


def lines() -> list[str]:
    return list(nightly_training.learn(timezone.now(), timedelta(days=30)))


def test_few_labels_leave_the_first_day_in_force(capsys):
    traffic.rated(190)

    call_command("learn")

    said = capsys.readouterr().out
    assert "Analyzer: the model in use stays; 190 labels are not enough to learn from" in said
    assert not Proposal.objects.exists()


def test_labels_become_proposals_and_an_accepted_one_decides(monkeypatch):
    # The first day has it the wrong way round here: what looks hard is answered well.
    monkeypatch.setattr(traffic, "HARD", easy := traffic.EASY)
    monkeypatch.setattr(traffic, "EASY", [each for each in HARD if each not in easy])
    traffic.rated(260)
    before = policies.current()

    first, second = lines(), lines()

    assert policies.current() == before
    # On the first day "I cannot find that" is not wrong; these customers say that it will not do.
    assert [line.endswith("to be reviewed.") for line in first] == [False, True, True]
    assert [line.endswith("nothing new since the last proposal.") for line in second[1:]] == [
        True,
        True,
    ]
    analyzer = Proposal.objects.get(learned__kind=LearnedModel.Kind.ANALYZER)
    evaluation = analyzer.learned.evaluation
    assert evaluation["proposed"]["apgr"]["value"] > evaluation["in_force"]["apgr"]["value"] + 0.1
    assert evaluation["proposed"]["miscalibration"] < 0.15
    assert analyzer.learned.labels == 260
    promised = evaluation["promised"]
    assert 0 < promised["bad"] < promised["answers"] <= evaluation["held_back"]

    policy = improvement_proposals.accept(analyzer.pk, None)

    assert policy.threshold == analyzer.threshold
    engraving, stock = (
        scored(Turn(text), policies.current())[0].value
        for text in ("Is the engraving done by hand?", "Do you have the pen in stock?")
    )
    assert stock > engraving + 1


@pytest.fixture
def embeddings(settings) -> Iterator[Embeddings]:
    """A server whose embeddings routing takes for those that it knows."""
    probes = first_day_score.shipped().probes
    with Upstream() as upstream:
        upstream.embeddings.serves = True
        upstream.embeddings.width = len(probes[0].vector)
        upstream.embeddings.vectors = {probe.text: probe.vector for probe in probes}
        settings.OPENAI_BASE_URL = upstream.url
        call_command("import_prices", "--yes", stdout=StringIO())
        yield upstream.embeddings


def test_a_model_is_taught_by_the_meaning_of_messages_where_routing_reads_it(embeddings):
    traffic.rated(120)
    answer_outcomes.collect(timezone.now() - timedelta(days=30))

    found = read()
    head = model_training.model([each.label for each in found]).cheap

    assert {len(each.label.measured.vector) for each in found} == {embeddings.width}
    assert "meaning" in found[0].label.measured.seen.terms
    assert len(head.vector) == embeddings.width
    # Each text once, and in batches; the first only asks whether routing knows the model.
    asked = [text for request in embeddings.asked for text in request["input"]]
    assert len(asked) == len(set(asked))
    assert len(embeddings.asked) <= 2 + len(asked) // server.MOST_TEXTS
    entries = LedgerEntry.objects.filter(reference__startswith="learn:")
    assert {(each.purpose, each.outcome) for each in entries} == {("search", "embedded")}


def test_another_models_embeddings_teach_nothing(embeddings):
    embeddings.vectors.clear()
    traffic.rated(30)
    answer_outcomes.collect(timezone.now() - timedelta(days=30))

    assert {each.label.measured.vector for each in read()} == {()}
    assert len(embeddings.asked) == 1


def test_the_newest_week_is_held_back_and_nothing_inferred_is_measured_on():
    traffic.rated(190, days=20)
    lines()
    newest = QualityLabel.objects.filter(source=QualityLabel.Source.RATING).order_by("-reply_id")[
        :10
    ]
    QualityLabel.objects.filter(pk__in=[label.pk for label in newest]).update(weight=0.2)

    before, after = held_back(read(), timezone.now())

    week = timezone.now() - timedelta(days=7)
    assert all(example.asked_at <= week for example in before)
    assert all(example.asked_at > week for example in after)
    assert all(example.is_firm for example in after)
    assert len(before) + len(after) == 180


def examples(count: int, judged: bool, seed: int) -> list[Example]:
    """The strong tier does no better than the cheap one at letters, and else well."""
    now = timezone.now()
    return [
        Example(
            number,
            now - timedelta(days=20) * (1 - number / count),
            model_training.Label(
                measure(Turn(text)),
                float(not fails),
                float(not fails or "letters" not in text) if judged else None,
            ),
        )
        for number, (text, fails) in enumerate(traffic.asked(count, seed))
    ]


@guards(
    "chatsite/quality/learning/training.py",
    "[each for each in candidates if compared or not each.needs_comparing]",
    "candidates",
)
def test_thumbs_do_not_undo_what_judges_taught():
    judged, rated = examples(220, True, 1), examples(220, False, 2)
    model = model_training.model([example.label for example in judged])
    now, since = timezone.now(), timezone.now() - timedelta(days=30)

    by_judges = training.best_analyzer(judged, None, None, now)
    by_thumbs = training.best_analyzer(rated, model, since, now)

    assert model.strong is not None
    assert by_judges.compared >= training.FEWEST_HELD_BACK
    assert (by_thumbs.compared, by_thumbs.how) == (
        0,
        "what is in force, with probabilities as they are now",
    )
    assert by_thumbs.model.cheap == model.cheap


def test_the_nights_learning_runs_in_a_process_of_its_own(monkeypatch):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))

    tasks.learn.apply()

    assert [command[-2:] for command in commands] == [["manage.py", "learn"]]
