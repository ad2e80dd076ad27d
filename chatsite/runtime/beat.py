"""The beat: a Celery application that knows the schedule and nothing else of the site.

With the site's own application it would load Django and the provider's client only to send a
message every few seconds: 144 MB instead of 54. Started by `python -m chatsite.runtime.beat FILE`,
which keeps in FILE when each task was last sent: 13 MB less than by Celery's command line.
"""

import logging
import os
import sys
import time
from contextlib import suppress
from datetime import timedelta
from functools import cache
from typing import Any

from celery import Celery
from celery.beat import PersistentScheduler, ScheduleEntry
from celery.schedules import crontab
from kombu import Producer
from redis import Redis, RedisError

from chatsite.runtime.scheduled_task import EVERY

logger = logging.getLogger(__name__)

# Between two looks for what a lost hint or a dead worker left behind.
SWEPT_EVERY = timedelta(seconds=5)
# Between two looks for changed task types and articles that a lost hint left unlearned.
LEARNED_EVERY = timedelta(minutes=1)
# Between two looks for customers who ask for a person and of whom the team has to be told.
TOLD_EVERY = timedelta(seconds=10)
# Between two looks at what costs; what is found is sent at once.
LOOKED_EVERY = timedelta(minutes=1)
# Seconds by which a clock that drifts is not yet one that was set.
SET_BY = 2.0
# Messages in the queue beyond which nothing is added.
MOST_WAITING = 2000

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

app = Celery("chatsite", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _sent(task: str, schedule: float | timedelta | crontab, every: timedelta) -> dict[str, Any]:
    """`every`: within which a worker carries it out once, whoever sends it how often.

    Without an expiry: it would be read by the worker's clock, which may not be the beat's.
    """
    headers = {EVERY: every.total_seconds()}
    return {"task": task, "schedule": schedule, "options": {"headers": headers}}


def _each(task: str, interval: timedelta) -> dict[str, Any]:
    return _sent(task, interval, interval)


def _nightly(task: str, hour: int, minute: int) -> dict[str, Any]:
    """In UTC."""
    return _sent(task, crontab(hour=str(hour), minute=str(minute)), DAY / 2)


app.conf.beat_schedule = {
    "keep_no_longer": _each("chatsite.operations.tasks.keep_no_longer", HOUR),
    "forget_deleted_words": _each("chatsite.operations.tasks.forget_deleted_words", HOUR),
    "canary": _each("chatsite.operations.tasks.canary", timedelta(seconds=10)),
    "sweep": _each("chatsite.answering.tasks.sweep", SWEPT_EVERY),
    "tell_team": _each("chatsite.inbox.tasks.tell_team", TOLD_EVERY),
    "deliver_events": _each("chatsite.webhooks.tasks.deliver", timedelta(seconds=5)),
    "forget_events": _each("chatsite.webhooks.tasks.forget", DAY),
    "send_answers": _each("chatsite.mail.tasks.send_answers", timedelta(seconds=30)),
    "fetch_mail": _each("chatsite.mail.tasks.fetch_mail", timedelta(minutes=1)),
    "look": _each("billing.alerts.tasks.look", LOOKED_EVERY),
    "look_back": _each("billing.alerts.tasks.look_back", timedelta(minutes=10)),
    "count_answers": _each("chatsite.monitor.tasks.count_answers", timedelta(minutes=1)),
    "send_report": _each("chatsite.monthly_report.tasks.send_report", HOUR),
    "resume_drafts": _each("chatsite.monitor.tasks.resume_drafts", timedelta(minutes=1)),
    "resume_reply_drafts": _each("chatsite.inbox.tasks.resume_reply_drafts", timedelta(minutes=1)),
    "resume_tests": _each("chatsite.answer_tests.tasks.resume", timedelta(minutes=1)),
    "forget_tests": _each("chatsite.answer_tests.tasks.forget", DAY),
    # Once the hour that has passed is whole.
    "pace": _sent("billing.tasks.pace", crontab(minute="5"), HOUR / 2),
    "learn_task_types": _each("routing.tasks.learn_task_types", LEARNED_EVERY),
    "rescale": _each("routing.tasks.rescale", timedelta(minutes=10)),
    "embed_articles": _each("chatsite.knowledge.tasks.embed_articles", LEARNED_EVERY),
    "import_articles": _each("chatsite.knowledge.tasks.import_articles", LEARNED_EVERY),
    # While customers sleep. A night that is missed is made up for by the next.
    "learn_overnight": _nightly("chatsite.quality.tasks.learn", 2, 40),
    # What was learned, against what happened, once the night's labels are there.
    "look_for_broken_promises": _nightly(
        "chatsite.routing_mistakes.tasks.look_for_broken_promises", 3, 30
    ),
    # By the night's labels, what the pages of mistakes and gaps show.
    "find_mistakes": _nightly("chatsite.routing_mistakes.tasks.find_mistakes", 3, 40),
    "find_gaps": _nightly("chatsite.monitor.tasks.find_gaps", 3, 50),
    "sample": _nightly("chatsite.quality.tasks.sample", 1, 30),
    "summarise": _nightly("chatsite.summaries.tasks.send", 1, 45),
    "collect_summaries": _each("chatsite.summaries.tasks.collect", timedelta(minutes=10)),
    "collect_verdicts": _each("chatsite.quality.tasks.collect_verdicts", timedelta(minutes=10)),
    "read_models": _each("chatsite.provider.tasks.read_models", DAY),
    # By then the provider has most figures of yesterday, which ends at midnight UTC.
    "read_bill": _nightly("chatsite.provider.tasks.read_bill", 6, 10),
    "offline": _each("chatsite.offline.tasks.advance", timedelta(minutes=1)),
    "forget_offline": _each("chatsite.offline.tasks.forget", DAY),
    "forget": _each("chatsite.answering.tasks.forget", DAY),
}


class Schedule(PersistentScheduler):
    """Celery's, for a clock that somebody may set.

    What was sent in the future, as its file or its memory says, was sent by another clock. Taken at
    its word, it would keep everything waiting until that time has come.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._ahead = _clocks_apart()
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        super().setup_schedule()
        self._forget_the_future()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if abs(_clocks_apart() - self._ahead) > SET_BY:
            logger.warning("The clock was set: the schedule starts from now")
            self._ahead = _clocks_apart()
            self._forget_the_future()
            self._heap = None
        return float(super().tick(*args, **kwargs))

    def apply_entry(self, entry: ScheduleEntry, producer: Producer | None = None) -> None:
        """Not where thousands wait already: no worker is there, and Redis is not to fill up."""
        if self._waiting() < MOST_WAITING:
            super().apply_entry(entry, producer)

    def _forget_the_future(self) -> None:
        for entry in self.schedule.values():
            now = entry.default_now()
            entry.last_run_at = min(entry.last_run_at or now, now)

    def _waiting(self) -> int:
        with suppress(RedisError):
            return int(_redis().llen(app.conf.task_default_queue))
        return 0


def _clocks_apart() -> float:
    """Between the clock that people set and the one that nobody does."""
    return time.time() - time.monotonic()


@cache
def _redis() -> Redis:
    return Redis.from_url(app.conf.broker_url, socket_connect_timeout=2, socket_timeout=5)


if __name__ == "__main__":
    beat = app.Beat(
        loglevel="WARNING",
        schedule=sys.argv[1],
        scheduler_cls=Schedule,  # type: ignore[arg-type]  # or its name, say the stubs
        quiet=True,
    )
    beat.run()
