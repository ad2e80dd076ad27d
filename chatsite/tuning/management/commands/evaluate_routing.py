"""`manage.py evaluate_routing FILE`: what routing saves and loses on labelled messages.

Here and not in `routing`, because it needs prices too.
"""

import json
import random
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.utils import OperationalError, ProgrammingError

from billing.errors import NoPrice
from chatsite.tuning import graded_answers_report, labelled_messages_report
from chatsite.tuning.graded_answers_report import ANALYZER, BOTH, VERIFIER
from chatsite.tuning.graded_questions_cost import Site
from routing import policies
from routing.analysis import learned_score
from routing.errors import RoutingError
from routing.learning import (
    evaluation,
    labelled_data,
    model_training,
)
from routing.learning.labelled_data import BadLine, Exams, Graded, Message, Messages
from routing.learning.routing_strategies import (
    Questions,
    Strategy,
    highest,
    steps,
    strategy,
    together,
    verified,
)
from routing.models import Policy
from routing.tier_choice import Turn

# Tokens of an answer where the file has none: the sample shop's average, from its ledger.
ANSWER_TOKENS = 70
FIRST_DAY = "first day"


class Command(BaseCommand):
    help = (
        "Measures routing on a file of labelled messages, and prints tables in Markdown. Of "
        "customers' messages that are labelled by whether they need the strong model: how well "
        "routing finds them, overall and by group. Of graded answers: what strategies cost, how "
        "often they are right, and how much of the strong model's advantage each recovers. "
        "Training is cross-validated. Takes minutes for 10,000 questions."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            help="JSON Lines, gzipped or not. Either message, strong_needed (0 or 1) and, where "
            "there are any, turns, domain, language; or prompt, score_strong, score_weak (on any "
            "scale) and, where they were kept, answer_weak, seconds_strong and seconds_weak. "
            "Without seconds, response times are those of this site's own calls. Lines that "
            "cannot be read are named and left out",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object in place of the tables"
        )
        parser.add_argument(
            "--words-only", action="store_true", help="ask for no embeddings of the messages"
        )
        parser.add_argument("--csv", type=Path, help="write each way's curve there")
        parser.add_argument("--svg", type=Path, help="draw the curves there")
        parser.add_argument(
            "--share",
            type=float,
            default=0.3,
            help="share of questions that go to the strong model, 0 to 1",
        )
        parser.add_argument(
            "--prompt-tokens",
            type=int,
            default=0,
            help="tokens of instructions and articles that go with each question",
        )
        parser.add_argument(
            "--answer-tokens",
            type=int,
            default=ANSWER_TOKENS,
            help="tokens of an answer that the file does not have",
        )
        parser.add_argument(
            "--resamples", type=int, default=1000, help="bootstrap resamples for the intervals"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        try:
            found = labelled_data.read(options["file"])
            for line in found.left_out:
                self.stderr.write(f"Line {line.number} is left out: {line.why}")
            policy = policies.current()
            match found:
                case Messages(rows, left_out):
                    self._messages(rows, left_out, policy, options)
                case Exams(rows, left_out):
                    self._exams(rows, left_out, policy, options)
        except NoPrice as error:
            raise CommandError(
                f"{error.model} has no price: `manage.py import_prices` adds the provider's."
            ) from error
        except RoutingError as error:
            raise CommandError(str(error)) from error
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(
                f"The database has no tables yet ({error}): run `make run` first."
            ) from error

    def _messages(
        self,
        rows: Sequence[Message],
        left_out: Sequence[BadLine],
        policy: Policy,
        options: Mapping[str, Any],
    ) -> None:
        report = labelled_messages_report.of(
            rows, policy, options["share"], words_only=options["words_only"]
        )
        if options["json"]:
            self._print_json(options, rows, left_out, report.as_json())
        else:
            self.stdout.write(report.as_text(options["file"].name, len(left_out)))

    def _print_json(
        self,
        options: Mapping[str, Any],
        rows: Sequence[object],
        left_out: Sequence[BadLine],
        measured: Mapping[str, Any],
    ) -> None:
        told = {"file": options["file"].name, "rows": len(rows), "left_out": len(left_out)}
        bad = [{"line": line.number, "why": line.why} for line in left_out]
        self.stdout.write(json.dumps({**told, **measured, "bad_lines": bad}, indent=1))

    def _exams(
        self,
        rows: Sequence[Graded],
        left_out: Sequence[BadLine],
        policy: Policy,
        options: Mapping[str, Any],
    ) -> None:
        site = Site.of(policy, options["prompt_tokens"], options["answer_tokens"])
        labels = [model_training.label(row) for row in rows]
        doubts = model_training.unseen_checks(labels) if all(row.answer for row in rows) else None
        questions = site.questions(rows)
        rankings = _rankings(rows, model_training.unseen(labels), doubts, questions.gains)
        share, learned, first_day = options["share"], rankings[ANALYZER], rankings[FIRST_DAY]
        measures = evaluation.measured(questions.gains, rankings, options["resamples"])
        worse = [label.is_worse for label in labels]
        if options["json"]:
            threshold = policy.threshold
            told = labelled_messages_report.of_exams(
                worse, first_day, learned, threshold, rows, share
            )
            apgr = {name: round(found.apgr.value, 4) for name, found in measures.items()}
            self._print_json(options, rows, left_out, {**told, "apgr": apgr})
            return
        table = _strategies(policy, questions, rankings, share)
        said = graded_answers_report.strategies(options["file"].name, rows, site, table)
        for text in (*said, *graded_answers_report.rankings(rows, measures)):
            self.stdout.write(text)
        if left_out:
            self.stdout.write(f"\n{len(left_out)} lines could not be read and are left out.")
        self.stdout.write(graded_answers_report.calibration(learned, worse))
        curves = {
            name: steps(questions, scores, afterwards=name == VERIFIER)
            for name, scores in rankings.items()
        }
        if doubts is not None:
            curves[BOTH] = together(questions, learned, doubts)
            for text in graded_answers_report.comparison(curves, table[0].cost):
                self.stdout.write(text)
        _write_files(options, curves)


def _write_files(options: Mapping[str, Any], curves: Mapping[str, Any]) -> None:
    if options["csv"] is not None:
        graded_answers_report.write_csv(options["csv"], curves)
    if options["svg"] is not None:
        title = f"Routing on {options['file'].name}"
        graded_answers_report.write_svg(options["svg"], title, curves)


def _rankings(
    rows: Sequence[Graded],
    learned: list[float],
    doubts: list[float] | None,
    gains: Sequence[float],
) -> dict[str, list[float]]:
    """By what questions can be ranked: the highest need the strong model most."""
    turns = [Turn(row.prompt) for row in rows]
    draw = random.Random(1)  # noqa: S311  a coin to compare with
    rankings = {
        "random": [draw.random() for _ in rows],
        "length rule": [evaluation.by_length(turn) for turn in turns],
        "keyword rule": [evaluation.by_keywords(turn) for turn in turns],
        FIRST_DAY: [learned_score.score(turn)[0].value for turn in turns],
        ANALYZER: learned,
    }
    if doubts is not None:
        rankings[VERIFIER] = doubts
    return rankings | {"oracle": list(gains)}


def _strategies(
    policy: Policy, questions: Questions, rankings: Mapping[str, Sequence[float]], share: float
) -> list[Strategy]:
    learned, first_day = rankings[ANALYZER], rankings[FIRST_DAY]
    table = [
        strategy(f"strong only ({policy.strong_model})", questions, range(len(learned))),
        strategy(f"cheap only ({policy.cheap_model})", questions),
        strategy(
            f"hybrid, first day, from {policy.threshold:g} on",
            questions,
            (at for at, score in enumerate(first_day) if score >= policy.threshold),
        ),
        strategy(f"hybrid, learned, {share:.0%} strong", questions, highest(learned, share)),
    ]
    if (doubts := rankings.get(VERIFIER)) is not None:
        name = f"hybrid verified, {share / 2:.0%} before and {share / 2:.0%} after the answer"
        table.append(strategy(name, questions, *verified(questions, learned, doubts, share)))
        name = f"cheap first, {share:.0%} escalated by the verifier"
        table.append(strategy(name, questions, (), highest(doubts, share)))
    return table


def _check(options: Mapping[str, Any]) -> None:
    """Before minutes are spent. Raises CommandError."""
    if not 0 <= options["share"] <= 1:
        raise CommandError("--share goes from 0 to 1")
    for name in ("prompt_tokens", "answer_tokens", "resamples"):
        if not 0 <= options[name] <= 1_000_000:
            raise CommandError(f"--{name.replace('_', '-')} goes from 0 to 1,000,000")
    for path in (options["csv"], options["svg"]):
        if path is not None and not path.parent.is_dir():
            raise CommandError(f"There is no directory {path.parent}")
