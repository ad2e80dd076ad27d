"""Loading what the first answer would otherwise wait for."""

import logging

from django.db import connection

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

    The articles' index, word lists, trained models and tokenizer are then in memory. Reading them
    takes 1.6 s of CPU, for which the first customer after a restart does not wait.
    """
    try:
        claimed = dry_run.claimed([Said("user", QUESTION)], policies.current(), Meant())
        work, _ = dry_run.work_for(claimed, Tier.CHEAP, ModelHealth())
        text = next(iter(answer_check.articles(work)), QUESTION)
        finished = Finished(text, FinishReason.STOP, None, work.model, "", "")
        answer_check.check(work, finished)
    except Exception:  # whatever it is, a worker that starts cold is better than none
        logger.warning("The first answer will take longer", exc_info=True)
    finally:
        connection.close()  # this thread needs it no more
