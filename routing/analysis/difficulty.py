"""How hard a turn is to answer well, from 1 to 10: by rules. Pure.

The rules ask what a cheap answer gets wrong: several things asked at once, a danger, conditions to
weigh, a subject that the articles do not cover, a customer who asks again. Dangers and evidence
weigh more than length; a wish for a better model and politeness weigh nothing.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from routing.analysis import first_day_score, score_scale
from routing.analysis.first_day_score import Said
from routing.analysis.hazards import Found
from routing.analysis.politeness import without_filler
from routing.analysis.site_profile import Site, shipped
from routing.analysis.subjects import Vocabulary
from routing.analysis.wording import (
    MOST_AT_STAKE,
    MOST_CHARACTERS,
    asked_in,
    ends,
    folded,
    tidy,
    without_wishes,
)
from routing.tier_choice import HIGHEST, LOWEST, Moved, Score, Turn

# Points for one plain question.
BASE = 2.0
# For 2, 3, 4 and more separate questions; a part that is forgotten is the usual failure.
QUESTION_POINTS = (0.0, 0.0, 1.6, 3.0, 4.2, 5.0)
NUMBERED_POINTS = 0.8
REASONING_POINTS, MOST_REASONING_POINTS = 0.7, 2.1
LENGTH_POINTS, MOST_LENGTH_POINTS = 0.75, 1.5
# Words up to which a message is short, and characters from which two words are keys mashed.
SHORT, MASHED = 15, 200
# For a danger that a decisive phrase tells, for one that is hinted at, and for each further one.
GRAVE, HINTED, ANOTHER, MOST_HINTED = 5.2, 1.2, 0.5, 2.2
# Added where the articles hold nothing of it, taken off where they hold all of it.
EVIDENCE_POINTS = 1.0
AGAIN_POINTS = 1.5
UPSET_POINTS = 1.0
LONG_POINTS = 0.5
# For each answer that was rated down or asked for again, up to so many.
BAD_RATING_POINTS, MOST_BAD_RATINGS = 1.5, 5
# Earlier messages from which a conversation counts as long; how many are compared, and how many
# characters of each.
LONG = 5
COMPARED, MOST_COMPARED = 8, 400

# What tells that an answer takes more than a fact, and last that the customer is upset.
UPSET = "upset"
_TOLD = {
    "compares": (
        r"compar|differen(?:ce|t from)\b|versus\b|vs\b|better\b|rather than|which (?:one|of)\b"
        r"|unterschied|vergleich|besser\b|meilleur|diferencia|mejor\b|verschil|beter\b|лучше|разниц",
        "比较|区别|更好|違い|比べ",
    ),
    "asks why": (
        r"why\b|how come\b|warum\b|wieso\b|pourquoi\b|por que\b|waarom\b|perche\b|почему",
        "为什么|なぜ|لماذا",
    ),
    "asks how it is done": (
        r"how (?:do|does|can|could|should|would|to|is|are|will)\b|handle[ds]?\b|step by step"
        r"|explain|proce(?:ss|dure)\b|wie (?:kann|muss|wird|soll|geht)\b|comment\b|como\b"
        r"|hoe (?:kan|moet|werkt|gaat)\b|как\b",
        "如何|怎么|怎样|どうやって|어떻게",
    ),
    "has conditions": (
        r"if\b|unless\b|(?:al)?though\b|despite\b|except\b|however\b|in case\b|provided\b|but\b"
        r"|wenn\b|falls\b|obwohl\b|aber\b|bien que\b|mais\b|aunque\b|pero\b|maar\b|hoewel\b"
        r"|если\b|но\b",
        "如果|虽然|但是|もし",
    ),
    "covers several cases": (
        r"each\b|respective|(?:these|those|all|both) (?:cases|situations|items|three)\b|jeweils\b"
        r"|chacun|cada (?:uno|caso)\b|elk(?:e)? geval\b",
        "分别|各自|それぞれ",
    ),
    "asks for advice": (
        r"should i\b|recommend|advi[sc]e\b|suggest|suitable\b|best for\b|would you\b|empfehl"
        r"|conseill|recomiend|aanraden|посовет",
        "推荐|建议|おすすめ",
    ),
    "asks for a calculation": (
        r"in total\b|total\b|altogether\b|calculat|per ?cent\b|\d{1,3} ?%|insgesamt\b|totaal\b"
        r"|how much\b[^.?!\n]{0,40}\b(?:back|left|together)\b",
        "一共|总共",
    ),
    UPSET: (
        r"(?:second|third|fourth|\d(?:nd|rd|th)) (?:time|e?-?mail|message)\b"
        r"|still (?:no|not|waiting)\b|again and again|ridiculous|unacceptable|complain|furious"
        r"|angry\b|disappoint|had enough\b|fed up\b|worst\b|terrible\b|useless\b|unverschamt"
        r"|beschwer|inacceptable|inaceptable|klacht|ужасн",
        r"!\s?!\s?!|投诉|太差|ひどい",
    ),
}
_VOCABULARY = Vocabulary(_TOLD)
_WORD = re.compile(r"[^\W_]+")
# Scripts that write without spaces.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Signals:
    """What the rules see of a turn. Plain values: stored, they can be weighed again."""

    words: int
    questions: int
    parts: int  # numbered
    stakes: Sequence[str]
    reasoning: Sequence[str]
    upset: bool
    again: bool  # asks what was asked before
    earlier: int  # messages
    evidence: float
    bad_ratings: int = 0
    hints: Sequence[str] = ()  # dangers that are only hinted at
    carried: Sequence[str] = ()  # dangers said before, which this continues
    asks_on: bool = False  # a short question about a danger that the customer's last words told
    like: Sequence[str] = ()  # those of `stakes` that only a hazard's example tells, by its meaning
    # What each feature adds to the log-odds of the first day, by the names of receipts.
    terms: Mapping[str, float] = field(default_factory=dict)

    @property
    def log_odds(self) -> float:
        """The first day's, that the cheap answer would not do: without evidence and ratings."""
        return sum(self.terms.values())


