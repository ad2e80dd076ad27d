"""The beat: a Celery application that knows the schedule and nothing else of the site.

With the site's own application it would load Django and the provider's client only to send a
message every few seconds: 144 MB instead of 54. Started by `python -m
chatsite.runtime.beat FILE`, which keeps in FILE when each task was last sent: 13 MB less than by
Celery's command line.
"""

import os
import sys
from datetime import timedelta

from celery import Celery
from celery.schedules import crontab

# Seconds between two looks for what a lost hint or a dead worker left behind.
SWEPT_EVERY = 5.0
# Seconds between two looks for changed task types that a lost hint left unlearned.
LEARNED_EVERY = 60.0
# Seconds between two looks at what costs; what is found is sent at once.
LOOKED_EVERY = 60.0

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

app = Celery("chatsite", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {
    "sweep": {
        "task": "chatsite.answering.tasks.sweep",
        "schedule": SWEPT_EVERY,
        # A sweep that waited longer than this has been overtaken by the next.
        "options": {"expires": SWEPT_EVERY},
    },
    "look": {
        "task": "billing.alerts.tasks.look",
        "schedule": LOOKED_EVERY,
        "options": {"expires": LOOKED_EVERY},
    },
    "look_back": {
        "task": "billing.alerts.tasks.look_back",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    # Once the hour that has passed is whole.
    "pace": {
        "task": "billing.tasks.pace",
        "schedule": crontab(minute="5"),
        "options": {"expires": 1800},
    },
    "learn_task_types": {
        "task": "routing.tasks.learn_task_types",
        "schedule": LEARNED_EVERY,
        "options": {"expires": LEARNED_EVERY},
    },
    # While customers sleep, in UTC. A night that is missed is made up for by the next.
    "learn_overnight": {
        "task": "chatsite.quality.tasks.learn",
        "schedule": crontab(hour="2", minute="40"),
        "options": {"expires": 3600},
    },
    "sample": {
        "task": "chatsite.quality.tasks.sample",
        "schedule": crontab(hour="1", minute="30"),
        "options": {"expires": 3600},
    },
    "summarise": {
        "task": "chatsite.summaries.tasks.send",
        "schedule": crontab(hour="1", minute="45"),
        "options": {"expires": 3600},
    },
    "collect_summaries": {
        "task": "chatsite.summaries.tasks.collect",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "collect_verdicts": {
        "task": "chatsite.quality.tasks.collect_verdicts",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "read_models": {"task": "chatsite.provider.tasks.read_models", "schedule": timedelta(days=1)},
    # By then the provider has most figures of yesterday, which ends at midnight UTC.
    "read_bill": {
        "task": "chatsite.provider.tasks.read_bill",
        "schedule": crontab(hour="6", minute="10"),
        "options": {"expires": 3600},
    },
    "offline": {
        "task": "chatsite.offline.tasks.advance",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "forget_offline": {
        "task": "chatsite.offline.tasks.forget",
        "schedule": timedelta(days=1),
    },
    "forget": {"task": "chatsite.answering.tasks.forget", "schedule": timedelta(days=1)},
}

if __name__ == "__main__":
    app.Beat(loglevel="WARNING", schedule=sys.argv[1], quiet=True).run()
