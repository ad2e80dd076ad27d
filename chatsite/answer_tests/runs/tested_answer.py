"""What a test's question is answered, call by call, while all tests wait together.

Beside what a dry run leaves out, the scoring model: its kept scores count, and where there is none
the local score.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from chatsite.answer_tests.expectations import CUSTOMER, Answered
from chatsite.answer_tests.runs.compared_versions import Version
from chatsite.answering import answer_sources, dry_run, person_offer
from chatsite.answering.calls.reply_call import Claimed, Work
from chatsite.answering.canned import approved_answers, person_requested
from chatsite.answering.checking import answer_check
from chatsite.answering.dry_run import Again
from chatsite.answering.question.prompt import Said
from chatsite.knowledge.articles import Meant
from chatsite.knowledge.current_search_index import Held
from chatsite.knowledge.search.question import Question
from chatsite.llm import Finished, FinishReason
from routing import decisions, tiers
from routing.analysis import cached_scores
from routing.models import AnswerCheck
from routing.tier_choice import NoScore, Tier
from routing.tiers import ModelHealth

NOT_ASKED = NoScore("Tests ask no model for a score")


@dataclass(frozen=True, slots=True)
class Asking:
    """A call that has to be made, or whose answer is known, before the test has its answer."""

    work: Work
    score: float
    held: Held | None

    @property
    def digest(self) -> str:
        """Of all that the provider is sent."""
        work = self.work
        basis = [work.model, work.messages, work.output_limit, work.claimed.policy.temperature]
        return hashlib.sha256(json.dumps(basis).encode()).hexdigest()


def asked(said: Sequence[tuple[str, str]]) -> Question:
    """What is searched for these words, the question last."""
    return dry_run.asked(_said(said))


def begin(
    said: Sequence[tuple[str, str]], version: Version, meant: Meant, health: ModelHealth
) -> Answered | Asking:
    """What a customer who says so is given at once, or the call that answers."""
    policy = version.policy
    claimed = dry_run.claimed(_said(said), policy, meant, version.held, version.types)
    if claimed.wish:
        return Answered(person_requested.words(claimed.wish), offers_person=True)
    if ready := approved_answers.at_once(claimed):
        offers = person_offer.is_due(claimed, ready.text, None)
        return Answered(ready.text, offers_person=offers)
    turn, score = claimed.turn, None
    if decisions.wants_a_model(turn, policy):
        model = tiers.scorer(policy, health) or policy.cheap_model
        score = cached_scores.cached(turn, model, policy.criteria) or NOT_ASKED
    choice = decisions.choice(turn, policy, score)
    return _asking(claimed, choice.tier, choice.score, version.held, health)


def go_on(asking: Asking, finished: Finished, health: ModelHealth) -> Answered | Asking:
    """The next step: the test's answer, or a call of the strong model."""
    work = asking.work
    if not finished.text.strip():
        return Answered("", work.reply.tier, asking.score, failure="The model answered nothing.")
    found = answer_check.check(work, finished)
    comes_to = dry_run.after(work, finished, found)
    if isinstance(comes_to, Again):
        return _asking(comes_to.claimed, Tier.STRONG, asking.score, asking.held, health)
    text, outcome = comes_to.text, comes_to.outcome
    matches = work.claimed.found.matches
    used = (
        answer_check.quoted_sources(work)
        if outcome == AnswerCheck.Outcome.QUOTED
        else answer_sources.of(text, matches, asking.held)
    )
    slugs = {match.url: match.slug for match in matches}
    return Answered(
        text,
        str(work.reply.tier),
        asking.score,
        tuple(slugs[source["url"]] for source in used),
        person_offer.is_due(work.claimed, text, outcome),
        found.doubt if found else None,
        "The answer was cut off." if finished.finish_reason != FinishReason.STOP else "",
    )


def _said(said: Sequence[tuple[str, str]]) -> list[Said]:
    return [Said("user" if by == CUSTOMER else "assistant", text) for by, text in said]


def _asking(
    claimed: Claimed, tier: Tier, score: float, held: Held | None, health: ModelHealth
) -> Asking:
    work, _ = dry_run.work_for(claimed, tier, health)
    return Asking(work, score, held)