def signals(turn: Turn, site: Site | None = None) -> Signals:
    """What is to be weighed; the time it takes does not grow with the length of the text."""
    return read(turn, site)[1]


def read(turn: Turn, site: Site | None = None) -> tuple[Said, Signals]:
    """What is read of a turn, tidy and without wishes, and what is to be weighed in it.

    Dangers are looked for in more of it than all else. `site`: its own hazards and scale, the
    shipped ones by default.
    """
    return _read(turn, site or shipped())


# Asked of a message when it is scored, and again when it is answered.
@lru_cache(maxsize=256)
def _read(turn: Turn, site: Site) -> tuple[Said, Signals]:
    whole = without_filler(without_wishes(tidy(turn.text, MOST_AT_STAKE)))
    text = ends(whole, MOST_CHARACTERS)
    plain, before = folded(text), _before(turn)
    words = _WORD.findall(plain)
    unspaced = 0 if plain.isascii() else len(_UNSPACED.findall(plain))
    asked, parts = asked_in(text)
    told = _VOCABULARY.found(plain)
    reasoning = tuple(name for name in told if name != UPSET)
    dangers = site.hazards.found(whole)
    said = Said(
        text=text,
        folded=plain,
        before=before,
        folded_before=folded(before),
        dangers=dangers,
        dangers_before=_with(site.hazards.found(before), turn.like_before) if before else Found(),
        words=len(set(words)) + unspaced // 2,
        questions=len(asked),
        parts=parts,
        reasoning=len(reasoning),
        upset=UPSET in told or _shouts(text),
    )
    # The same word or two over and over say nothing, however long.
    is_mashed = len(text) >= MASHED and said.words <= 2
    length = 0 if is_mashed else len(words) + unspaced // 2
    return said, _signals(turn, said, length, reasoning, site)


def _with(found: Found, hazards: Sequence[str]) -> Found:
    """With these hazards as certain ones."""
    return replace(found, certain=tuple(dict.fromkeys((*found.certain, *hazards))))


def _before(turn: Turn) -> str:
    """The turn that this one continues; blank at the beginning."""
    said = (*turn.earlier[-1:], turn.answer)
    return "\n".join(without_wishes(tidy(each, MOST_COMPARED)) for each in said if each)


