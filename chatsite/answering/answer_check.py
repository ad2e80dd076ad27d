"""Whether a finished cheap answer will do, judged by the articles and words that it had."""

from django.conf import settings

from chatsite.answering import prompt
from chatsite.answering.model_call import Work
from chatsite.llm import Finished, FinishReason
from routing.checks import verifier
from routing.checks.verifier import Answered, CheckResult
from routing.choice import Tier

# What was said last may be what an answer refers to: an order's number, a price already named.
MOST_SAID = 6


def verdict(work: Work, finished: Finished) -> CheckResult | None:
    """What is held of the answer, in a millisecond of CPU at the most.

    None where no other tier could do better: it has failed before, or a filter cut in.
    """
    claimed = work.claimed
    if (
        work.reply.tier != Tier.CHEAP
        or work.reply.stage
        or claimed.policy.doubt_threshold >= 1
        or finished.finish_reason == FinishReason.CONTENT_FILTER
    ):
        return None
    articles = [f"{match.title}\n{match.body}" for match in claimed.found.matches]
    said = [each.text for each in claimed.said[-MOST_SAID:]]
    return verifier.verify(
        Answered(
            question=claimed.turn.text,
            answer=finished.text,
            articles=articles,
            earlier=said,
            evidence=claimed.turn.evidence,
            cut=finished.finish_reason in {FinishReason.LENGTH, FinishReason.UNCLEAR},
            instructions=prompt.INSTRUCTIONS.format(site=settings.SITE_NAME),
        ),
        claimed.checker,
    )
