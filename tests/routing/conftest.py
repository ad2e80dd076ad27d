"""What several of routing's tests read."""

import gzip
import json
from pathlib import Path

import pytest

from routing.learning import model_training
from tests import exams

ROOT = Path(__file__).parents[2]
GRADED = ROOT.parent / "shared" / "data" / "routing"


@pytest.fixture(scope="session")
def graded_answers() -> list[model_training.Label]:
    """School mathematics with graded answers, measured once for all tests."""
    if not GRADED.exists():
        pytest.skip("needs the graded exams beside the checkout")
    return exams.labels(GRADED, "gsm8k")


@pytest.fixture(scope="session")
def customers_questions() -> list[str]:
    """The sample shop's, and every hundredth of a bank's where they are beside the checkout."""
    shop = ROOT / "chatsite" / "demo" / "shop" / "questions.json"
    texts = [each["question"] for each in json.loads(shop.read_text())]
    bank = GRADED / "banking77.jsonl.gz"
    if bank.exists():
        lines = gzip.decompress(bank.read_bytes()).splitlines()[::100]
        texts += [json.loads(line)["prompt"] for line in lines]
    return texts
