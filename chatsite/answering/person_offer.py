"""Whether an answer carries a button that asks for a person. Only what is known decides, not prose.

Words alone would promise: the button does what they say.
"""

from chatsite.answering.calls.model_call import Claimed
from routing import stored_site_profile
from routing.analysis import difficulty
from routing.checks import rule_violations
from routing.checks.language_detection import language
from routing.checks.multilingual_concepts import fold
from routing.models import AnswerCheck
from routing.wishes import lexicon, recognition

Outcome = AnswerCheck.Outcome

# Answers of this conversation that did not do, by the customer's own word.
MOST_BAD_RATINGS = 2


def is_due(claimed: Claimed, text: str, held: Outcome | None) -> bool:
    """Where much is at stake, the customer is at their wit's end, or the answer is doubted.

    And where the answer's own words offer a person, or claim that one is on the way. `held`: what
    came of a doubted answer.
    """
    seen = difficulty.signals(claimed.turn, stored_site_profile.current())
    return (
        bool(seen.stakes or seen.carried)
        or seen.upset
        or seen.again
        or seen.bad_ratings >= MOST_BAD_RATINGS
        or held not in {None, Outcome.TRUSTED}
        or bool(recognition.offers(text))
        or _claims_a_person(text)
    )


def _claims_a_person(text: str) -> bool:
    """ "I am connecting you to a colleague": an answer does nothing, so the button has to."""
    deeds = rule_violations.deeds(fold(text), language(text) or "en")
    if not any(deeds.values()):  # nearly always
        return False
    said = lexicon.plain(text)
    return any(
        word.tag in lexicon.PEOPLE for each in lexicon.lexicons(said) for word in each.words(said)
    )
