"""Whether an answer has a button that asks for a person. Facts decide, not the answer's words.

Words alone would promise: the button does what they say.
"""

from chatsite.answering.calls.reply_call import Claimed
from routing import stored_site_profile
from routing.analysis import difficulty
from routing.models import AnswerCheck
from routing.wishes import promised_person, recognition

Outcome = AnswerCheck.Outcome

# Answers of this conversation that did not do, by the customer's own word.
MOST_BAD_RATINGS = 2


def is_due(claimed: Claimed, text: str, held: Outcome | None) -> bool:
    """Where much is at stake, the customer is at their wit's end, or the answer is doubted.

    And where the answer's own words offer a person, or promise one. `held`: what came of a doubted
    answer.
    """
    seen = difficulty.signals(claimed.turn, stored_site_profile.current())
    return (
        bool(seen.stakes or seen.carried)
        or seen.upset
        or seen.again
        or seen.bad_ratings >= MOST_BAD_RATINGS
        or held not in {None, Outcome.TRUSTED}
        or bool(recognition.offers(text))
        or promised_person.found_in(text)
    )
