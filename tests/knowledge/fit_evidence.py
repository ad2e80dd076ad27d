"""Fits the weights of the evidence: `python -m tests.knowledge.fit_evidence`.

On `questions.jsonl`, questions to the sample shop in 13 languages that were written for this: those
that its articles answer, near misses, and others. By words alone, and with the demo
model's embeddings. Prints the area under the curve, cross-validated; `--write` keeps the weights.
"""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from chatsite.demo import demo_embeddings
from chatsite.knowledge.search import evidence, question, ranking
from chatsite.knowledge.search.index import Document, Index
from chatsite.knowledge.search.question import Question
from chatsite.knowledge.search.vectors import Vectors, pack, unit

ARTICLES = Path(demo_embeddings.__file__).parent / "shop" / "articles"
QUESTIONS = Path(__file__).parent / "questions.jsonl"
FOLDS = 10
# Of the penalty: less of it wins nothing that lasts.
C = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rows = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
    answerable = np.array([bool(row["gold"]) for row in rows])
    index = Index(list(_documents()))
    fitted = {evidence.BY_WORDS: _fitted(_signs(index, rows, by_meaning=False), answerable)}
    passages = _embedded([passage.whole for passage in index.passages], "passage")
    index.vectors = Vectors([pack(vector) for vector in passages], index.article)
    fitted[evidence.BY_MEANING] = _fitted(_signs(index, rows, by_meaning=True), answerable)
    if options.write:
        evidence.ARTEFACT.write_text(json.dumps(fitted, indent=1, sort_keys=True) + "\n")


def _documents() -> Iterator[Document]:
    for number, path in enumerate(sorted(ARTICLES.glob("*.md"))):
        title, _, body = path.read_text().partition("\n")
        slug = re.sub(r"^\d+-", "", path.stem)
        yield Document(number, title.removeprefix("# ").strip(), slug, body.strip())


def _signs(
    index: Index, rows: Sequence[dict[str, Any]], by_meaning: bool
) -> list[dict[str, float]]:
    found = []
    for row in rows:
        asked = _question(row)
        vectors = _embedded(ranking.texts(asked), "query") if by_meaning else []
        signs = ranking.rank(index, asked, [unit(each) for each in vectors], 4).signs
        found.append(dict(signs))
    return found


def _question(row: dict[str, Any]) -> Question:
    said = [(turn["role"] == "user", turn["text"]) for turn in row["turns"]]
    return question.continued([*said, (True, row["question"])])


def _embedded(texts: list[str], kind: str) -> list[list[float]]:
    answer = demo_embeddings.answer({"model": "demo", "input": texts, "input_type": kind})
    return [row["embedding"] for row in answer["data"]]


def _fitted(signs: list[dict[str, float]], answerable: Any) -> dict[str, Any]:
    names = sorted(signs[0])
    values = np.array([[each[name] for name in names] for each in signs])
    means, spreads = values.mean(0), values.std(0) + 1e-6
    scaled = (values - means) / spreads
    model = LogisticRegression(C=C)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=1)
    unseen = cross_val_predict(model, scaled, answerable, cv=folds, method="predict_proba")[:, 1]
    off = [
        abs(unseen[part].mean() - answerable[part].mean())
        for part in np.array_split(np.argsort(unseen), FOLDS)
    ]
    print(  # noqa: T201 - a script's output
        f"{len(signs)} questions: AUC {roc_auc_score(answerable, unseen):.3f}, "
        f"calibration error {np.mean(off):.3f}"
    )
    model.fit(scaled, answerable)
    columns = {"weights": model.coef_[0], "means": means, "spreads": spreads}
    return {
        "intercept": round(float(model.intercept_[0]), 4),
        **{
            column: {name: round(float(value), 4) for name, value in zip(names, each, strict=True)}
            for column, each in columns.items()
        },
    }


if __name__ == "__main__":
    main()
