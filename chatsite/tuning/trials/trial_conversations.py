"""What became of each conversation in a trial, and what it cost."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils import timezone

from chatsite.tuning.sql import WITH_PERSON
from routing.models import Trial

# What became of each conversation in the trial. By what the customer got: a check, a budget or a
# failed model may have made it another tier's than was decided.
CONVERSATIONS = f"""
SELECT c.id, MIN(d.policy_id), COUNT(*),
    COUNT(CASE WHEN m.tier = 'strong' AND m.state IN ('complete', 'cut') THEN 1 END),
    COUNT(CASE WHEN d.shadow_tier = 'strong'
        OR (d.shadow_tier = d.tier AND m.tier = 'strong' AND m.state IN ('complete', 'cut'))
        THEN 1 END),
    COUNT(CASE WHEN d.shadow_tier = 'cheap' AND d.tier = 'strong' THEN 1 END),
    COUNT(CASE WHEN d.shadow_tier = d.tier THEN 1 END),
    COUNT(CASE WHEN m.state IN ('failed', 'cut') THEN 1 END),
    COUNT(CASE WHEN m.retries > 0 THEN 1 END),
    COUNT(CASE WHEN m.rating = 1 THEN 1 END),
    COUNT(CASE WHEN m.rating = -1 THEN 1 END),
    MAX(CASE WHEN {WITH_PERSON} THEN 1 ELSE 0 END)
FROM routing_routedecision d
JOIN chat_message m ON m.id = CAST(SUBSTR(d.reference, 7) AS BIGINT)
JOIN chat_conversation c ON c.id = m.conversation_id
WHERE d.trial_id = %s AND d.decided_at >= %s
GROUP BY c.id
"""  # noqa: S608  # parts of ours
# All that its calls cost while the trial ran: answers, failed attempts, scoring.
COSTS = """
SELECT conversation, SUM(amount)
FROM billing_ledgerentry
WHERE called_at >= %s AND called_at <= %s AND conversation <> ''
GROUP BY conversation
"""


@dataclass(frozen=True, slots=True)
class Conversation:
    policy: int
    replies: int
    strong: int  # answers of the strong model that the customer got
    shadow_strong: int  # and would have got, but for those that it would have written again
    shadow_cheap: int  # strong decisions that would have been cheap
    agreed: int
    failed: int
    retried: int
    good: int
    bad: int
    handed: int  # 1 where a person came, or was asked for
    cost: int  # nano-dollars


def of(trial: Trial, since: datetime) -> dict[str, Conversation]:
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        until = trial.ended_at or timezone.now()
        cursor.execute(COSTS, [adapt(since), adapt(until)])
        costs = dict(cursor.fetchall())
        cursor.execute(CONVERSATIONS, [trial.pk, adapt(since)])
        found = {}
        for pk, *counts in cursor.fetchall():
            name = f"conversation:{pk}"
            counts.append(int(costs.get(name, 0)))
            found[name] = Conversation(*counts)
        return found
