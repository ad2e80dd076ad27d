"""Customers, havoc and the reckoning: one chaos run of a given size."""

import asyncio
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg

from tests.chaos.checks import CHECKS
from tests.chaos.customers import Customer, Story
from tests.chaos.evidence import Evidence
from tests.chaos.faults import FAULTS
from tests.chaos.havoc import Havoc, Size
from tests.chaos.server_faults import own_disk
from tests.stack import Stack
from tests.tables import show
from tests.visitor import UNREACHABLE, session

TOKENS = 30
UPSTREAM = ["--first-token-ms", "300", "--tokens-per-second", "20", "--tokens", str(TOKENS)]
FAULT_RATE = "0.1"
# Seconds between two looks at the running database.
SAMPLED_EVERY = 0.5
TOLD_EVERY = 20.0
# Seconds that dead workers' holds are kept, and the sweep that then charges them.
HOLDS_GONE_WITHIN = 140
# In place of two minutes: so many seconds, then the holds of the dead are as old.
LAST_ANSWERS_WITHIN = 15
TIME_PASSES = """
from billing import clock
from billing.models import Hold
Hold.objects.update(expires_at=clock.now())
"""
EXPIRED = """
from billing import clock, ledger
ledger.expire(clock.now())
"""
# Nano-dollars for the strong tier: runs out before the last of the hard and the doubted answers.
STRONG_PER_CONVERSATION = 100_000_000
# Some third hard question has no room here.
CONVERSATION_LIMIT = 250_000_000

# Every message is a call; an answer that is stamps of time is doubted wherever articles were given,
# and shown all the same where the strong tier's is doubted too: the stamps are what is checked.
SEED = """
from billing.models import Budget
from routing import policies
from routing.models import Policy, TaskType
draft = policies.current().draft()
draft.doubted_answers = Policy.Doubted.SHOW
policies.adopt(draft, None, "Answers are shown as they came.")
TaskType.objects.update(cacheable=False, answers_itself=False)
Budget.objects.filter(scope__in=["site", "visitor", "address"]).update(limit=10**13)
Budget.objects.filter(scope="conversation").update(limit={conversation})
Budget.objects.create(
    name="Strong tier", scope="tier", key="strong", period="total", limit={strong}
)
"""


def reckon(size: Size, seed: int, database: str, keep: Path | None = None) -> bool:
    """Run, print the tables, and say whether everything held.

    `keep` is a directory for the logs and the SQLite file.
    """
    started = time.monotonic()
    limits = SEED.format(
        conversation=CONVERSATION_LIMIT, strong=STRONG_PER_CONVERSATION * size.conversations
    )
    upstream = [*UPSTREAM, "--fault-rate", FAULT_RATE, "--seed", str(seed)]
    with ExitStack() as running:
        if size.share:
            running.enter_context(own_disk())
        stack = running.enter_context(
            Stack(
                workers=size.workers,
                webs=size.webs,
                database=database,
                upstream=upstream,
                seed=limits,
            )
        )
        evidence = asyncio.run(_happen(stack, size, random.Random(seed)))
        evidence.gather(stack)
        try:
            stack.manage("check_ledger")
        except subprocess.CalledProcessError as error:
            evidence.ledger_check = error.output
        if keep is not None:
            shutil.copytree(stack.var, keep, ignore=shutil.ignore_patterns("static"))
    return _report(evidence, time.monotonic() - started)


async def _happen(stack: Stack, size: Size, chance: random.Random) -> Evidence:
    havoc = Havoc(stack, size, chance)
    evidence = Evidence([], havoc, TOKENS)
    async with session() as browsers:
        customers = [
            Customer(browsers, stack.url, number, random.Random(chance.random()))
            for number in range(size.conversations)
        ]
        chores = [
            asyncio.create_task(_sample(evidence, stack)),
            asyncio.create_task(_tell(havoc, size)),
        ]
        havoc.plan(FAULTS)
        places = asyncio.Semaphore(size.at_once)
        visits = []
        for customer in customers:
            await places.acquire()
            visits.append(asyncio.create_task(_visit(customer, havoc, places)))
            await asyncio.sleep(chance.uniform(0, 2 / size.per_second))
        evidence.stories = list(await asyncio.gather(*visits))
        await havoc.end()
        await _until_nothing_is_held(stack, size)
        for chore in chores:
            chore.cancel()
    return evidence