def _signals(turn: Turn, said: Said, words: int, reasoning: tuple[str, ...], site: Site) -> Signals:
    head = site.meaning if turn.vector and site.meaning else site.words
    terms = head.terms(first_day_score.features(said), said, turn.vector)
    certain, value = said.dangers.certain, score_scale.score(sum(terms.values()), head.quantiles)
    like = tuple(
        each.hazard for each in turn.like if value >= each.least and each.hazard not in certain
    )
    return Signals(
        words=words,
        questions=said.questions,
        parts=said.parts,
        stakes=(*certain, *like),
        reasoning=reasoning,
        upset=said.upset,
        again=_asked_before(turn.text, turn.earlier),
        earlier=len(turn.earlier),
        evidence=min(1.0, max(0.0, turn.evidence)),
        bad_ratings=turn.bad_ratings,
        hints=said.dangers.possible,
        carried=said.dangers_before.certain,
        asks_on=_asks_on(turn, said, words, site),
        like=like,
        terms={name: round(points, 3) for name, points in terms.items()},
    )


def _asks_on(turn: Turn, said: Said, words: int, site: Site) -> bool:
    """Whether "is it bad?" follows a danger: not one that only the answer in between named."""
    if not said.dangers_before.certain or not said.questions or words > SHORT:
        return False
    last = tidy(turn.earlier[-1], MOST_COMPARED) if turn.earlier else ""
    return bool(turn.like_before or site.hazards.found(last).certain)


def weigh(seen: Signals) -> Score:
    """The score of what was seen, with its reasons in words."""
    if not seen.words:
        return Score(LOWEST, "rules", ("no words to answer",))
    asked = max(seen.questions, seen.parts)
    grave = _danger(seen)
    length = LENGTH_POINTS * math.log2(seen.words / SHORT) if seen.words > SHORT else 0.0
    evidence = EVIDENCE_POINTS * (1 - 2 * seen.evidence)
    if grave >= GRAVE or asked > 2:
        # A good article makes neither a grave case plain nor several answers one.
        evidence = max(evidence, 0.0)
    weights = {
        f"{asked} things asked": QUESTION_POINTS[min(asked, len(QUESTION_POINTS) - 1)],
        f"in {seen.parts} numbered parts": NUMBERED_POINTS if seen.parts else 0.0,
        f"about {' and '.join([*seen.stakes, *seen.hints][:2])}": grave,
        " and ".join(seen.reasoning): min(
            REASONING_POINTS * len(seen.reasoning), MOST_REASONING_POINTS
        ),
        f"{seen.words} words": min(length, MOST_LENGTH_POINTS),
        "asked before": AGAIN_POINTS if seen.again else 0.0,
        "the customer is upset": UPSET_POINTS if seen.upset else 0.0,
        "bad ratings": BAD_RATING_POINTS * min(seen.bad_ratings, MOST_BAD_RATINGS),
        f"{seen.earlier} messages before": LONG_POINTS if seen.earlier >= LONG else 0.0,
        "covered by the articles" if evidence < 0 else "hardly covered by the articles": evidence,
    }
    value = min(max(BASE + sum(weights.values()), LOWEST), HIGHEST)
    told = sorted((name for name in weights if weights[name]), key=lambda name: -abs(weights[name]))
    moved = tuple(Moved(name, round(weights[name], 1)) for name in told)
    if not any(points > 0 for name, points in weights.items() if "covered" not in name):
        told = ["one short question", *told]
    return Score(round(value, 1), "rules", tuple(told), moved)


def _danger(seen: Signals) -> float:
    """Points for dangers: the gravest counts whole, each further one half a point."""
    if seen.stakes:
        return GRAVE + ANOTHER * (len(seen.stakes) - 1)
    if seen.hints:
        return min(MOST_HINTED, HINTED + ANOTHER * (len(seen.hints) - 1))
    return 0.0


def rules(turn: Turn) -> Score:
    """The score by the rules: any text, at once, without a model."""
    return weigh(signals(turn))


def _shouts(text: str) -> bool:
    capitals = sum(map(str.isupper, text))
    return capitals > 14 and capitals > 0.7 * (capitals + sum(map(str.islower, text)))


def _asked_before(text: str, earlier: Sequence[str]) -> bool:
    """Whether an earlier message has most of these words: the first answer did not help."""
    if not earlier:
        return False
    now = _words(text)
    if len(now) < 3:
        return False
    for before in map(_words, earlier[-COMPARED:]):
        if len(now & before) > 0.6 * len(now | before):
            return True
    return False


def _words(text: str) -> set[str]:
    return set(_WORD.findall(folded(tidy(text, MOST_COMPARED))))
