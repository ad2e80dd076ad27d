"""Approved answers: what operators have written for a task type, given as it stands."""

from chatsite.answering.calls.reply_call import Claimed
from chatsite.answering.canned import canned_answer
from chatsite.answering.canned.canned_answer import Answer
from routing import stored_site_profile
from routing.analysis import difficulty
from routing.analysis.features import language


def at_once(claimed: Claimed) -> Answer | None:
    """The answer that operators want given without asking a model."""
    task = claimed.turn.task
    return for_turn(claimed) if task and task.answers_itself else None


def for_turn(claimed: Claimed) -> Answer | None:
    """The approved answer to what was asked, if there is one and it is certain to be the right one.

    A wrong approved answer is worse than none. So it answers a first message only, that asks one
    thing, certainly of its task type, in its language, with nothing at stake.
    """
    task, turn = claimed.turn.task, claimed.turn
    if (
        task is None
        or not task.approved
        or not task.is_certain
        or not canned_answer.is_first(claimed)
    ):
        return None
    seen = difficulty.signals(turn, stored_site_profile.current())
    if seen.stakes or seen.carried or seen.upset or max(seen.questions, seen.parts) > 1:
        return None
    spoken, written = language(turn.text), language(task.approved)
    if spoken and written and spoken != written:
        return None
    return Answer(task, task.approved)
