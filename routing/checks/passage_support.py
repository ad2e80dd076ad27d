"""Whether passages say what an answer says: its figures, what it denies. Pure."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product

from routing.checks.multilingual_concepts import said
from routing.checks.passages import Grounds, Items, Statement, Thought, merged
from routing.checks.quantities import DATE, HOURS, MONTHS, SMALL, Quantity

# A figure's ground has to fit better than figures of the same kind that it could be mistaken for.
NO_RIVAL, FURTHEST = 0.15, 0.4
# What is denied wholly is denied wrongly where passages that affirm it are so much nearer.
CLEARLY_AFFIRMED = 0.15
# Sums are looked for among so many figures.
MOST_TERMS, MOST_TRIPLES, MOST_FACTORS = 14, 9, 8
SPANS_BEFORE_ONE = frozenset({"day", "week", "month", "year", "hour", "workday"})


def figures(
    answer: Sequence[Statement], grounds: Grounds, asked: Items, given: Sequence[Quantity]
) -> dict[str, float]:
    """Figures that no passage states, and those it states of something else.

    `given`: what the customer and the conversation stated.
    """
    known, waiting, margins = list(given), [], []
    supported = 0
    for at, statement in enumerate(answer):
        for claim, near in statement.stated:
            if _says_nothing(claim):
                continue
            if any(each.supports(claim) for each in given):
                supported += 1
                continue
            holders = [i for i, (ground, _) in enumerate(grounds.stated) if ground.supports(claim)]
            if not holders:
                waiting.append(claim)
                continue
            supported += 1
            known.append(claim)
            about = merged((near, 1.0), (statement.items, 0.4), (asked, 0.5 if at < 2 else 0.3))
            margin = _margin(
                claim, holders, grounds.by_quantity.alike(grounds.placed(about)), grounds
            )
            if margin is not None:
                margins.append(margin)
    unknown = _underived(waiting, known, [ground for ground, _ in grounds.stated] if given else [])
    worst = max(-FURTHEST, min([*margins, FURTHEST])) if margins else NO_RIVAL
    return {
        "unsupported figure": float(bool(unknown)),
        "unsupported figures": min(float(len(unknown)), 2.0),
        "wrong unit": float(any(_has_other_unit(claim, grounds) for claim in unknown)),
        "figure margin": worst,
        "figure of something else": max(0.0, -worst),
        "figure clearly of something else": float(worst < -0.08),
        "no rival figure": float(not margins),
        "figures": math.log1p(supported + len(unknown)),
    }


def _says_nothing(claim: Quantity) -> bool:
    if claim.in_words and claim.value == 1:
        return claim.unit not in SPANS_BEFORE_ONE
    return not claim.unit and claim.value <= SMALL


def _margin(
    claim: Quantity, holders: Sequence[int], likeness: Sequence[float], grounds: Grounds
) -> float | None:
    """By how much the best ground is nearer than the best that states another value."""
    rivals = [
        likeness[at]
        for at, (ground, near) in enumerate(grounds.stated)
        if (ground.kind == claim.kind or not ground.unit)
        and not ground.supports(claim)
        and not any(near is grounds.stated[holder][1] for holder in holders)
    ]
    return max(likeness[at] for at in holders) - max(rivals) if rivals else None


def _has_other_unit(claim: Quantity, grounds: Grounds) -> bool:
    return bool(claim.unit) and any(
        ground.value == claim.value and ground.unit and ground.unit != DATE
        for ground, _ in grounds.stated
    )


def _underived(
    claims: Sequence[Quantity], known: Sequence[Quantity], stated: Sequence[Quantity]
) -> list[Quantity]:
    """The claims that are no sum, difference, product or share of what is known."""
    known, left = list(known), list(claims)
    for _ in range(2):  # a total may stand before its parts
        for claim in tuple(left):
            if known and _is_derived(claim, [*known, *stated]):
                known.append(claim)
                left.remove(claim)
    return left


def _is_derived(claim: Quantity, terms: Sequence[Quantity]) -> bool:
    def is_it(value: float) -> bool:
        return abs(value - claim.value) < 0.011

    alike = [each.value for each in terms if each.kind == claim.kind]
    if claim.unit in HOURS or claim.unit in MONTHS:
        alike = [each.value for each in terms if each.unit == claim.unit]
    elif claim.kind not in {"money", "", "piece", "person", "point", "percent"}:
        return False
    alike = alike[:MOST_TERMS]
    if any(is_it(a + b) or is_it(abs(a - b)) for a, b in combinations(alike, 2)):
        return True
    signs = ((1, 1, 1), (1, 1, -1), (1, -1, 1), (-1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))
    for triple in combinations(alike[:MOST_TRIPLES], 3):
        if any(is_it(sum(s * x for s, x in zip(each, triple, strict=True))) for each in signs):
            return True
    if claim.kind not in {"money", "point", ""}:
        return False
    numbers = [
        each.value for each in terms if each.kind in {"", "piece", "person", "point", "time"}
    ][:MOST_FACTORS]
    shares = [each.value for each in terms if each.unit == "percent"]
    if any(is_it(a * n) or (n and is_it(a / n)) for a, n in product(alike, numbers)):
        return True
    if any(is_it(a * n / d) for a, n, d in product(alike, numbers, numbers) if d > 1):
        return True
    return any(
        is_it(a * share / 100) for a, s in product(alike, shares) for share in (s, 100 - s, 100 + s)
    )


def statements(answer: Sequence[Statement], grounds: Grounds, asked: Items) -> dict[str, float]:
    """How far passages cover the answer's sentences, and whether they deny the same."""
    spoken = answer[0].language if answer else ""
    foreign = bool(answer and grounds.statements and spoken != grounds.language)
    claims, lost, boundless, wholly = [], 0.0, 0.0, 0.0
    for at, each in enumerate(answer if grounds.statements else ()):
        if said("refusal", each.folded, spoken):
            continue
        about = grounds.placed(merged((each.items, 1.0), (asked, 0.6 if at == 0 else 0.3)))
        likeness = grounds.contexts.alike(about)
        ranked = sorted(range(len(likeness)), key=likeness.__getitem__, reverse=True)
        top, nearest = likeness[ranked[0]], grounds.statements[ranked[0]]
        for thought in each.thoughts:
            claim = merged((thought.items, 1.0), (asked, 0.5 if at == 0 else 0.25))
            found = _denial_margin(grounds, replace(thought, items=claim))
            claims.append(found)
            if thought.is_denied_wholly and found < -CLEARLY_AFFIRMED:
                wholly = 1.0
        if nearest.conditions and not each.conditions and top > 0.2:
            lost += top
        if each.absolutes and not any(
            grounds.statements[i].absolutes and likeness[i] > 0.7 * top for i in ranked[:3]
        ):
            boundless = 1.0
    margin = max(-FURTHEST, min(claims, default=0.1))
    coverage = _coverage(answer if grounds.statements else (), grounds, asked, foreign)
    return {
        **{name: 0.0 if foreign else value for name, value in coverage.items()},
        **{f"{name} in another language": value * foreign for name, value in coverage.items()},
        "another language": float(foreign),
        "denial margin": margin,
        "denial on average": sum(claims) / len(claims) if claims else 0.1,
        "denied otherwise": max(0.0, -margin),
        "clearly denied otherwise": float(margin < -0.1),
        "wholly denied": wholly,
        "condition left out": min(lost, 1.5),
        "without limits": boundless,
        **_agreement(answer, grounds, asked, boundless),
    }


