"""What must hold after a chaos run. Each check names what is wrong, or nothing.

Which test goes red where a guard is removed: `python -m tests.guards`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from tests.chaos.evidence import Evidence, Stored
from tests.upstream.scripts import stamps

Check = Callable[[Evidence], Iterator[str]]

# P2, seconds.
ENDS_WITHIN = 90.0
# Of all replies, how many may end in "took too long" while workers are killed every few seconds;
# and in the small run, which is for machines that have much else to do.
LATE_SHARE, LATE_SHARE_IN_CI = 0.005, 0.02
# Nanoseconds between the provider's note of its first word and the word's own stamp.
SAME_MOMENT = 20_000_000
# Seconds from a worker's going on to the request that it had in mind.
ASKS_WITHIN = 3.0
# What the provider says where it leaves out the usage.
UNSTAMPED = "An answer, and no bill with it."
ENDED = {"complete", "cut", "failed", "cancelled"}


def nothing_lost(evidence: Evidence) -> Iterator[str]:
    """P1: what a tab was told is taken is stored, as it was said."""
    for story in evidence.stories:
        stored = {
            row.client_id: row.text for row in evidence.conversations.get(story.conversation, ())
        }
        for said in story.said:
            if said.client_id in story.acknowledged and stored.get(said.client_id) != said.text:
                yield f"{story.conversation}: {said.text!r} was acknowledged"


def everything_said_arrives(evidence: Evidence) -> Iterator[str]:
    """What stayed in an outbox was sent again until it was taken, or refused in words."""
    for story in evidence.stories:
        for said in story.said:
            if said.client_id not in story.acknowledged and said.client_id not in story.refused:
                yield f"{story.conversation}: {said.text!r} is neither taken nor refused"


def one_message_per_client_id(evidence: Evidence) -> Iterator[str]:
    """P3: whatever the clicks and tabs."""
    for conversation, rows in evidence.conversations.items():
        for client_id, count in Counter(row.client_id for row in rows if row.client_id).items():
            if count > 1:
                yield f"{conversation}: {count} messages of {client_id}"
    for story in evidence.stories:
        rows = evidence.conversations.get(story.conversation, [])
        texts = Counter(row.text for row in rows if row.role == "customer")
        for text, count in texts.items():
            if count > 1:
                yield f"{story.conversation}: {text!r} is stored {count} times"


def everything_ends(evidence: Evidence) -> Iterator[str]:
    """P2: every stored message is followed by a reply, and every reply has ended."""
    for conversation, rows in evidence.conversations.items():
        if rows and rows[-1].role == "customer":
            yield f"{conversation}: {rows[-1].text!r} is not answered"
        for row in rows:
            if row.state not in ENDED:
                yield f"{conversation}: reply {row.id} is {row.state}"
            if row.state in {"cut", "failed"} and not row.failure:
                yield f"{conversation}: reply {row.id} does not say why it failed"


def in_time(evidence: Evidence) -> Iterator[str]:
    """P2: within 90 seconds of being stored."""
    retried = {reply for story in evidence.stories for reply in story.retried}
    for conversation, rows in evidence.conversations.items():
        for message, reply in _answered(rows):
            if reply.ended_at is None or reply.id in retried:
                continue
            seconds = (reply.ended_at - message.created_at).total_seconds()
            if seconds > ENDS_WITHIN:
                yield f"{conversation}: reply {reply.id} ended {reply.state} after {seconds:.1f} s"


def answered_once(evidence: Evidence) -> Iterator[str]:
    """P3, P9: no reply without a new message before it."""
    for conversation, rows in evidence.conversations.items():
        previous = "assistant"
        for row in rows:
            if row.role == "assistant" and previous == "assistant":
                yield f"{conversation}: reply {row.id} answers nothing"
            previous = row.role


def one_voice(evidence: Evidence) -> Iterator[str]:
    """P9: at most one open reply, in the database and in every tab, at every moment."""
    yield from evidence.open_twice
    yield from _seen(evidence, "one voice")


def one_attempt_at_a_time(evidence: Evidence) -> Iterator[str]:
    """No attempt is overtaken while its worker lives and writes it: it would be paid for twice."""
    finished = {entry.reference for entry in evidence.entries if entry.outcome == "stop"}
    arrived = {asked.reference: asked.arrived / 1e9 for asked in evidence.asked}
    retried = {reply for story in evidence.stories for reply in story.retried}
    for reply in evidence.replies:
        for attempt in range(1, reply.attempt):
            reference = f"reply:{reply.id}:{attempt}"
            began, overtaken = (
                arrived.get(reference),
                arrived.get(f"reply:{reply.id}:{attempt + 1}"),
            )
            if reference not in finished or reply.id in retried or not began or not overtaken:
                continue
            # One that stood still between its claim and its request asks as soon as it goes on.
            stood_still = any(
                start < overtaken and end > began - ASKS_WITHIN
                for start, end in evidence.havoc.frozen
            )
            if not stood_still:
                yield f"{reference} was finished by a worker that had not stood still"


def escalated_once(evidence: Evidence) -> Iterator[str]:
    """A doubted answer is paid for once, whoever dies while the strong tier writes it again."""
    retried = {reply for story in evidence.stories for reply in story.retried}
    away = [entry for entry in evidence.entries if entry.outcome == "escalated"]
    of_reply = Counter(entry.reference.split(":")[1] for entry in away)
    for reply, count in of_reply.items():
        if count > 1 and int(reply) not in retried:
            yield f"reply:{reply}: {count} doubted answers were paid for"
    models = {asked.reference: asked.model for asked in evidence.asked}
    for entry in away:
        _, reply, attempt = entry.reference.split(":")
        following = models.get(f"reply:{reply}:{int(attempt) + 1}", "")
        if following == entry.model and int(reply) not in retried:
            yield f"{entry.reference}: the cheap tier was asked again"
    for reference, outcome in evidence.verdicts.items():
        if outcome == "escalated":
            yield f"{reference}: nobody knows what came of its escalation"


def complete_is_whole(evidence: Evidence) -> Iterator[str]:
    """P6, fencing: a complete answer is one attempt's, whole, and the newest attempt's."""
    asked = {each.reference: each for each in evidence.asked}
    for reply in evidence.replies:
        if reply.state != "complete" or reply.text == UNSTAMPED:
            continue
        times, call = stamps(reply.text), asked.get(reply.reference)
        words = len(reply.text.split())
        if len(times) != evidence.tokens or words != evidence.tokens:
            yield f"{reply.reference}: complete with {words} of {evidence.tokens} words"
        elif times != sorted(times):
            yield f"{reply.reference}: words out of order"
        elif call is None or call.first_token is None:
            yield f"{reply.reference}: the provider was not asked for it"
        elif abs(times[0] - call.first_token) > SAME_MOMENT:
            yield f"{reply.reference}: holds the words of another attempt"


def recovered(evidence: Evidence) -> Iterator[str]:
    """Lost hints and dead workers cost seconds, not answers."""
    replies = evidence.replies
    late = [reply for reply in replies if reply.failure == "late"]
    share = LATE_SHARE if evidence.havoc.size.share else LATE_SHARE_IN_CI
    if len(late) > share * len(replies) + 1:
        yield f"{len(late)} of {len(replies)} replies took too long"


def charged_once(evidence: Evidence) -> Iterator[str]:
    """P4: one attempt, one request, one row; nothing still held."""
    for reference, count in Counter(each.reference for each in evidence.asked).items():
        if count > 1:
            yield f"{reference}: asked for {count} times"
        if not reference:
            yield "a request without a reference"
    rows = Counter(entry.reference for entry in evidence.entries)
    yield from (f"{reference}: {count} rows" for reference, count in rows.items() if count > 1)
    for asked in evidence.asked:
        if asked.reference not in rows:
            yield f"{asked.reference}: not on the ledger"
    yield from (f"{reference}: still held" for reference in evidence.holds)


def recorded_covers_billed(evidence: Evidence) -> Iterator[str]:
    """P4: the provider's bill is never higher than the ledger, by attempt and in total."""
    recorded = {entry.reference: entry.amount for entry in evidence.entries}
    billed: defaultdict[str, int] = defaultdict(int)
    for each in evidence.billed:
        billed[each.reference] += each.nano_dollars
    for reference, amount in billed.items():
        if recorded.get(reference, 0) < amount:
            yield f"{reference}: {recorded.get(reference)} recorded, {amount} billed"
    if sum(recorded.values()) < sum(billed.values()):
        yield f"{sum(recorded.values())} recorded, {sum(billed.values())} billed"


