"""Which answers are judged: at random, but some of each kind, so that rare kinds are seen too."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, zip_longest

from chatsite.chat.models import Message
from chatsite.quality.models import QualityLabel
from chatsite.quality.reference_chunks import together
from routing.checks.language_detection import language
from routing.models import AnswerCheck, RouteDecision
from routing.tier_choice import Tier

# Of answers that ended since.
SAMPLED_FROM = timedelta(days=1)
# Answers of which the sample is drawn, themselves by lot: their kinds are found out in memory.
POOL = 1000
# Points below the threshold from which a score is near it.
NEAR = 2.0


class Kind(StrEnum):
    """Of each as many as of others, while there are any. An answer is of the first that fits."""

    RATED = "rated"
    DOUBTED = "doubted"
    LANGUAGE = "in another language than most"
    NEAR = "scored near the threshold, or above"
    LOW = "scored low"


def draw(now: datetime, tier: Tier, number: int) -> list[Message]:
    """So many complete answers of the day by this tier that no judge has seen, kind by kind."""
    ended = Message.objects.filter(
        role=Message.Role.ASSISTANT,
        state=Message.State.COMPLETE,
        tier=tier,
        ended_at__gte=now - SAMPLED_FROM,
        ended_at__lt=now,
    )
    unjudged = ended.exclude(labels__source=QualityLabel.Source.JUDGED)
    pool = list(unjudged.select_related("conversation").order_by("?")[:POOL])
    of_kind: defaultdict[Kind, list[Message]] = defaultdict(list)
    for reply, kind in zip(pool, _kinds(pool), strict=True):
        of_kind[kind].append(reply)
    in_turn = chain.from_iterable(zip_longest(*(of_kind[kind] for kind in Kind)))
    return [reply for reply in in_turn if reply is not None][:number]


def _kinds(pool: Sequence[Message]) -> list[Kind]:
    references = [reply.reference for reply in pool]
    scores: dict[str, tuple[float, float]] = {}
    doubted: set[str] = set()
    for some in together(references):
        decided = RouteDecision.objects.filter(reference__in=some)
        for reference, score, threshold in decided.values_list("reference", "score", "threshold"):
            scores[reference] = (score, threshold)
        doubts = AnswerCheck.objects.doubted().filter(reference__in=some)
        doubted.update(doubts.values_list("reference", flat=True))
    spoken = [language(reply.text) for reply in pool]
    usual = Counter(filter(None, spoken)).most_common(1)
    found = []
    for reply, tongue in zip(pool, spoken, strict=True):
        score, threshold = scores.get(reply.reference, (0.0, 0.0))
        if reply.rating is not None:
            found.append(Kind.RATED)
        elif reply.reference in doubted:
            found.append(Kind.DOUBTED)
        elif tongue and usual and tongue != usual[0][0]:
            found.append(Kind.LANGUAGE)
        else:
            found.append(Kind.NEAR if score and score >= threshold - NEAR else Kind.LOW)
    return found
