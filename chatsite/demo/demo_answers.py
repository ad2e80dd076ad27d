"""What the demo model answers to a prompt: the words around the sentences it found. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatsite.demo.sentence_search import FEW, MANY, Articles, Found
from chatsite.demo.word_stems import stems
from routing.analysis.difficulty import rules
from routing.tier_choice import Turn

# A question is covered with two of its words, or with so much of their weight (0..1); below the
# second share the customer hears that it may be something else. None of 15 questions about
# anything else is covered then, and 57 of the shop's 60 are.
COVERED, SURE = 0.6, 0.3
# Words that say something, up to which a message goes on with the one before.
FOLLOWS_ON = 2

_ARTICLES = re.compile(r"<articles>\n(.*)\n</articles>", re.DOTALL)
_TITLE = re.compile(r"^## (.+)$", re.MULTILINE)
_SITE = re.compile(r"customers of (.{1,60}?) in a")
_NUMBER = re.compile(r"(?:^|(?<=[\s:;,.]))\(?(\d{1,2})[.)]\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_GREETING = re.compile(
    r"\W*(?:(?:hi|hello|hey|hallo|bonjour|hola|good (?:morning|afternoon|evening|day)|dear \w+)"
    r"(?: there| all| everyone)?\b[\s,.!]*)++",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"\W*(?:(?:ok|okay|great|perfect|super|thanks?|thank you|thx|cheers|bye|goodbye|very much|"
    r"so much|a lot|that helps|for your help|you)\b[\s,.!]*)++$",
    re.IGNORECASE,
)
_WANTS_A_PERSON = re.compile(
    r"\b(?:talk|speak|chat|connect\w*|transfer|pass|put|get|want|need|like)\b.{0,30}"
    r"\b(?:human|person|people|somebody|someone|agent|representative|employee|colleague)\b",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"\b(?:broken?|crushed|damaged|leak\w*|lost|missing|wrong|fail\w*|hacked|stolen|locked|swallowed|"
    r"faulty|defect\w*|overdue|complain\w*|had enough|nobody|third (?:mail|time))\b",
    re.IGNORECASE,
)

OFFER = "Shall I pass you on to a person?"
NOT_COVERED = "I could not find that in our help articles, and I would rather not guess."
UNSURE = "I am not sure that this is what you mean. The closest I found:"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a request asks: the articles, and the customer's words since the last answer."""

    site: str
    articles: Articles
    text: str
    before: str


def read(messages: Sequence[Mapping[str, str]]) -> Prompt:
    """The prompt of a chat. Anything else is a question without articles."""
    system = "\n".join(m["content"] for m in messages if m["role"] in {"system", "developer"})
    block = _ARTICLES.search(system)
    _, *parts = _TITLE.split(block[1]) if block else [""]
    articles = Articles(list(zip(parts[::2], parts[1::2], strict=True)))
    site = _SITE.search(system)
    said = [m for m in messages if m["role"] in {"user", "assistant"}]
    answered = max((at for at, m in enumerate(said) if m["role"] == "assistant"), default=-1)
    asked = [m["content"] for m in said if m["role"] == "user"]
    new = len([m for m in said[answered + 1 :] if m["role"] == "user"]) or 1
    return Prompt(
        site=site[1] if site else "our shop",
        articles=articles,
        text="\n".join(asked[-new:]),
        before=asked[-new - 1] if len(asked) > new else "",
    )


def answer(messages: Sequence[Mapping[str, str]], detailed: bool) -> str:
    """Markdown; longer where `detailed`. The same for the same messages."""
    prompt = read(messages)
    greeted = _GREETING.match(prompt.text)
    text = prompt.text[greeted.end() :].strip() if greeted else prompt.text.strip()
    if not re.search(r"\w", text):
        return f"Hello, and welcome to {prompt.site}! What can I look up for you?"
    if _THANKS.match(text):
        return "You're welcome! Is there anything else that I can look up for you?"
    opening = "Hello! " if greeted and not prompt.before else ""
    if _TROUBLE.search(text):
        opening += "I'm sorry for the trouble. "
    if _WANTS_A_PERSON.search(text):
        return opening + _to_whom_a_person_helps(prompt.articles, text)
    intro, parts, tail = numbered(text)
    if parts:
        return _to_parts(prompt.articles, intro, parts, tail, opening, detailed)
    sentences = _SENTENCE_END.split(text)
    questions = [asked for asked in sentences if asked.endswith("?") and len(asked.split()) > 2]
    if len(questions) < 2:
        return opening + _to_one(prompt.articles, text, prompt.before, detailed)
    return _to_several(prompt.articles, text, questions, opening, detailed)


def numbered(text: str) -> tuple[str, list[str], str]:
    """What comes before numbered parts, the parts, and what follows the last one's sentence."""
    marks: list[re.Match[str]] = []
    for mark in _NUMBER.finditer(text):
        if int(mark[1]) == len(marks) + 1:
            marks.append(mark)
    if len(marks) < 2:
        return text, [], ""
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    parts = [text[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)]
    last, _, tail = parts[-1].partition("\n")
    if end := re.search(r"[.?!]\s", last):
        last, tail = last[: end.end()], f"{last[end.end() :]}\n{tail}"
    return text[: marks[0].start()], [*parts[:-1], last.strip()], tail


