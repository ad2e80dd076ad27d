"""Whether a finished answer may be shown as fact, judged by the articles and words that it had."""

from chatsite.answering.calls.reply_call import Work
from chatsite.answering.checking import unconfirmed_answer
from chatsite.answering.question import prompt
from chatsite.chat.models import Message
from chatsite.llm import Finished, FinishReason
from routing.checks import verifier
from routing.checks.language_detection import language
from routing.checks.streaming_gate import DraftGate
from routing.checks.verifier import Answered, CheckResult
from routing.models import Policy
from routing.tier_choice import Tier

# What was said last may be what an answer refers to: an order's number, a price already named.
MOST_SAID = 6
# Cautious operators let the strong tier write more again; its own answers are doubted from here.
LEAST_SECOND_THRESHOLD = 0.6


def check(work: Work, finished: Finished) -> CheckResult | None:
    """What is held of the answer, in some milliseconds of CPU.

    None where the provider's filter cut in: no other tier could do better.
    """
    claimed = work.claimed
    could_be_found = work.reply.tier == Tier.CHEAP and not work.reply.stage
    found = verifier.verify(
        Answered(
            question=claimed.turn.text,
            answer=finished.text,
            articles=articles(work),
            earlier=[each.words for each in claimed.said[-MOST_SAID:]],
            evidence=claimed.turn.evidence if could_be_found else 0.0,
            cut=finished.finish_reason in {FinishReason.LENGTH, FinishReason.UNCLEAR},
            instructions=prompt.INSTRUCTIONS.format(site=work.claimed.site),
            allowed=claimed.policy.allowed_hosts,
        ),
        claimed.checker if work.reply.tier == Tier.CHEAP else None,
    )
    filtered = finished.finish_reason == FinishReason.CONTENT_FILTER
    return None if filtered and not found.forbidden else found


def gate(work: Work) -> DraftGate:
    """What of the answer may be shown while it is written."""
    question = work.claimed.turn.text
    return DraftGate(
        (*articles(work), *(each.words for each in work.claimed.said), question),
        prompt.INSTRUCTIONS.format(site=work.claimed.site),
        (language(question),),
        work.claimed.policy.allowed_hosts,
    )


def articles(work: Work) -> tuple[str, ...]:
    """What the answer was written from, title first."""
    return tuple(f"{match.title}\n{match.body}" for match in work.claimed.found.matches)


def limit(work: Work) -> float:
    """The doubt from which the answer is not to be shown as fact."""
    first = work.reply.tier == Tier.CHEAP and not work.reply.stage
    return max(work.claimed.policy.doubt_threshold, 0.0 if first else LEAST_SECOND_THRESHOLD)


def is_doubted(work: Work, found: CheckResult) -> bool:
    """Whether the answer is not to be shown as fact."""
    policy, first = work.claimed.policy, work.reply.tier == Tier.CHEAP and not work.reply.stage
    if found.forbidden or policy.doubt_threshold >= 1:
        return found.forbidden
    if not found.checked and not found.declines:
        wanted = {Policy.Unchecked.PERSON} | ({Policy.Unchecked.STRONG} if first else set())
        if policy.unchecked_answers in wanted:
            return True
    return found.doubt >= limit(work)


def may_be_written_again(work: Work, found: CheckResult) -> bool:
    """Whether the strong tier could do better than a doubted answer."""
    policy = work.claimed.policy
    no_tier_could = not found.checked and policy.unchecked_answers == Policy.Unchecked.PERSON
    return work.reply.tier == Tier.CHEAP and not work.reply.stage and not no_tier_could


def instead(work: Work, found: CheckResult) -> str:
    """What the customer reads instead of a doubted answer; "" where it is shown all the same."""
    policy = work.claimed.policy
    shown = policy.doubted_answers == Policy.Doubted.SHOW or found.is_only_cut
    if shown and not found.forbidden:
        return ""
    matches = work.claimed.found.matches
    return unconfirmed_answer.text(work.claimed.turn.text, matches, policy.unconfirmed_text)


def replace(reply: Message, found: CheckResult, written: str) -> None:
    """Let the reply quote the articles; staff see what was written, unless it is forbidden."""
    reply.stage = Message.Stage.QUOTED
    reply.draft = "" if found.forbidden else written


def quoted_sources(work: Work) -> list[dict[str, str]]:
    """The articles that are quoted where no answer could be confirmed."""
    matches = work.claimed.found.matches
    quoted = unconfirmed_answer.quotes(work.claimed.turn.text, matches)
    places = sorted({each.article for each in quoted})
    return [matches[at].source for at in places]
