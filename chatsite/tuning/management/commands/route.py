"""`manage.py route "text"`: one decision under the policy in force, explained. Stores nothing."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatsite.knowledge import articles
from chatsite.knowledge.embeddings import hazard_example_embeddings, question_embeddings
from chatsite.knowledge.search import question
from routing import decisions, policies, score_display
from routing.analysis import learned_score
from routing.analysis.features import language
from routing.errors import NoPolicy
from routing.models import Policy, TaskType
from routing.task_types import library
from routing.tier_choice import Task, Tier, Turn, choose, for_task

_NOTES = {
    analyzer.value: "the site asks the model; nothing is asked here"
    for analyzer in (Policy.Analyzer.MODEL, Policy.Analyzer.COMBINED)
}


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not a number") from error
    if not 0 <= value <= 1:
        raise ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


class Command(BaseCommand):
    help = (
        "Explains which model a message would go to, and why. Only the embeddings model is "
        "asked, and no decision is stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", help="the customer's message")
        parser.add_argument(
            "--earlier",
            action="append",
            default=[],
            metavar="TEXT",
            help="what the customer wrote before, oldest first; repeat it for more",
        )
        parser.add_argument(
            "--evidence",
            type=share,
            help="0 to 1, how well the articles cover it; default: the articles are searched as "
            "for a customer",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        text, earlier = options["text"], tuple(options["earlier"])
        asked = question.of(text, "".join(earlier[-1:]))
        meant = question_embeddings.of_one(asked)
        found = articles.matching(asked, meant)
        is_given = options["evidence"] is not None
        evidence = options["evidence"] if is_given else found.evidence
        task = library.recognise(text)
        turn = Turn(
            text,
            earlier,
            evidence,
            task=task,
            vector=meant.for_routing,
            like=hazard_example_embeddings.like(meant),
        )
        try:
            policy = policies.current()
        except NoPolicy as error:
            raise CommandError(str(error)) from error
        score, seen = decisions.scored(turn, policy)
        least = learned_score.floor(seen)
        score = for_task(score, task, least)
        choice = choose(score, policy.threshold, task=task, least=least)
        model = policy.strong_model if choice.tier is Tier.STRONG else policy.cheap_model
        sure = score_display.probability(evidence)
        lines = {
            "Tier": f"{choice.tier} ({model})",
            "Score": f"{choice.score:g} of 10; {policy} sends strong from {choice.threshold:g} on",
            "Evidence": f"{sure}, {'as given' if is_given else found.searched}",
            "Task type": _in_words(task),
            "Changes": f"strong up to a threshold of {choice.score:g}, cheap above it",
            "Analyzer": "; ".join(filter(None, (choice.analyzer, _NOTES.get(policy.analyzer)))),
            "Reason": choice.reason,
            "Moved by": ", ".join(f"{m.name} {m.points:+.1f}" for m in score.moved) or "nothing",
            "Language": language(turn.text) or "not recognised",
        }
        for name, value in lines.items():
            self.stdout.write(f"{name:<10}{value}")


def _in_words(task: Task | None) -> str:
    if task is None:
        if TaskType.objects.exists() and not library.is_learned():
            return "not learned yet: run manage.py learn_task_types"
        return "none of them"
    certain = ", certain" if task.is_certain else ""
    return (
        f"{task.name}, similarity {score_display.probability(task.similarity)}{certain}: {task.why}"
    )
