"""What the verifier held of each reply's cheap answer, and what came of it.

Plain SQL: each cheap answer costs this statement, which the ORM takes five times as long to write.
"""

import json

from django.db import connection
from django.utils import timezone

from routing.checks import verifier
from routing.models import AnswerCheck

STORE = """
INSERT INTO routing_answercheck
    (reference, call, doubt, threshold, verifier, findings, features, outcome, checked_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (reference) DO UPDATE SET
    call = excluded.call, doubt = excluded.doubt, threshold = excluded.threshold,
    verifier = excluded.verifier, findings = excluded.findings, features = excluded.features,
    outcome = excluded.outcome, checked_at = excluded.checked_at
"""


def store(
    reference: str,
    call: str,
    found: verifier.CheckResult,
    threshold: float,
    outcome: AnswerCheck.Outcome,
) -> None:
    """Keep what was held of the answer that `call` wrote. The newest of a reply is the one kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            STORE,
            [
                reference,
                call,
                found.doubt,
                threshold,
                found.verifier,
                json.dumps([(move.name, round(move.points, 2)) for move in found.findings]),
                json.dumps({name: round(value, 4) for name, value in found.features.items()}),
                outcome,
                connection.ops.adapt_datetimefield_value(timezone.now()),
            ],
        )


def ended(reference: str, outcome: AnswerCheck.Outcome) -> None:
    """What came of writing the reply again, if it was still being written."""
    AnswerCheck.objects.filter(reference=reference, outcome=AnswerCheck.Outcome.ESCALATED).update(
        outcome=outcome
    )