def known_usage_is_exact(evidence: Evidence) -> Iterator[str]:
    """Where the provider said what it bills, the ledger says the same, and not a cent more."""
    billed: defaultdict[str, int] = defaultdict(int)
    for each in evidence.billed:
        billed[each.reference] += each.nano_dollars
    for entry in evidence.entries:
        amount = billed[entry.reference]
        if (
            entry.outcome in {"stop", "escalated"}
            and not entry.estimated
            and entry.amount != amount
        ):
            yield f"{entry.reference}: {entry.amount} recorded, {amount} billed"


def budgets_kept(evidence: Evidence) -> Iterator[str]:
    """P4: spent + reserved <= limit at every look, and no call cost more than was reserved.

    A dead worker's call, whose hold the next attempt took over, has nothing reserved: what it is
    charged is the overrun, which `check_ledger` compares.
    """
    yield from evidence.overspent
    for window in evidence.windows:
        if not window.kept:
            yield str(window)
        if window.reserved:
            yield f"{window}: reserved for nothing"
    for entry in evidence.entries:
        if entry.amount > entry.reserved > 0:
            yield f"{entry.reference}: {entry.reserved} reserved, {entry.amount} charged"


def windows_equal_the_ledger(evidence: Evidence) -> Iterator[str]:
    """The command that operators have for it."""
    if evidence.ledger_check:
        yield evidence.ledger_check


