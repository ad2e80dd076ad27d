"""The report of `evaluate_routing` on graded answers: tables in Markdown, curves as files."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from billing import money
from chatsite.tuning.graded_questions_cost import Site
from routing.learning import charts, evaluation, model_training
from routing.learning.evaluation import Between, Measures
from routing.learning.labelled_data import Graded
from routing.learning.routing_strategies import Step, Strategy, needed

ANALYZER, VERIFIER, BOTH = "learned", "verifier", "learned and verifier"
# Of the gap, for what it takes to recover so much.
TARGETS = (0.5, 0.8)


def strategies(
    name: str,
    rows: Sequence[Graded],
    site: Site,
    table: Sequence[Strategy],
) -> Iterator[str]:
    """What each strategy costs, and how often it is right."""
    lengths = (
        "Answers as long as the file's"
        if all(row.answer for row in rows)
        else f"Where the file has no answer, one of {site.answer_tokens} tokens is assumed"
    )
    waits = " An escalated answer takes both." if all(row.answer for row in rows) else ""
    yield (
        f"# Routing on {name}: {len(rows):,} questions\n\n"
        f"Accuracy is as graded in the file, whichever models answered there; costs are those "
        f"of this policy's models, by the price list. {lengths}; strong answers count as "
        f"long as cheap ones; {site.prompt_tokens} tokens of instructions and articles go "
        f"with each question. {site.times(rows)}{waits}\n\n"
        "| strategy | response time | cost per query | saved | accuracy | strong |\n"
        "|---|---|---|---|---|---|"
    )
    for each in table:
        yield (
            f"| {each.name} | {_time(each.seconds)} | {money.shown(round(each.cost))} "
            f"| {_saved(each.cost, table[0].cost):.1%} | {each.accuracy:.1%} "
            f"| {each.strong:.1%} |"
        )


def rankings(rows: Sequence[Graded], measures: Mapping[str, Measures]) -> Iterator[str]:
    """How well each way ranks the questions."""
    groups = len({row.group for row in rows if row.group})
    held_out = f", those of one of {groups} groups held out together" if groups else ""
    yield (
        f"\nCross-validated in {model_training.FOLDS} folds{held_out}. APGR: average "
        "performance gap recovered, 0.5 is a coin; CPT(x): share of questions sent strong at "
        "which x of the gap is recovered. In brackets 95 % bootstrap intervals.\n\n"
        "| ranked by | APGR | CPT(50 %) | CPT(80 %) |\n|---|---|---|---|"
    )
    for name, found in measures.items():
        yield (
            f"| {name} | {_shown(found.apgr, '.3f')} | {_shown(found.cpt50, '.1%')} "
            f"| {_shown(found.cpt80, '.1%')} |"
        )


def calibration(scores: Sequence[float], worse: Sequence[bool]) -> str:
    """How far the learned analyzer's probabilities are off, beside what chance would show."""
    off = evaluation.calibration(scores, worse)
    return (
        f"\nCalibration error of the learned analyzer: {off.error:.3f}. Probabilities without "
        f"any would show {off.unavoidable:.3f} on as many questions, by chance, and more than "
        f"{off.at_most:.3f} once in twenty."
    )


def comparison(curves: Mapping[str, Sequence[Step]], dearest: float) -> Iterator[str]:
    """What analyzer and verifier save together, beside each alone."""
    yield (
        "\nWhat it takes to recover a share of the gap. Saved: compared with the strong model "
        "alone.\n\n| gap recovered | by | strong | response time | cost per query | saved "
        "|\n|---|---|---|---|---|---|"
    )
    for target in TARGETS:
        for name in (ANALYZER, VERIFIER, BOTH):
            found = needed(curves[name], target)
            yield (
                f"| {target:.0%} | {name} | {found.share:.1%} | {_time(found.seconds)} "
                f"| {money.shown(round(found.cost))} | {_saved(found.cost, dearest):.1%} |"
            )


def _saved(cost: float, dearest: float) -> float:
    return 1 - cost / dearest if dearest else 0.0


def _time(seconds: float | None) -> str:
    return "not measured" if seconds is None else f"{seconds:.2f} s"


def _shown(measure: Between, form: str) -> str:
    return f"{measure.value:{form}} ({measure.low:{form}} to {measure.high:{form}})"


def write_csv(path: Path, curves: Mapping[str, Sequence[Step]]) -> None:
    columns = "ranked_by strong_share gap_recovered accuracy usd_per_query seconds_per_query"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns.split())
        for name, curve in curves.items():
            for step in curve:
                cost = money.dollars(round(step.cost))
                shares = (step.share, step.recovered, step.accuracy)
                seconds = "" if step.seconds is None else f"{step.seconds:.3f}"
                writer.writerow([name, *(f"{share:.4f}" for share in shares), f"{cost:f}", seconds])


def write_svg(path: Path, title: str, curves: Mapping[str, Sequence[Step]]) -> None:
    drawn = {
        name: [(step.share, step.recovered) for step in curve] for name, curve in curves.items()
    }
    path.write_text(charts.lines(title, "answered by the strong model", "gap recovered", drawn))