def _to_whom_a_person_helps(articles: Articles, text: str) -> str:
    found = articles.best(text)
    known = f"\n\n{found.markdown()}" if _covered(found) else ""
    return f"Of course. Leave your question here, and a person takes over.{known}"


def _to_one(articles: Articles, text: str, before: str, detailed: bool) -> str:
    most = MANY if detailed else FEW
    # "And to Norway?" goes on with what was asked before.
    context = before if len(stems(text)) <= FOLLOWS_ON else ""
    found = articles.best(text, context, most)
    if not _covered(found):
        return f"{NOT_COVERED} {OFFER}"
    if found.coverage < SURE:
        return f"{UNSURE}\n\n{found.markdown()}\n\n{OFFER}"
    return found.markdown()


def _to_several(
    articles: Articles, text: str, questions: Sequence[str], opening: str, detailed: bool
) -> str:
    """Each question's answer in turn, said once where two have the same."""
    answers: list[str] = []
    near = None
    for question in questions:
        found = articles.best(question, text, FEW if detailed else FEW - 1, near)
        near = found.article
        said = found.markdown() if _covered(found) else ""
        if said and said not in answers:
            answers.append(said)
    if not answers:
        return opening + _to_one(articles, text, "", detailed)
    return opening + "\n\n".join(answers)


def _to_parts(
    articles: Articles,
    intro: str,
    parts: Sequence[str],
    tail: str,
    opening: str,
    detailed: bool,
) -> str:
    """A numbered list: each part's answer under what it is about."""
    items, open_parts = [], 0
    for number, part in enumerate(parts, 1):
        found = articles.best(part, f"{intro} {tail}", MANY if detailed else FEW)
        mark = f"{number}. "
        if _covered(found):
            said = found.markdown(" " * len(mark))
            heading = f"**{found.title}**"
            items.append(mark + (said if said.startswith(heading) else f"{heading}: {said}"))
        else:
            open_parts += 1
            items.append(f"{mark}I could not find this in our help articles.")
    closing = f"\n\n{OFFER}" if open_parts else ""
    return f"{opening}Here is each in turn:\n\n" + "\n\n".join(items) + closing


def _covered(found: Found) -> bool:
    return bool(found.parts) and (found.named >= 2 or found.coverage >= COVERED)


def scores(messages: Sequence[Mapping[str, str]]) -> str:
    """JSON: from 1 to 10 for each message to be rated. Raises ValueError where there is none."""
    asked = json.loads(messages[-1]["content"])
    try:
        turns = [Turn(one["message"], tuple(one.get("before", ()))) for one in asked["messages"]]
    except (TypeError, KeyError) as error:
        raise ValueError("no messages to rate") from error
    return json.dumps({"scores": [round(rules(turn).value) for turn in turns]})


def summary(messages: Sequence[Mapping[str, str]]) -> str:
    """What was asked first, and who spoke. Raises ValueError for no conversation."""
    case = json.loads(messages[-1]["content"])
    try:
        said = [
            (str(each["by"]), " ".join(str(each["text"]).split())) for each in case["conversation"]
        ]
    except (TypeError, KeyError) as error:
        raise ValueError("no conversation") from error
    asked = [text for by, text in said if by == "customer"]
    if not asked:
        raise ValueError("no customer said anything")
    told = (
        "A person wrote to them"
        if any(by == "staff" for by, _ in said)
        else "The assistant answered"
    )
    more = f" and {len(asked) - 1} more messages" if len(asked) > 1 else ""
    return f"The customer asked “{asked[0][:120]}”{more}. {told}."


def verdict(messages: Sequence[Mapping[str, str]]) -> str:
    """JSON: how much of what an answer says the articles hold. Raises ValueError for no case."""
    case = json.loads(messages[-1]["content"])
    try:
        answer = str(case["answer"])
        texts = " ".join(f"{each['title']} {each['text']}" for each in case["articles"])
    except (TypeError, KeyError) as error:
        raise ValueError("no answer and articles") from error
    said, held = stems(answer), set(stems(texts))
    share = sum(word in held for word in said) / len(said) if said else 0.0
    reason = f"The articles hold {100 * share:.0f} % of the words that say something."
    # Surest where nearly all or nearly nothing is held.
    sure = round(abs(2 * share - 1), 2)
    return json.dumps({"reason": reason, "score": round(share, 2), "confidence": sure})


def verdicts(messages: Sequence[Mapping[str, str]]) -> str:
    """JSON: whether the articles hold most words of each claim. Raises ValueError for no claims."""
    case = json.loads(messages[-1]["content"])
    try:
        held = set(stems(" ".join(map(str, case["articles"]))))
        claims = [stems(str(each["claim"])) for each in case["claims"]]
    except (TypeError, KeyError) as error:
        raise ValueError("no claims and articles") from error
    told = (sum(word in held for word in said) >= COVERED * len(said) for said in claims)
    return json.dumps({"verdicts": ["supported" if each else "not stated" for each in told]})
