"""The Celery application: workers, and the beat that wakes them."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

# Not CELERY_BROKER_TRANSPORT: kombu then forgets that rediss:// means TLS.
TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "chatsite.runtime.broker:Transport")

app = Celery("chatsite", task_cls="chatsite.runtime.scheduled_task:Scheduled")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