def _coverage(
    answer: Sequence[Statement], grounds: Grounds, asked: Items, foreign: bool
) -> dict[str, float]:
    """How much of the answer's sentences neither the passages nor the question have."""
    shares, sizes = [], []
    least, news = 1.0, 0.0
    for each in answer:
        covered, left = _covered(each, grounds, asked, foreign)
        if covered + left:
            share = covered / (covered + left)
            shares.append(share * len(each.items))
            sizes.append(len(each.items))
            least = min(least, share) if len(each.items) >= 3 else least
            news = max(news, left)
    uncovered = 1 - sum(shares) / sum(sizes) if sizes else 0.0
    return {"uncovered": uncovered, "least covered": 1 - least, "news": min(news, 8.0) / 4}


def _covered(each: Statement, grounds: Grounds, asked: Items, foreign: bool) -> tuple[float, float]:
    """What of a sentence the passages or the question have, and what neither has."""
    covered = left = 0.0
    for item, weight in each.items.items():
        if item in grounds.telling or item in asked:
            covered += grounds.telling.get(item, 0.8) * weight
        elif not (foreign and item[0] == "w"):
            left += weight
    return covered, left


def _denial_margin(grounds: Grounds, claim: Thought) -> float:
    """How much nearer the passages are that deny, or do not, as the claim does.

    One that is denied wholly is borne out by passages that do so too: what does not cover theft
    may cover much else.
    """
    same = other = 0.0
    likeness = grounds.by_thought.alike(grounds.placed(claim.items))
    for like, theirs in zip(likeness, grounds.thoughts, strict=True):
        if claim.agrees_with(theirs):
            same = max(same, like)
        else:
            other = max(other, like)
    return same - other


def _agreement(
    answer: Sequence[Statement], grounds: Grounds, asked: Items, boundless: float
) -> dict[str, float]:
    """Whether a yes or no agrees with the passages nearest to the question."""
    first = answer[0] if answer else None
    yes, no = bool(first and first.affirms), bool(first and first.denies)
    yes, no = (
        yes and not no,
        no and not bool(first and said("refusal", first.folded, first.language)),
    )
    against = 0.0
    if first and (yes or no) and grounds.statements:
        about = merged((asked, 1.0), (first.items, 0.5))
        against = max(
            -0.5, min(0.5, -_denial_margin(grounds, Thought(about, no, is_denied_wholly=False)))
        )
    return {
        "yes": float(yes),
        "no": float(no),
        "against": against,
        "yes against": max(0.0, against) * yes,
        "no against": max(0.0, against) * no,
        "yes without limits": boundless * yes,
    }
