"""The Celery application: workers, and the beat that wakes them."""

import os
from collections.abc import Callable

from celery import Celery, Task
from kombu import Message
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

# Not CELERY_BROKER_TRANSPORT: kombu then forgets that rediss:// means TLS.
TRANSPORT_ALIASES |= dict.fromkeys(("redis", "rediss"), "chatsite.runtime.broker:Transport")

app = Celery("chatsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class Hint(Task):  # type: ignore[type-arg]  # not generic when it runs
    """A task that a worker carries out as it comes, without a turn on the pool."""

    def start_strategy(self, *_: object, **__: object) -> Callable[..., None]:
        def take(message: Message, *_: object, **__: object) -> None:
            args, _kwargs, _embedded = message.decode()
            self.run(*args)

        return take
