"""The worker's one event loop, which holds every answer that it is writing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from functools import partial
from typing import Any, assert_never

from django.conf import settings
from django.db import DatabaseError

from chatsite import llm
from chatsite.answering import budget_allowance, finish_answer, first_model_call, queue, sql
from chatsite.answering.budget_allowance import Means
from chatsite.answering.calls import scoring
from chatsite.answering.calls.reply_call import Claimed, Work
from chatsite.answering.calls.scoring import Scorer, Unscored
from chatsite.answering.checking import claim_check_call
from chatsite.answering.finish_answer import Sources
from chatsite.answering.question import attachments_in_prompt, context, question_embedding
from chatsite.answering.step_outcomes import Ended, NotOurs, Outcome, TryAgain
from chatsite.answering.writer.answer_in_progress import OpenAnswer
from chatsite.answering.writer.fair_turns import FairTurns
from chatsite.chat import change_announcements
from chatsite.chat.live import bus
from chatsite.provider.model_health import Health
from chatsite.runtime import repeat_forever
from chatsite.runtime.grouped_writes import MOST_PER_COMMIT, GroupedWrites
from routing.checks.verifier import CheckResult
from routing.tier_choice import NoScore, Score

logger = logging.getLogger(__name__)

# Seconds between renewals of the leases; each also stores what a new tab is shown.
RENEWED_EVERY = 1.0
# Redis brings hints and sweeps. Where it is away, and no sweep has come for so many seconds, a
# worker looks for itself: else nothing would be answered, and nothing end in its 90 seconds.
UNSWEPT_FOR, LOOKS_EVERY = 20.0, 5.0
# Replies that are looked at and claimed at once, by the one thread that also ends answers and
# renews leases: as many as share a commit. The rest of a flood waits before that thread's queue.
MOST_BEGUN_AT_ONCE = MOST_PER_COMMIT


class Writer:
    """Writes replies until it is told to stop. All methods but `wake` belong to its loop."""

    def __init__(self) -> None:
        self._writes = GroupedWrites("writes")
        self._scorer = Scorer(self._writes)
        self._meanings = question_embedding.Meanings(self._writes)
        self._health = Health()
        self._live = bus.here()
        self._loop = asyncio.get_running_loop()
        self._places = FairTurns(settings.ANSWERS_PER_WORKER)
        self._turns = FairTurns(MOST_BEGUN_AT_ONCE)
        self._known: set[int] = set()
        self._answers: dict[int, OpenAnswer] = {}
        self._grown: set[int] = set()
        self._there_is_text = asyncio.Event()
        self._jobs: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._swept_at = self._loop.time()
        self._chores = [
            asyncio.create_task(repeat_forever.repeat(self._send_what_grows)),
            asyncio.create_task(repeat_forever.repeat(self._renew_leases)),
            asyncio.create_task(repeat_forever.repeat(self._sweep_where_nobody_does)),
        ]

    def wake(self, *reply_ids: int) -> None:
        """A hint from any thread that these may be due."""
        self._loop.call_soon_threadsafe(self._begin, reply_ids)

    def swept(self) -> None:
        """Told by any thread that a sweep has come to this process."""
        self._swept_at = self._loop.time()

    async def written(self) -> None:
        """Wait until nothing is being written."""
        while self._jobs:
            await asyncio.wait(self._jobs)

    async def stop(self, patience: float) -> None:
        """Begin nothing new, give open answers so many seconds, hand the rest to other workers."""
        self._stopping = True
        if self._jobs:
            logger.info("Finishing %d answers", len(self._answers))
            await asyncio.wait(self._jobs, timeout=patience)
        for job in tuple(self._jobs):
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        for chore in self._chores:
            chore.cancel()
        await asyncio.gather(*self._chores, return_exceptions=True)
        await self._scorer.stop(patience)
        await self._live.close()
        await llm.close()
        await asyncio.to_thread(self._writes.close)

    def _begin(self, reply_ids: tuple[int, ...]) -> None:
        for reply_id in reply_ids:
            if not self._stopping and reply_id not in self._known:
                self._known.add(reply_id)
                job = asyncio.create_task(self._write(reply_id))
                self._jobs.add(job)
                job.add_done_callback(self._ended)

    def _ended(self, job: asyncio.Task[None]) -> None:
        self._jobs.discard(job)
        if not job.cancelled() and (error := job.exception()):
            # The lease runs out, and the sweep gives the reply to whoever is well.
            logger.error("An answer was left behind", exc_info=error)

    async def _write(self, reply_id: int) -> None:
        """One attempt at one reply."""
        network = partial(self._network, reply_id)
        try:
            async with self._places.turn(network):
                if self._stopping:
                    return
                outcome = await self._start(reply_id, network)
                while isinstance(outcome, Work):
                    outcome = await self._attempt(outcome)
        finally:
            self._known.discard(reply_id)
        match outcome:
            case Ended(change):
                change_announcements.announce(change, self._live, self.wake)
            case TryAgain(after):
                self._loop.call_later(after.total_seconds(), self._begin, (reply_id,))
            case NotOurs():
                pass
            case _:
                assert_never(outcome)

    async def _start(self, reply_id: int, network: Callable[[], Awaitable[str]]) -> Outcome:
        """Claim and reserve; in one commit where no model has to be asked for a score first."""

        def begin(
            claimed: Claimed, score: Score | NoScore | None, means: Means | None = None
        ) -> Outcome:
            return first_model_call.first_call(claimed, score, self._health.current(), means)

        def claim(seen: tuple[Claimed, Means | None]) -> Unscored | Outcome:
            claimed, means = queue.claim(seen[0]), seen[1]
            if not isinstance(claimed, Claimed):
                return claimed
            if means is None:
                return begin(claimed, None)
            score = scoring.at_hand(claimed, self._health.current(), means)
            return score if isinstance(score, Unscored) else begin(claimed, score, means)

        async with self._turns.turn(network):
            opened = await self._writes.look(partial(context.read, reply_id))
            if opened is None:
                return NotOurs()
            meant = await self._meanings.of(opened.question, opened.reply, opened.model)

            def look() -> tuple[Claimed, Means | None]:
                seen = context.look(opened, meant)
                return seen, None if seen.reply.stage else budget_allowance.means(seen)

            claimed = await self._writes.look_and_run(look, claim)
        if not isinstance(claimed, Unscored):
            return claimed
        score = await self._scorer.score(claimed)
        return await self._writes.run(partial(begin, claimed.claimed, score))

    async def _network(self, reply_id: int) -> str:
        """Whose turn it is; a conversation without one is a network of its own."""
        return await self._writes.look(partial(sql.network, reply_id))

    async def _attempt(self, work: Work) -> Outcome:
        """One call and what comes of it. A fault of ours in any step of it, whichever, ends it too:
        nobody above could charge the call or tell the customer.
        """
        try:
            return await self._ask(work)
        except Exception:
            logger.exception("%s was broken off", work.reply.charge_reference)
            return await self._writes.run(partial(finish_answer.break_off, work))

    async def _ask(self, work: Work) -> Outcome:
        job = asyncio.current_task()
        assert job is not None
        answer = self._answers[work.reply.pk] = OpenAnswer(work, job)
        # While the request is on its way.
        self._loop.call_soon(self._show_beginning, answer)
        try:
            messages = await self._with_images(work)
            async with aclosing(answer.parts(messages)) as parts:
                async for part in parts:
                    match part:
                        case llm.Delta(text):
                            answer.text += text
                            self._grown.add(work.reply.pk)
                            self._there_is_text.set()
                        case llm.Retracted():
                            answer.retract()
                        case llm.Finished():
                            found = await claim_check_call.weighed(
                                work, part, self._health, self._writes
                            )
                            look = partial(finish_answer.sources, work, part)
                            end = partial(self._finish, answer, part, found)
                            outcome = await self._writes.look_and_run(look, end)
                            self._live.publish(*answer.end(outcome))
                            return outcome
                        case _:
                            assert_never(part)
        except llm.UpstreamError as error:
            return await self._writes.run(partial(self._fail, answer, error, answer.showable))
        except asyncio.CancelledError:
            if answer.stopped and not job.uncancel():
                await self._writes.run(partial(finish_answer.stop, work, answer.showable))
                # It may have been asked for again while this attempt still held it.
                return TryAgain(timedelta(0))
            await self._writes.run(partial(finish_answer.abandon, work))
            raise
        finally:
            del self._answers[work.reply.pk]
        raise AssertionError("a stream ends in Finished or in an error")

    async def _with_images(self, work: Work) -> list[dict[str, Any]]:
        if not attachments_in_prompt.has_images(work.messages):
            return work.messages
        return await self._writes.look(partial(attachments_in_prompt.loaded, work.messages))

    def _show_beginning(self, answer: OpenAnswer) -> None:
        reply = answer.work.reply
        self._live.publish(answer.beginning())
        logger.info(
            "%s asks %s of the %s tier", reply.charge_reference, answer.work.model, reply.tier
        )

    def _finish(
        self, answer: OpenAnswer, end: llm.Finished, found: CheckResult | None, used: Sources
    ) -> Outcome:
        answer.note_first_words()
        outcome = finish_answer.complete(answer.work, end, found, used, self._health.current())
        self._health.answered(answer.work.model)
        return outcome

    def _fail(self, answer: OpenAnswer, error: llm.UpstreamError, text: str) -> Outcome:
        answer.note_first_words()
        work = answer.work
        outcome = finish_answer.fail(work, error, text, self._health.current())
        self._health.failed(work.model, error.kind)
        return outcome

    async def _send_what_grows(self) -> None:
        """Tell the tabs whatever has come since the last look; many answers in one go."""
        await self._there_is_text.wait()
        self._there_is_text.clear()
        grown, self._grown = self._grown, set()
        frames = []
        for reply_id in grown:
            answer = self._answers.get(reply_id)
            if answer:
                frames += answer.growth()
        self._live.publish(*frames)

    async def _sweep_where_nobody_does(self) -> None:
        await asyncio.sleep(LOOKS_EVERY)
        if self._stopping or self._loop.time() - self._swept_at < UNSWEPT_FOR:
            return
        try:
            due, ended = await self._writes.run(queue.recover)
        except DatabaseError as error:
            logger.warning("No look for replies: %s", error)
            return
        for change in ended:
            change_announcements.announce(change, self._live, self.wake)
        self._begin(tuple(due))

    async def _renew_leases(self) -> None:
        await asyncio.sleep(RENEWED_EVERY)
        # Only what tabs were sent: a stored text then ends where a frame begins.
        held = {reply: answer for reply, answer in self._answers.items() if answer.mine}
        if not held:
            return
        written = [
            (reply_id, answer.work.reply.attempt, answer.text[: answer.sent])
            for reply_id, answer in held.items()
        ]
        try:
            lost = await self._writes.run(partial(queue.renew, written))
        except DatabaseError as error:
            logger.warning("Leases not renewed: %s", error)
            return
        stopped = await self._writes.run(partial(queue.stopped, lost)) if lost else set()
        for reply_id in lost:
            if reply_id in stopped and self._answers.get(reply_id) is held[reply_id]:
                # Nobody wants the rest: the stream is closed, and what came is charged.
                held[reply_id].stopped = True
                held[reply_id].job.cancel()
            # Ended by a person or by time. The call is drained to its usage, silently.
            # The answer that was asked about: the reply may have gone on with another since.
            held[reply_id].mine = False
