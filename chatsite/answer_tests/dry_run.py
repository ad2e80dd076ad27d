"""A question answered as a customer's would be, but for the conversation and its budgets.

The same search, score, prompt, answer check and escalation as in the chat. What is left out: saved
answers, which repeat another customer's; budgets, which differ by the hour; the scoring model,
whose kept scores count, and where there is none the local score.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatsite.answer_tests.expectations import CUSTOMER, Answered
from chatsite.answer_tests.versions import Version
from chatsite.answering import person_offer, sources
from chatsite.answering.canned import approved, person_requested
from chatsite.answering.checking import answer_check
from chatsite.answering.model_call import Claimed, Work
from chatsite.answering.question import context, prompt
from chatsite.answering.question.turns import EarlierMessage, as_said
from chatsite.chat.models import Message
from chatsite.knowledge.articles import Held, Meant
from chatsite.knowledge.search import question
from chatsite.knowledge.search.question import Question
from chatsite.llm import Finished, FinishReason
from chatsite.shop import current
from routing import decisions, tiers
from routing.analysis import cached_scores
from routing.choice import NoScore, Tier
from routing.learning import learned_models
from routing.models import AnswerCheck
from routing.tiers import ModelHealth
from routing.wishes import recognition

# More than any call may take.
SECONDS = 84.0
Outcome = AnswerCheck.Outcome
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
    return question.continued(as_said(_messages(said)))


def begin(
    said: Sequence[tuple[str, str]], version: Version, meant: Meant, health: ModelHealth
) -> Answered | Asking:
    """What a customer who says so is given at once, or the call that answers."""
    messages = _messages(said)
    turn, found = context.turn_of(
        messages, question.continued(as_said(messages)), meant, version.held, version.types
    )
    words = context.as_said(messages)
    policy = version.policy
    claimed = Claimed(
        Message(role=Message.Role.ASSISTANT),
        policy,
        turn,
        words,
        found,
        SECONDS,
        -1,
        checker=learned_models.checker(policy.learned_verifier_id),
        wish=recognition.recognise(turn.text, context.before(words), meant.of_its_words),
    )
    if claimed.wish:
        return Answered(person_requested.words(claimed.wish), offers_person=True)
    if ready := approved.at_once(claimed):
        return Answered(ready.text)
    score = None
    if decisions.wants_a_model(turn, policy):
        model = tiers.scorer(policy, health) or policy.cheap_model
        score = cached_scores.cached(turn, model, policy.criteria) or NOT_ASKED
    choice = decisions.choice(turn, policy, score)
    return _asking(claimed, choice.tier, choice.score, version.held, health)


def go_on(asking: Asking, finished: Finished, health: ModelHealth) -> Answered | Asking:
    """What the answer comes to: it stands, the strong model is asked too, or the articles speak."""
    work = asking.work
    if not finished.text.strip():
        return Answered("", work.reply.tier, asking.score, failure="The model answered nothing.")
    found = answer_check.check(work, finished)
    outcome: AnswerCheck.Outcome | None = None
    text = finished.text
    if found:
        outcome = Outcome.TRUSTED
        if answer_check.is_doubted(work, found):
            policy = work.claimed.policy
            no_tier_could = not found.checked and policy.unchecked_answers == "person"
            if work.reply.tier == Tier.CHEAP and not work.reply.stage and not no_tier_could:
                reply = Message(role=Message.Role.ASSISTANT, stage=Message.Stage.ESCALATED)
                again = replace(work.claimed, reply=reply)
                return _asking(again, Tier.STRONG, asking.score, asking.held, health)
            outcome = Outcome.SHOWN
            if quoted := answer_check.instead(work, found):
                text, outcome = quoted, Outcome.QUOTED
    matches = work.claimed.found.matches
    used = (
        answer_check.quoted_sources(work)
        if outcome == Outcome.QUOTED
        else sources.of(text, matches, asking.held)
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


def _messages(said: Sequence[tuple[str, str]]) -> list[EarlierMessage]:
    """As the chat would have stored them."""
    roles = {True: Message.Role.CUSTOMER, False: Message.Role.ASSISTANT}
    return [
        EarlierMessage(place, roles[by == CUSTOMER], Message.State.COMPLETE, text, False)
        for place, (by, text) in enumerate(said, 1)
    ]


def _asking(
    claimed: Claimed, tier: Tier, score: float, held: Held | None, health: ModelHealth
) -> Asking:
    slot = tiers.slots(tier, claimed.policy, health)[0]
    claimed.reply.tier = slot.tier
    fitted = prompt.fitted(
        current.name(),
        claimed.found.matches,
        claimed.said,
        slot.model,
        slot.output_limit,
    )
    work = Work(claimed, slot.model, slot.successor, fitted.messages, fitted.output_limit)
    return Asking(work, score, held)
