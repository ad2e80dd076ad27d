"""What is left after a chaos run, as the database, the ledger and the provider have it."""

import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from tests.chaos.customers import Story
from tests.chaos.havoc import Havoc
from tests.stack import Stack

MESSAGES = """
SELECT message.id, conversation.public_id, message.role, message.state, message.text,
       message.client_id, message.attempt, message.failure, message.created_at, message.ended_at,
       CASE WHEN message.stage = 'kept' THEN verdict.call ELSE '' END
FROM chat_message message JOIN chat_conversation conversation
  ON conversation.id = message.conversation_id
LEFT JOIN routing_answercheck verdict ON verdict.reference = 'reply:' || message.id
ORDER BY message.conversation_id, message.position
"""
ENTRIES = "SELECT reference, outcome, amount, reserved, estimated, model_requested, windows "
ENTRIES += "FROM billing_ledgerentry"
WINDOWS = """
SELECT budget.name, spent, reserved, overrun, bucket.limit
FROM billing_budgetperiod bucket JOIN billing_budget budget ON budget.id = bucket.budget_id
""".replace("bucket.limit", 'bucket."limit"')
OPEN_TWICE = """
SELECT conversation_id FROM chat_message WHERE state IN ('pending', 'writing')
GROUP BY conversation_id HAVING count(*) > 1
"""
PRICES = """
SELECT model, input, output FROM billing_price
WHERE service_tier = 'default' ORDER BY effective_from
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """One row of a conversation."""

    id: int
    conversation: str
    role: str
    state: str
    text: str
    client_id: str
    attempt: int
    failure: str
    created_at: datetime
    ended_at: datetime | None
    kept: str  # the call whose words stand although a later one was made

    @property
    def reference(self) -> str:
        """The call that wrote it."""
        return self.kept or f"reply:{self.id}:{self.attempt}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger; nano-dollars."""

    reference: str
    outcome: str
    amount: int
    reserved: int
    estimated: bool
    model: str


@dataclass(frozen=True, slots=True)
class Window:
    budget: str
    spent: int
    reserved: int
    overrun: int
    limit: int

    @property
    def kept(self) -> bool:
        return self.spent + self.reserved <= self.limit + self.overrun


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the provider saw it; nanoseconds of CLOCK_MONOTONIC."""

    reference: str
    model: str
    arrived: int
    first_token: int | None


@dataclass(frozen=True, slots=True)
class Billed:
    reference: str
    nano_dollars: int


@dataclass
class Evidence:
    stories: list[Story]
    havoc: Havoc
    tokens: int  # of each answer
    conversations: dict[str, list[Stored]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    verdicts: dict[str, str] = field(default_factory=dict)  # outcomes by the reply's reference
    asked: list[Asked] = field(default_factory=list)
    billed: list[Billed] = field(default_factory=list)
    # What a look at the running database found wrong.
    samples: int = 0
    open_twice: list[str] = field(default_factory=list)
    overspent: list[str] = field(default_factory=list)
    ledger_check: str = ""  # what it printed where it failed

    @property
    def replies(self) -> list[Stored]:
        return [row for rows in self.conversations.values() for row in rows if not row.client_id]

    def sample(self, stack: Stack) -> None:
        """Look at what must hold at every moment."""
        self.samples += 1
        self.open_twice += [f"conversation {row[0]}" for row in stack.rows(OPEN_TWICE)]
        windows = [Window(*row) for row in stack.rows(WINDOWS)]
        self.overspent += [str(window) for window in windows if not window.kept]

    def gather(self, stack: Stack) -> None:
        """Read everything, once nothing moves any more."""
        for row in stack.rows(MESSAGES):
            stored = _stored(row)
            self.conversations.setdefault(stored.conversation, []).append(stored)
        self.entries = [
            Entry(reference, outcome, amount, reserved, bool(estimated), model)
            for reference, outcome, amount, reserved, estimated, model, _ in stack.rows(ENTRIES)
        ]
        self.verdicts = {
            str(reference): str(outcome)
            for reference, outcome in stack.rows(
                "SELECT reference, outcome FROM routing_answercheck"
            )
        }
        self.windows = [Window(*row) for row in stack.rows(WINDOWS)]
        self.holds = [str(row[0]) for row in stack.rows("SELECT reference FROM billing_hold")]
        self.asked = [Asked(**each) for each in _json(f"{stack.upstream_url}/_requests")]
        prices = {model: (given, made) for model, given, made in stack.rows(PRICES)}
        for each in _json(f"{stack.upstream_url}/_bill"):
            given, made = prices[each["model"]]
            cost = given * each["input_tokens"] + made * each["output_tokens"]
            self.billed.append(Billed(each["reference"], -(-cost // 10**6)))


def _stored(row: Sequence[Any]) -> Stored:
    id_, conversation, role, state, text, client_id, attempt, failure, created, ended, kept = row
    return Stored(
        id_,
        _uuid(conversation),
        role,
        state,
        text,
        _uuid(client_id),
        attempt,
        failure,
        _time(created),
        _time(ended) if ended else None,
        kept or "",
    )


def _uuid(value: object) -> str:
    """SQLite keeps hexadecimal digits, PostgreSQL a type of its own."""
    digits = str(value or "").replace("-", "")
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(parts) if digits else ""


def _time(value: str | datetime) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _json(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(url, timeout=60) as response:
        return list(orjson.loads(response.read()))
