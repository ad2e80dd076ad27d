"""Is a finished answer right, as far as its articles tell? Whichever model wrote it. Pure.

What is certain (a foreign link, a claimed deed, the prompt) is decided by rules. Everything else is
weighed by trained heads, shipped as `artifacts/answer_checks.json` and replaced by a site's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from routing.analysis.trained_model import ARTIFACTS, BadModel
from routing.analysis.wording import tidy
from routing.checks import names, passage_support, relevance, rule_violations, trained_classifiers
from routing.checks.answer_shape import form
from routing.checks.language_detection import differ, language
from routing.checks.multilingual_concepts import fold, said
from routing.checks.passages import Grounds, Items, Statement, grounds, items, sentences, statement
from routing.checks.quantities import Quantity
from routing.checks.quantities import read as quantities
from routing.checks.trained_classifiers import Verifier
from routing.tier_choice import Moved

# Characters of each that are read, so that a check has an upper limit.
QUESTION_CHARACTERS, ANSWER_CHARACTERS, ARTICLE_CHARACTERS = 1500, 3000, 20_000

# Findings for people; other features weigh, but would tell a reader nothing.
FINDINGS: Mapping[str, str] = {
    "empty": "no words",
    "cut off": "stops within a sentence",
    "prompt leaked": "gives the instructions away",
    "wrong language": "not in the language of the question",
    "foreign link": "a link that is in no article",
    "foreign contact": "an address or number that is in no article",
    "foreign code": "a code that is in no article",
    "foreign name": "a person or company that is in no article",
    "deed claimed": "claims to have done something",
    "promise": "promises something",
    "wrong unit": "a figure from an article with the wrong unit",
    "danger played down": "plays down a danger",
    "declined though covered": "declined to answer, though articles cover it",
    "wholly denied": "denies all of what an article affirms",
    "help left out": "leaves out the help that an article names",
    "unsupported figure": "a figure that no article states",
    "figure of something else": "a figure that the articles give for something else",
    "denied otherwise": "says yes or no where the articles say the opposite",
    "yes against": "says yes, against the articles",
    "no against": "says no, against the articles",
    "without limits": "leaves out a limit",
    "condition left out": "leaves out a condition",
    "speaks of now": "claims to know the state right now, which no article states",
    "left open": "does not answer the question",
    "left open elsewhere": "answers another question",
    "part left out": "does not answer a part of the question",
    "least covered": "a sentence that no article covers",
    "uncovered": "several sentences that no article covers",
    "claim contradicted": "a sentence that the articles contradict, says the cheap model",
    "claim not stated": "sentences that the articles do not state, says the cheap model",
}
# Findings that alone are reason enough to show no such answer.
CERTAIN = (
    "empty",
    "cut off",
    "prompt leaked",
    "wrong language",
    "foreign link",
    "foreign contact",
    "foreign code",
    "foreign name",
    "deed claimed",
    "promise",
    "wrong unit",
    "danger played down",
)
# What no tier's words are shown with, not even as a draft.
FORBIDDEN = frozenset({"prompt leaked", "foreign link"})
PROBABLE = ("declined though covered", "wholly denied")
SURE, LIKELY = 0.97, 0.8
# An answer that finds nothing is doubted where the evidence is at least this.
COVERED = 0.4
# What the stage of a result without articles is called.
NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Answered:
    """A finished answer with what it was written from.

    `articles`: what the prompt gave, title first; none means that little can be checked.
    `earlier`: what was said before. `cut`: the model stopped at its limit. `instructions`: the
    system prompt's own words. `allowed`: hosts that answers may link to. `evidence`: how likely the
    articles answer the question, where somebody else could still find it in them.
    """

    question: str
    answer: str
    articles: Sequence[str] = ()
    earlier: Sequence[str] = ()
    cut: bool = False
    instructions: str = ""
    allowed: Sequence[str] = ()
    evidence: float = 0.0


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`doubt`, 0 to 1, that the answer is right: from the policy's threshold on, it is doubted.

    `findings`: what raised or lowered it, in points of ten, largest first. `verifier`: what gave
    it, and its stage. `declines`: the answer says that it does not know. `checked`: there were
    articles to check it against.
    """

    doubt: float
    findings: tuple[Moved, ...]
    features: Mapping[str, float]
    verifier: str
    declines: bool = False
    checked: bool = True
    weighed: float = 0.0  # the doubt without what rules alone decide

    @property
    def is_certain(self) -> bool:
        """Whether rules alone decide that it is wrong."""
        return any(self.features[name] for name in CERTAIN)

    @property
    def is_only_cut(self) -> bool:
        """Whether it lacks nothing but its end, which a customer sees and can ask for."""
        certain = {name for name in CERTAIN if self.features[name]}
        return bool(certain) and certain <= {"cut off", "empty"}

    @property
    def forbidden(self) -> bool:
        """Whether it must not be shown, whatever an operator chose."""
        return any(self.features[name] for name in FORBIDDEN)


