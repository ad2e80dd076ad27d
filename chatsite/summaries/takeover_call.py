"""The call that summarises a conversation at the moment when a person takes it over."""

import logging

from billing.errors import AlreadyCharged
from chatsite.answering.calls import paid_call
from chatsite.answering.calls.paid_call import NotMade
from chatsite.chat.models import Conversation
from chatsite.provider.model_health import Health
from chatsite.summaries import nightly_summaries, summary_prompt, takeover_summary
from routing import policies, tiers
from routing.tier_choice import Tier

logger = logging.getLogger(__name__)


def write(number: int) -> None:
    """Summarise a conversation as it stands. Safe to run twice: a call is made and paid for once.

    Without an answer nothing changes: who took over reads the conversation.
    """
    try:
        conversation = Conversation.objects.filter(pk=number).first()
        if conversation is not None and not takeover_summary.is_fresh(conversation):
            _written(conversation)
    finally:
        takeover_summary.has_ended(number)


def _written(conversation: Conversation) -> None:
    model = tiers.slots(Tier.CHEAP, policies.current(), Health().current())[0].model
    reference = nightly_summaries.reference(conversation)
    call = nightly_summaries.KIND.call(reference, model, conversation.reference)
    asked, limit = nightly_summaries.asked(conversation), nightly_summaries.OUTPUT_LIMIT
    try:
        finished = paid_call.answer_now(call, asked, limit, temperature=0.2)
    except (NotMade, AlreadyCharged) as error:
        logger.warning("%s was not summarised: %s", conversation.reference, error)
        return
    if text := summary_prompt.read(finished.text):
        nightly_summaries.keep(conversation.pk, conversation.revision, text)
        logger.info("%s summarised by %s", conversation.reference, model)
