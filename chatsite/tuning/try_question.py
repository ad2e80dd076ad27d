"""What the chat would do with a question, step by step, without a conversation.

The model is called only where that is asked for. Such a call is on the ledger, as an evaluation.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from uuid import uuid4

from django.utils.safestring import SafeString

from billing import ledger, money, tokens
from billing.models import LedgerEntry
from chatsite import llm, markdown
from chatsite.answering import dry_run
from chatsite.answering.calls import paid_call
from chatsite.answering.calls.paid_call import NotMade
from chatsite.answering.calls.reply_call import Claimed, Work
from chatsite.answering.checking import answer_check, claim_check_call
from chatsite.answering.dry_run import Again, Shown
from chatsite.answering.question.prompt import Said
from chatsite.knowledge.embeddings import question_embeddings
from chatsite.llm import Finished
from chatsite.provider.model_health import Health
from routing import decisions, score_display, stored_site_profile, structured_output, tiers
from routing.analysis import difficulty, learned_score
from routing.checks import claims
from routing.checks.verifier import FINDINGS, CheckResult
from routing.errors import BadClaims
from routing.models import Policy
from routing.tier_choice import Choice, Tier, choose, for_task
from routing.tiers import ModelHealth

PURPOSE = LedgerEntry.Purpose.EVALUATION
MOST_DETAILS = 8


@dataclass(slots=True)
class Step:
    """What one step came to, in words; `cost` in nano-dollars, None without a call."""

    name: str
    told: str = ""
    details: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cost: int | None = None

    @property
    def milliseconds(self) -> float:
        return 1000 * self.seconds

    @property
    def price(self) -> str:
        return "" if self.cost is None else money.shown(self.cost)


@dataclass(slots=True)
class Way:
    """All steps, and what the customer would read; blank where no model was called."""

    steps: list[Step] = field(default_factory=list)
    shown: str = ""

    @property
    def milliseconds(self) -> float:
        return sum(step.milliseconds for step in self.steps)

    @property
    def html(self) -> SafeString:
        return markdown.render(self.shown)

    @property
    def cost(self) -> str:
        return money.shown(sum(step.cost or 0 for step in self.steps))

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Times what is done within."""
        found = Step(name)
        self.steps.append(found)
        begun = perf_counter()
        try:
            yield found
        finally:
            found.seconds = perf_counter() - begun


def go(said: Sequence[Said], policy: Policy, *, call: bool) -> Way:
    """`said`: the conversation, whose last message is the question. `call`: ask the model too."""
    way, health = Way(), Health().current()
    claimed = _claimed(way, said, policy)
    choice = _routed(way, claimed)
    work = _prompted(way, claimed, choice.tier, health)
    if not call:
        return way
    while (finished := _called(way, work)) is not None:
        match dry_run.after(work, finished, _checked(way, work, finished, health)):
            case Again(claimed, instead):
                way.shown = instead
                work = _prompted(way, claimed, Tier.STRONG, health)
            case Shown(text):
                way.shown = text
                break
    return way


def _claimed(way: Way, said: Sequence[Said], policy: Policy) -> Claimed:
    with way.step("Search") as step:
        asked, reference = dry_run.asked(said), _reference()
        claimed = dry_run.claimed(said, policy, question_embeddings.of_one(asked, reference))
        found, task = claimed.found, claimed.turn.task
        entries = LedgerEntry.objects.filter(reference__startswith=reference)
        step.cost = entries.values_list("amount", flat=True).first()
        step.told = f"By {found.searched}." if found.searched else "Nothing to search for."
        step.details = [
            f"{match.title} (relevance {score_display.probability(match.relevance)})"
            for match in found.matches
        ]
        if asked.before or asked.answer:
            step.details.append("Searched with the turn before it")
    with way.step("Evidence") as step:
        likely = score_display.probability(found.evidence)
        step.told = f"{likely}: how likely it is that these articles hold the answer."
    with way.step("Task type") as step:
        step.told = f"{task.name}: {task.why}" if task else "None."
    with way.step("Wish for a person") as step:
        step.told = "Yes: the customer is offered one." if claimed.wish else "No."
    return claimed