def read(stored: str) -> Verifier:
    """A verifier from its `text`. Raises BadModel."""
    model = trained_classifiers.read(stored)
    if unknown := model.centres.keys() - measure(Answered("", "")).keys():
        raise BadModel(f"{len(unknown)} features are unknown")
    return model


@cache
def first_day() -> Verifier:
    """The shipped head, read once a process."""
    return read((ARTIFACTS / "answer_checks.json").read_text())


def verify(answered: Answered, model: Verifier | None = None) -> CheckResult:
    """Doubt about an answer; any text is accepted."""
    return weigh(measure(answered), model)


def weigh(features: Mapping[str, float], model: Verifier | None = None) -> CheckResult:
    """Doubt by what was measured before; `model`: the site's own, else the shipped one."""
    found = [Moved(name, 10 * SURE) for name in CERTAIN if features[name]]
    found += [Moved(name, 10 * LIKELY) for name in PROBABLE if features[name]]
    doubt = max((each.points / 10 for each in found), default=0.0)
    stage, weighed = NOT_CHECKED, 0.0
    telling: list[Moved] = []
    if features["articles"] or model:
        stage = f"trained on {model.labels} labels" if model else "first day"
        weighed, telling = (model or first_day()).moved(features)
        doubt = max(doubt, weighed)
    return CheckResult(
        doubt,
        (*found, *telling),
        features,
        stage,
        declines=bool(features["declines"]),
        checked=bool(features["articles"]),
        weighed=weighed,
    )


def measure(answered: Answered) -> dict[str, float]:
    """The features of an answer by name; each is finite."""
    question = tidy(answered.question, QUESTION_CHARACTERS)
    answer = tidy(answered.answer, ANSWER_CHARACTERS)
    articles = _read(answered.articles)
    spoken, heard = language(answer), language(question)
    known = spoken or heard or "en"
    folded = fold(answer)
    declines = bool(said("refusal", folded, known))
    ground = grounds(articles)
    asked = ground.placed(items(question, heard or known))
    stated = [statement(each, known) for each in sentences(answer)]
    basis = (*articles, *answered.earlier, question)
    given = _given(question, answered.earlier, heard or known)
    features = {
        "articles": float(bool(articles)),
        "empty": float(not answer),
        "cut off": float(
            answered.cut or (bool(answer) and rule_violations.stops_midway(answer, known))
        ),
        "prompt leaked": float(
            rule_violations.is_leak(answer, folded, known, answered.instructions)
        ),
        "wrong language": float(differ(spoken, heard, answer)),
        "declines": float(declines),
        "declined though covered": float(declines and answered.evidence >= COVERED),
        "speaks of now": float(_speaks_of_now(folded, known, basis)),
        **rule_violations.contacts_given(answer, basis, answered.allowed),
        "foreign name": float(
            bool(articles and names.foreign_names(answer, (*basis, answered.instructions), known))
        ),
        **rule_violations.deeds(folded, known),
        **rule_violations.soothing(folded, fold("\n".join(articles)), stated, ground, asked),
        **_supported(stated, ground, asked, given),
        **relevance.answered(question, heard or known, stated, ground, asked),
        **form(question, answer, known),
    }
    if declines:
        # Claims nothing that would need grounds, and leaves open what it says it leaves open.
        features |= {name: 0.0 for name in _OPEN if name in features}
    return features


def _speaks_of_now(folded: str, known: str, basis: Sequence[str]) -> bool:
    """Of what is so at the moment, where nothing that it was written from does."""
    return any(
        not any(each in fold(text) for text in basis) for each in said("current", folded, known)
    )


_OPEN = (
    *("unanswered", "off focus", "elsewhere", "left open", "left open elsewhere"),
    *("part elsewhere", "part left out"),
)


def _supported(
    stated: Sequence[Statement], ground: Grounds, asked: Items, given: Sequence[Quantity]
) -> dict[str, float]:
    found = passage_support.figures(stated, ground, asked, given) | passage_support.statements(
        stated, ground, asked
    )
    if ground.statements:
        return found
    # Nothing can be called unsupported.
    return found | {"unsupported figure": 0.0, "unsupported figures": 0.0, "wrong unit": 0.0}


def _given(question: str, earlier: Sequence[str], heard: str) -> list[Quantity]:
    return [
        each
        for text in (question, *earlier)
        for each in quantities(text, (language(text) if text is not question else "") or heard)
    ]


def _read(articles: Sequence[str]) -> tuple[str, ...]:
    """As much of them as is read."""
    found, left = [], ARTICLE_CHARACTERS
    for article in articles:
        if left > 0:
            found.append(tidy(article[:left], left))
        left -= len(article)
    return tuple(found)
