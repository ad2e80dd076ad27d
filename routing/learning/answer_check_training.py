"""Trains the answer check's shipped heads: `python -m routing.learning.answer_check_training`.

Needs scikit-learn; what it writes, `artifacts/answer_checks.json`, does not. The rows are those of
`tests/routing/checks/answers`: six invented shops and the sample shop, 13 languages. Each shop is
judged by heads that were trained on the others.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from routing.analysis.first_day_score import FURTHEST
from routing.analysis.trained_model import ARTIFACTS
from routing.checks import verifier
from routing.checks.answer_shape import form
from routing.checks.trained_classifiers import Head, Verifier
from routing.checks.verifier import CERTAIN, PROBABLE
from routing.learning import checked_answers

ROWS = Path("tests/routing/checks/answers/answers.jsonl")
ARTICLES = (Path("tests/routing/checks/answers/articles"), Path("chatsite/demo/shop/articles"))
# Inverse. Of 0.1, 0.3 and 1, the best by cross-validation over shops: flat.
PENALTY = 0.1
# The errors that each head learns to tell from right answers. By cross-validation over shops, at
# 5 % false alarms: one head for all found 70 % of wrong answers, of those to another question 18 %.
FAMILIES = (
    ("wrong_figure", "wrong_unit", "outdated"),
    ("wrong_attachment", "wrong_country"),
    ("negation", "condition_dropped", "invented_policy"),
    ("other_question",),
    ("half_answer",),
)
# The policy's default threshold, and the share of right answers doubted there.
THRESHOLD = 0.6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, default=ROWS)
    parser.add_argument("--articles", type=Path, nargs="*", default=ARTICLES)
    options = parser.parse_args()
    rows = checked_answers.read(options.rows, articles_in(options.articles)).rows
    measured = [verifier.measure(row.answered) for row in rows]
    wrong, shops = [row.is_wrong for row in rows], [row.shop for row in rows]
    unseen = [0.0] * len(rows)
    for shop in set(shops):
        head = train(
            [m for m, s in zip(measured, shops, strict=True) if s != shop],
            [_error(row) for row in rows if row.shop != shop],
        )
        for at, each in enumerate(shops):
            if each == shop:
                unseen[at] = head.log_odds(measured[at])
    shift = _shift(
        [
            score
            for score, w, m in zip(unseen, wrong, measured, strict=True)
            if not w and not _certain(m)
        ]
    )
    doubts = [
        1.0 if _certain(m) else float(1 / (1 + np.exp(-score - shift)))
        for m, score in zip(measured, unseen, strict=True)
    ]
    report = checked_answers.report(rows, doubts, THRESHOLD)
    print(json.dumps(report, indent=1))  # noqa: T201  what the command is for
    shipped = replace(train(measured, [_error(row) for row in rows]), shift=shift)
    (ARTIFACTS / "answer_checks.json").write_text(shipped.text() + "\n")


def articles_in(folders: Sequence[Path]) -> dict[str, str]:
    """Markdown files by slug; a number before the name orders the folder and is no part of it."""
    return {
        path.stem.lstrip("0123456789").removeprefix("-"): path.read_text().removeprefix("# ")
        for folder in folders
        for path in sorted(folder.glob("*.md"))
    }


def train(measured: Sequence[Mapping[str, float]], errors: Sequence[str]) -> Verifier:
    """A logistic regression for each family, on what rules do not decide.

    `errors`: the kind of each answer's error, blank for right ones.
    """
    left_out = {*CERTAIN, *PROBABLE, *form("", "", "en"), "articles"}
    kept = [(m, e) for m, e in zip(measured, errors, strict=True) if not _certain(m)]
    names = [name for name in measured[0] if name not in left_out]
    values: Any = np.array([[m[name] for name in names] for m, _ in kept])
    used = values.std(axis=0) > 1e-9
    names, values = [n for n, is_used in zip(names, used, strict=True) if is_used], values[:, used]
    centres, scales = values.mean(axis=0), values.std(axis=0)
    standard = np.clip((values - centres) / scales, -FURTHEST, FURTHEST)
    kinds = np.array([error for _, error in kept])

    def table(numbers: Any) -> dict[str, float]:
        return {name: round(float(at), 4) for name, at in zip(names, numbers, strict=True)}

    heads = []
    for family in FAMILIES:
        told = np.isin(kinds, ["", *family])
        model = LogisticRegression(C=PENALTY, max_iter=5000).fit(standard[told], kinds[told] != "")
        heads.append(Head(round(float(model.intercept_[0]), 4), table(model.coef_[0])))
    return Verifier(tuple(heads), table(centres), table(scales), len(measured))


def _error(row: checked_answers.Row) -> str:
    return row.kind if row.is_wrong else ""


def _certain(measured: Mapping[str, float]) -> bool:
    return any(measured[name] for name in CERTAIN)


def _shift(right: Sequence[float]) -> float:
    """What to add to the log-odds so that so many right answers are doubted at the threshold."""
    cut = float(np.quantile(right, 1 - checked_answers.FALSE_ALARMS))
    return float(np.log(THRESHOLD / (1 - THRESHOLD))) - cut


if __name__ == "__main__":
    main()
