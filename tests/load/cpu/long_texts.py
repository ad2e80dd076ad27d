"""`python -m tests.load.cpu.long_texts [CHARACTERS]`: the longest messages and answers, by step.

Each step that reads a customer's or a model's words, on texts of one kind repeated: the kinds that
make a pattern go back and forth. Milliseconds, the slowest first. The articles are the sample
shop's, read from the database at hand: run `make run` first.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.tables import show

KINDS = {
    "english": "You can return an unused pen within 30 days of the purchase. ",
    "chinese": "请问我上周买的那支钢笔漏墨怎么处理运费由谁承担可以换货吗还是只能退款谢谢",
    "sentences": "可以退货。",
    "arabic": "كيف حالك ",
    "letters": "a",
    "words": "ab ",
    "codes": "AB1-",
    "dashes": "a-",
    "dots": "a.",
    "mails": "a@",
    "digits": "1",
    "figures": "1 2",
    "phones": "+1 ",
    "prices": "€1,",
    "times": "12:30 ",
    "quotes": '"',
    "links": "http://",
    "slashes": "//",
    "brackets": "[a](",
    "stars": "*a ",
    "lines": "a\n",
    "list": "1. a\n",
    "negations": "not ",
    "wishes": "talk to a human ",
    "questions": "what? ",
    "emoji": "😀",
}


def main(characters: int) -> None:
    import django

    django.setup()
    steps = _steps()
    rows = []
    texts = {kind: (words * characters)[:characters] for kind, words in KINDS.items()}
    for name, step in steps.items():
        for warming in KINDS.values():
            step(warming)
        took = sorted(((_seconds(step, text), kind) for kind, text in texts.items()), reverse=True)
        slowest = ", ".join(f"{kind} {seconds * 1000:.0f}" for seconds, kind in took[:5])
        median = took[len(took) // 2][0] * 1000
        rows.append({"step": name, "median ms": median, "slowest, ms": slowest})
    show(f"{characters} characters", rows)


def _seconds(step: Callable[[str], object], text: str) -> float:
    began = time.perf_counter()
    step(text)
    return time.perf_counter() - began


def _steps() -> dict[str, Callable[[str], object]]:
    from chatsite.answering import answer_sources
    from chatsite.answering.checking import unconfirmed_answer
    from chatsite.answering.question import prompt
    from chatsite.knowledge import articles
    from chatsite.knowledge.search import question
    from chatsite.llm.masking import Mask
    from routing.analysis import difficulty
    from routing.checks import verifier
    from routing.checks.language_detection import language
    from routing.checks.streaming_gate import DraftGate
    from routing.tier_choice import Turn
    from routing.wishes import recognition

    found = articles.matching(question.of("How long do I have to return a pen?")).matches
    known = tuple(f"{each.title}\n{each.body}" for each in found)
    instructions = prompt.INSTRUCTIONS.format(site="Shop")

    def streamed(text: str) -> None:
        gate, shown = DraftGate(known, instructions, ("en",)), 0
        for end in range(4, len(text) + 4, 4):
            shown = gate.open_to(text[:end], shown)

    def checked(question: str, answer: str) -> None:
        said = [question]
        verifier.verify(
            verifier.Answered(question, answer, known, earlier=said, instructions=instructions)
        )

    return {
        "language": language,
        "mask": lambda text: Mask().hide(text),
        "score": lambda text: difficulty.signals(Turn(text, (text,))),
        "wish for a person": lambda text: recognition.recognise(text, [("assistant", text)]),
        "search": lambda text: articles.matching(question.of(text, text, text)),
        "check of the answer": lambda text: checked("How long?", text),
        "check of the question": lambda text: checked(text, "Within 30 days."),
        "gate, 4 at a time": streamed,
        "sources": lambda text: answer_sources.of(text, found),
        "quotes": lambda text: unconfirmed_answer.text(text, found, ""),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    os.environ.setdefault("VAR_DIR", str(Path("var").resolve()))
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4000)