def _routed(way: Way, claimed: Claimed) -> Choice:
    turn, policy = claimed.turn, claimed.policy
    with way.step("Hazards") as step:
        signs = stored_site_profile.current().hazards.signs(turn.text)
        names = dict.fromkeys(each.hazard for each in signs)
        step.details = [
            f"“{each.phrase}” {'decides' if each.is_decisive else 'raises the score'}"
            for each in signs[:MOST_DETAILS]
        ]
        seen = difficulty.signals(turn, stored_site_profile.current())
        for near in turn.like:
            counts = near.hazard in seen.stakes
            effect = "decides" if counts else "does not count, as the message seems harmless"
            step.details.append(f"Means nearly the same as “{near.example}”: {effect}")
            if counts:
                names[near.hazard] = None
        step.told = f"{', '.join(names)}." if names else "None."
    with way.step("Score") as step:
        score, seen = decisions.scored(turn, policy)
        least = learned_score.floor(seen)
        score = for_task(score, turn.task, least)
        step.told = f"{score.value:g} of 10 ({score.analyzer})."
        step.details = [f"{move.name} {move.points:+.1f}" for move in score.moved[:MOST_DETAILS]]
        if decisions.wants_a_model(turn, policy):
            step.details.append("The policy has a model asked for the score; here it is local")
    with way.step("Tier") as step:
        choice = choose(score, policy.threshold, task=turn.task, least=least)
        step.told = choice.reason
    return choice


def _prompted(way: Way, claimed: Claimed, tier: Tier, health: ModelHealth) -> Work:
    with way.step("") as step:
        work, asked = dry_run.work_for(claimed, tier, health)
        count = tokens.of_messages(asked.messages, work.model)
        step.name = f"Prompt for {work.model}"
        step.told = f"{count} tokens, at most {asked.output_limit} for the answer."
        step.details = [f"Left out: {asked.left_out}"] if asked.left_out else []
    return work


def _called(way: Way, work: Work) -> Finished | None:
    policy = work.claimed.policy
    return _asked(
        way,
        f"Call of {work.model}",
        ledger.Call(_reference(), PURPOSE, work.model, str(work.reply.tier)),
        work.messages,
        work.output_limit,
        policy.temperature,
        policy.call_seconds,
    )


def _reference() -> str:
    return f"try:{uuid4().hex}"


def _asked(
    way: Way,
    name: str,
    call: ledger.Call,
    messages: Sequence[Mapping[str, str]],
    output_limit: int,
    temperature: float,
    seconds: float,
    response_format: Mapping[str, object] | None = None,
) -> Finished | None:
    """The answer; None where there is none, and the step says why."""
    finished = None
    with way.step(name) as step:
        try:
            finished = paid_call.answer_now(
                call,
                messages,
                output_limit,
                temperature,
                deadlines=llm.Deadlines(total=seconds),
                response_format=response_format,
            )
            step.told = finished.text
        except NotMade as error:
            failed = f"No answer: {error.failure}."
            step.told = failed if error.failure else f"Not called: {error}"
        entries = LedgerEntry.objects.filter(reference=call.reference)
        step.cost = entries.values_list("amount", flat=True).first()
    return finished


def _claims_asked(
    way: Way, work: Work, finished: Finished, found: CheckResult, health: ModelHealth
) -> CheckResult:
    """With what the cheap model holds of each claim, where the policy has it asked."""
    model = tiers.scorer(work.claimed.policy, health)
    if not model or not claim_check_call.is_uncertain(work, found):
        return found
    said, messages, output_limit = claim_check_call.asked(work, finished.text)
    told = _asked(
        way,
        f"Claims, checked by {model}",
        ledger.Call(_reference(), PURPOSE, model, Tier.CHEAP),
        messages,
        output_limit,
        0.0,
        claim_check_call.GIVEN_UP_AFTER,
        structured_output.taken_by(model, claims.VERDICTS_FORMAT),
    )
    if told is None:
        return found
    step = way.steps[-1]
    try:
        held = claims.read(told.text, len(said))
    except BadClaims:
        step.told = "The verdicts could not be read."
        return found
    step.told = f"{held.count(claims.Held.SUPPORTED)} of {len(said)} supported."
    step.details = [f"{claim} ({each})" for claim, each in zip(said, held, strict=True)]
    return claims.weighed(found, held)


def _checked(way: Way, work: Work, finished: Finished, health: ModelHealth) -> CheckResult | None:
    found = answer_check.check(work, finished)
    if found is not None:
        found = _claims_asked(way, work, finished, found, health)
    with way.step("Answer check") as step:
        if found is None:
            step.told = "Not checked: the provider's filter cut the answer."
            return None
        policy = work.claimed.policy
        doubted = answer_check.is_doubted(work, found)
        step.told = (
            f"Doubt {score_display.probability(found.doubt, policy.doubt_threshold)} of "
            f"{policy.doubt_threshold:g} ({found.verifier}): "
            + ("doubted." if doubted else "shown as it is.")
        )
        step.details = [
            f"{FINDINGS[each.name]} {each.points:+.1f}"
            for each in found.findings
            if each.name in FINDINGS
        ][:MOST_DETAILS]
    return found
