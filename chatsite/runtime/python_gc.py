"""The heap of a process that has loaded what it works with."""

import gc


def settle() -> None:
    """Look for garbage among new objects only, and less often.

    Django, Celery and the SDK stay as long as the process does; looking through them again and
    again took 10 % of a busy one's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