async def _visit(customer: Customer, havoc: Havoc, places: asyncio.Semaphore) -> Story:
    await havoc.begin_a_visit(customer)
    try:
        return await customer.visit()
    except UNREACHABLE as error:
        customer.story.wrong.append(("tabs follow live", f"the site stayed away: {error!r}"))
        return customer.story
    finally:
        havoc.customers.discard(customer)
        havoc.visited += 1
        places.release()


async def _sample(evidence: Evidence, stack: Stack) -> None:
    while True:
        with suppress(psycopg.OperationalError, sqlite3.OperationalError):  # It is away, or full.
            await asyncio.to_thread(evidence.sample, stack)
        await asyncio.sleep(SAMPLED_EVERY)


async def _tell(havoc: Havoc, size: Size) -> None:
    """A line now and then for whoever watches."""
    while True:
        await asyncio.sleep(TOLD_EVERY)
        said = (
            f"{havoc.visited} of {size.conversations} visits over, {len(havoc.customers)} going on"
        )
        sys.stderr.write(f"{said}, {havoc.done}\n")


async def _until_nothing_is_held(stack: Stack, size: Size) -> None:
    """And nothing will be: each minute beat begins calls that no customer has asked for."""
    if not size.waits_for_holds:
        await asyncio.sleep(LAST_ANSWERS_WITHIN)
        await asyncio.to_thread(stack.manage, "shell", "-c", TIME_PASSES)
    await _until_released(stack)
    stack.beat.stop()
    await _until_released(stack)
    # What beat's last calls left, as its sweep would charge it.
    await asyncio.to_thread(stack.manage, "shell", "-c", EXPIRED)


async def _until_released(stack: Stack) -> None:
    for _ in range(HOLDS_GONE_WITHIN):
        if not stack.rows("SELECT 1 FROM billing_hold LIMIT 1"):
            return
        await asyncio.sleep(1)


def _report(evidence: Evidence, seconds: float) -> bool:
    replies = evidence.replies
    failures = sorted({reply.failure for reply in replies if reply.failure})
    late = sum(reply.failure == "late" for reply in replies)
    stories = evidence.stories
    current = sorted(story.current_after for story in stories)
    happened: dict[str, object] = {
        "conversations": len(stories),
        "messages said": sum(len(story.said) for story in stories),
        "of them twice": sum(said.twice for story in stories for said in story.said),
        "visitors who left in the middle": sum(story.left for story in stories),
        "connections": sum(story.connections for story in stories),
        "replies": len(replies),
        "of them complete": sum(reply.state == "complete" for reply in replies),
        **{f"ended {name}": sum(reply.failure == name for reply in replies) for name in failures},
        "late": f"{late} of {len(replies)}, {late / max(len(replies), 1):.2%}",
        "attempts at the provider": len(evidence.asked),
        **{
            f"doubted, {name}": count
            for name, count in sorted(Counter(evidence.verdicts.values()).items())
            if name != "trusted"
        },
        **evidence.havoc.done,
        "recorded, $": f"{sum(entry.amount for entry in evidence.entries) / 1e9:.4f}",
        "billed, $": f"{sum(billed.nano_dollars for billed in evidence.billed) / 1e9:.4f}",
        "entries at the reservation": sum(entry.estimated for entry in evidence.entries),
        "looks at the running database": evidence.samples,
        "current after a reconnect, s, p50 / p95": f"{current[len(current) // 2]:.2f} / "
        f"{current[int(len(current) * 0.95)]:.2f}",
        "seconds": f"{seconds:.0f}",
    }
    show("What happened", [{"": what, "count": count} for what, count in happened.items()])
    wrong = {name: list(check(evidence)) for name, check in CHECKS.items()}
    show(
        "What must hold",
        [
            {"check": name, "violations": len(found), "": "red" if found else "ok"}
            for name, found in wrong.items()
        ],
    )
    for name, found in wrong.items():
        sys.stdout.writelines(f"\n{name}: {words}" for words in found[:5])
    sys.stdout.write("\n")
    return not any(wrong.values())
