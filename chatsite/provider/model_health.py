"""Which models may be asked: a circuit breaker for each, whose state all workers share.

In the database, so that what one worker found out no other has to, and a banner can tell; read once
a second and not for every message. The probe is each worker's own, once in `PAUSED_FOR`: to elect
one would cost a lock, to save a call.
"""

import time
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from billing import clock
from chatsite.llm import Kind
from chatsite.provider import refused_parameters
from chatsite.provider.models import ProviderModel
from routing.tiers import ModelHealth

# Seconds for which what is known is not looked up again.
KNOWN_FOR = 1.0
# Failures in a row, and seconds that they lasted: five of a busy second may be one lost connection.
MOST_FAILURES, FAILING_FOR = 5, timedelta(seconds=2)
# Until a probe.
PAUSED_FOR = timedelta(seconds=30)
# Seconds after which a worker that heard nothing of its probe makes another: longer than a call may
# be silent.
PROBED_FOR = 25.0
# After which a model that a call found unknown is asked for again.
REFUSED_FOR = timedelta(minutes=10)
# What is the question's fault, and not the model's.
NOT_ITS_FAULT = {Kind.REFUSED, Kind.TOO_LONG, Kind.UNKNOWN_MODEL}


class Health:
    """What one worker knows. Its methods run in the thread that writes, in its transactions."""

    def __init__(self) -> None:
        self._current = ModelHealth()
        self._looked_at = -KNOWN_FOR
        self._suspects: set[str] = set()
        self._probed_at: dict[str, float] = {}

    def current(self) -> ModelHealth:
        """What keeps models from being asked, at most a second old."""
        if time.monotonic() - self._looked_at >= KNOWN_FOR:
            self._look()
        return self._current

    def answered(self, model: str) -> None:
        """A call came to its end: whatever failed before, the model is well."""
        if model in self._suspects:
            ProviderModel.objects.filter(name=model).update(
                failures=0, failing_since=None, paused_until=None
            )
            self._forget()

    def failed(self, model: str, kind: Kind) -> None:
        """A call came to nothing."""
        now = clock.now()
        row = ProviderModel.objects.filter(name=model)
        if not row.exists():
            ProviderModel.objects.bulk_create([ProviderModel(name=model)], ignore_conflicts=True)
        if kind == Kind.UNKNOWN_MODEL:
            row.update(refused_until=now + REFUSED_FOR)
        elif kind not in NOT_ITS_FAULT:
            row.update(failures=F("failures") + 1, failing_since=Coalesce("failing_since", now))
            row.filter(failures__gte=MOST_FAILURES, failing_since__lte=now - FAILING_FOR).update(
                paused_until=now + PAUSED_FOR
            )
        self._forget()

    def _look(self) -> None:
        refused_parameters.keep_news()
        now, at = clock.now(), time.monotonic()
        unwell = ProviderModel.objects.filter(
            Q(missing_since__isnull=False)
            | Q(refused_until__gt=now)
            | Q(failures__gt=0)
            | ~Q(adjustments="")
        )
        found = list(unwell)
        refused_parameters.know(found)
        paused = {model.name for model in found if model.paused_until}
        over = paused - {model.name for model in found if model.is_paused(now)}
        # A probe that nobody made stays to be made.
        probes = over & self._current.probes
        for name in over - probes:
            if at - self._probed_at.get(name, -PROBED_FOR) >= PROBED_FOR:
                self._probed_at[name] = at
                probes.add(name)
        self._current = ModelHealth(
            gone=frozenset(model.name for model in found if model.missing_since),
            refused=frozenset(model.name for model in found if model.is_refused(now)),
            paused=paused - probes,
            probes=probes,
        )
        self._suspects = {model.name for model in found if model.failures}
        self._looked_at = at

    def _forget(self) -> None:
        self._looked_at = -KNOWN_FOR