def tabs_follow(evidence: Evidence) -> Iterator[str]:
    """What is stored is shown in every open tab, in 7 s even where a frame was lost."""
    yield from _seen(evidence, "tabs follow live")
    yield from _seen(evidence, "ended in the tab")


def tabs_equal_the_database(evidence: Evidence) -> Iterator[str]:
    """P5: after a reconnect, within 2 s; and at the end, row by row."""
    yield from _seen(evidence, "tabs equal the database")
    for story in evidence.stories:
        shown = [(entry.id, entry.role, entry.state) for entry in story.shown]
        rows = evidence.conversations.get(story.conversation, [])
        if shown != [(row.id, row.role, row.state) for row in rows]:
            yield f"{story.conversation}: shown {shown}"


def nothing_shown_twice(evidence: Evidence) -> Iterator[str]:
    """No tab ever showed a message twice, or a complete answer that then changed."""
    yield from _seen(evidence, "shown once")


def nothing_died_by_itself(evidence: Evidence) -> Iterator[str]:
    yield from evidence.havoc.died


def _seen(evidence: Evidence, kind: str) -> Iterator[str]:
    for story in evidence.stories:
        yield from (words for what, words in story.wrong if what == kind)


def _answered(rows: list[Stored]) -> Iterator[tuple[Stored, Stored]]:
    """Each message with the reply that answers it."""
    waiting: list[Stored] = []
    for row in rows:
        if row.role == "customer":
            waiting.append(row)
        else:
            yield from ((message, row) for message in waiting)
            waiting = []


CHECKS: dict[str, Check] = {
    "0 lost: acknowledged means stored": nothing_lost,
    "every message is taken or refused": everything_said_arrives,
    "one client id, one message": one_message_per_client_id,
    "every message is answered, every reply has ended": everything_ends,
    "within 90 s": in_time,
    "0 answered twice": answered_once,
    "one open reply per conversation": one_voice,
    "no attempt overtaken by another": one_attempt_at_a_time,
    "0 doubted answers paid for twice": escalated_once,
    "no cut answer looks complete": complete_is_whole,
    "dead workers and lost hints are made good": recovered,
    "0 charged twice": charged_once,
    "recorded >= billed": recorded_covers_billed,
    "known usage is charged exactly": known_usage_is_exact,
    "budgets never exceeded": budgets_kept,
    "windows equal the ledger": windows_equal_the_ledger,
    "tabs follow live": tabs_follow,
    "tabs equal the database after a reconnect": tabs_equal_the_database,
    "nothing is shown twice": nothing_shown_twice,
    "no process died by itself": nothing_died_by_itself,
}
