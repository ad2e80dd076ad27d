"""A question answered as in the chat, but without a conversation, its budgets or saved answers.

Whoever walks makes the calls: `claimed`, then `work_for` the tier that was chosen, then `after` for
each answer, until it is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chatsite.answering.calls.reply_call import Claimed, Work
from chatsite.answering.checking import answer_check
from chatsite.answering.question import context, open_question, prompt
from chatsite.answering.question.open_question import EarlierMessage
from chatsite.answering.question.prompt import Prompt, Said
from chatsite.chat.models import Message
from chatsite.knowledge.articles import Meant
from chatsite.knowledge.current_search_index import Held
from chatsite.knowledge.search import question
from chatsite.knowledge.search.question import Question
from chatsite.llm import Finished
from chatsite.shop import current_shop
from routing import tiers
from routing.checks.verifier import CheckResult
from routing.learning import learned_models
from routing.models import AnswerCheck, Policy
from routing.task_types.library import Shelf
from routing.tier_choice import Tier
from routing.tiers import ModelHealth
from routing.wishes import recognition

# More than any call may take.
SECONDS = 84.0

Outcome = AnswerCheck.Outcome


@dataclass(frozen=True, slots=True)
class Again:
    """The strong tier is asked too; `instead` is read where it does not answer."""

    claimed: Claimed
    instead: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the customer reads. `outcome` of the answer check; None where nothing was checked."""

    text: str
    outcome: AnswerCheck.Outcome | None


def asked(said: Sequence[Said]) -> Question:
    """What is searched for these words, the question last."""
    return question.continued(open_question.as_said(_stored(said)))


def claimed(
    said: Sequence[Said],
    policy: Policy,
    meant: Meant,
    held: Held | None = None,
    types: Shelf | None = None,
) -> Claimed:
    """What is known before the question is routed; `held` and `types` as in `context.turn_of`."""
    stored = _stored(said)
    turn, found = context.turn_of(stored, asked(said), meant, held, types)
    words = context.as_said(stored)
    return Claimed(
        Message(role=Message.Role.ASSISTANT),
        policy,
        turn,
        words,
        found,
        SECONDS,
        -1,
        checker=learned_models.checker(policy.learned_verifier_id),
        wish=recognition.recognise(turn.text, context.before(words), meant.of_its_words),
        site=current_shop.name(),
    )


def work_for(claimed: Claimed, tier: Tier, health: ModelHealth) -> tuple[Work, Prompt]:
    """The call that answers for the tier now, and its prompt."""
    slot = tiers.slots(tier, claimed.policy, health)[0]
    claimed.reply.tier = slot.tier
    fitted = prompt.fitted(
        claimed.site, claimed.found.matches, claimed.said, slot.model, slot.output_limit
    )
    call = Work(claimed, slot.model, slot.successor, fitted.messages, fitted.output_limit)
    return call, fitted


def after(work: Work, finished: Finished, found: CheckResult | None) -> Again | Shown:
    """What a checked answer comes to: it stands, the strong tier is asked, the articles speak."""
    if found is None:
        return Shown(finished.text, None)
    if not answer_check.is_doubted(work, found):
        return Shown(finished.text, Outcome.TRUSTED)
    quoted = answer_check.instead(work, found)
    if answer_check.may_be_written_again(work, found):
        reply = Message(role=Message.Role.ASSISTANT, stage=Message.Stage.ESCALATED)
        return Again(replace(work.claimed, reply=reply), quoted or finished.text)
    return Shown(quoted, Outcome.QUOTED) if quoted else Shown(finished.text, Outcome.SHOWN)


def _stored(said: Sequence[Said]) -> list[EarlierMessage]:
    """As the chat would have stored it."""
    roles = {True: Message.Role.CUSTOMER, False: Message.Role.ASSISTANT}
    return [
        EarlierMessage(place, roles[each.by == "user"], Message.State.COMPLETE, each.text, False)
        for place, each in enumerate(said, 1)
    ]
