"""Loading what the first answer would otherwise wait for."""

import logging

from billing import tokens
from chatsite.answering import dry_run
from chatsite.answering.checking import answer_check
from chatsite.answering.question.prompt import Said
from chatsite.knowledge.articles import Meant
from chatsite.llm import Finished, FinishReason
from routing import policies
from routing.tier_choice import Tier
from routing.tiers import ModelHealth

QUESTION = "How long does delivery take, and can I return what I ordered?"

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Answer a question with one of its articles, without asking a model or writing anything.

    Articles' index, word lists, heads and token counts are then in memory: 1.6 s of CPU that the
    first customer after a restart does not wait for.
    """
    try:
        claimed = dry_run.claimed([Said("user", QUESTION)], policies.current(), Meant())
        work, _ = dry_run.work_for(claimed, Tier.CHEAP, ModelHealth())
        tokens.of_messages(work.messages, work.model)
        text = next(iter(answer_check.articles(work)), QUESTION)
        finished = Finished(text, FinishReason.STOP, None, work.model, "", "")
        answer_check.check(work, finished)
    except Exception:  # whatever it is, a worker that starts cold is better than none
        logger.warning("The first answer will take longer", exc_info=True)
