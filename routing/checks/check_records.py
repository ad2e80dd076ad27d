"""What the answer check found about each reply's cheap answer, and what followed.

Plain SQL: each cheap answer costs this statement, which the ORM takes five times as long to write.
"""

import json
from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from routing.checks import verifier
from routing.models import AnswerCheck
from routing.tier_choice import Moved

STORE = """
INSERT INTO routing_answercheck
    (reference, call, doubt, threshold, verifier, findings, features, outcome, tier, checked_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (reference) DO UPDATE SET
    call = excluded.call, doubt = excluded.doubt, threshold = excluded.threshold,
    verifier = excluded.verifier, findings = excluded.findings, features = excluded.features,
    outcome = excluded.outcome, tier = excluded.tier, checked_at = excluded.checked_at,
    second_doubt = NULL, second_findings = '[]'
"""


def store(
    reference: str,
    call: str,
    found: verifier.CheckResult,
    threshold: float,
    outcome: AnswerCheck.Outcome,
    tier: str = "cheap",
) -> None:
    """Keep the check of the answer that `call` wrote. The newest of a reply is the one kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            STORE,
            [
                reference,
                call,
                found.doubt,
                threshold,
                found.verifier,
                _dumped(found.findings),
                json.dumps({name: round(value, 4) for name, value in found.features.items()}),
                outcome,
                tier,
                connection.ops.adapt_datetimefield_value(timezone.now()),
            ],
        )


def ended(reference: str, outcome: AnswerCheck.Outcome) -> None:
    """What came of writing the reply again, if it was still being written."""
    AnswerCheck.objects.filter(reference=reference, outcome=AnswerCheck.Outcome.ESCALATED).update(
        outcome=outcome
    )


def checked_again(
    reference: str, found: verifier.CheckResult, outcome: AnswerCheck.Outcome
) -> None:
    """What was held of the strong tier's answer to what was doubted, and what came of that."""
    telling = [(move.name, round(move.points, 2)) for move in found.findings if _tells(move, found)]
    AnswerCheck.objects.filter(reference=reference).update(
        second_doubt=found.doubt, second_findings=telling, outcome=outcome
    )


def _tells(move: Moved, found: verifier.CheckResult) -> bool:
    return bool(move.points > 0 and found.features.get(move.name))


def _dumped(findings: Sequence[Moved]) -> str:
    return json.dumps([(move.name, round(move.points, 2)) for move in findings])
