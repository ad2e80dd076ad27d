"""What the budgets allow a reply: the threshold they raise, the tier, the room for a call."""

from billing.ladder import FULL, Ladder, Step, rise
from routing import policies
from routing.models import HIGHEST_THRESHOLD

# Percent between two lines of a rise in words.
STRIDE = 5

WORDS = {
    Step.CHEAP_ONLY: "The cheap tier answers everything.",
    Step.APPROVED: "A question that has an approved answer is given it, without a call.",
    Step.LATER: "No model is asked: approved answers, a person, or “later”.",
}


def in_words(ladder: Ladder) -> list[tuple[int, str]]:
    """What happens at which percent, for the operator who sets it."""
    threshold = policies.current().threshold
    begins = ladder.begins
    found = [(0, f"The threshold is {threshold:g}, as the policy has it.")]
    if (begin := begins.pop(Step.ECONOMISE, None)) is not None:
        found.append((begin, "From here on the threshold rises."))
        end = min(begins.values(), default=FULL + 1)
        for percent in range(begin + STRIDE, end, STRIDE):
            raised = min(HIGHEST_THRESHOLD, threshold + rise(ladder, percent))
            found.append((percent, f"The threshold is {raised:g}."))
    return found + [(percent, WORDS[step]) for step, percent in begins.items()]
