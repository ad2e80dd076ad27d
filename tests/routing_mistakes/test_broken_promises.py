"""What was learned and does worse than promised raises an alert, which offers the way back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from billing.alerts.models import Alert
from chatsite.quality import answer_outcomes
from chatsite.quality.learning import improvement_proposals
from chatsite.quality.learning.training_results import Promised
from chatsite.routing_mistakes import tasks
from chatsite.staff import roles
from routing import policies
from routing.models import LearnedModel
from tests.chat.told import prices
from tests.guards import guards
from tests.monitor.people import signed_in
from tests.quality import traffic
from tests.quality.test_improvement_proposals import LEARNED, NOW, proposed, text


@pytest.fixture
def shop(db) -> None:
    prices()
    roles.grant()


def in_force(kind: str, promised: Promised | None) -> None:
    """What was learned is accepted, and 60 answers are rated, some 40 % of them unhelpful."""
    learned = replace(LEARNED, kind=LearnedModel.Kind(kind), threshold=1.0, promised=promised)
    improvement_proposals.accept(proposed(learned).pk, None)
    traffic.rated(60, days=0)
    answer_outcomes.collect(NOW - timedelta(hours=1))


@guards("chatsite/routing_mistakes/failed_proposals.py", "found.low <= 0", "found.low <= 1")
@pytest.mark.parametrize("kind", ["analyzer", "verifier"])
def test_what_does_worse_than_promised_raises_an_alert_with_the_way_back(shop, kind):
    operator = signed_in(roles.OPERATORS)
    in_force(kind, Promised(5, 60))
    before, worse = policies.current().replaces, policies.current()
    assert before

    for _ in range(2):
        tasks.look_for_broken_promises.apply()

    alert = Alert.objects.get()
    address = reverse("admin:alerts_alert_change", args=[alert.pk])
    page = text(operator.get(address))
    assert f"{worse} performs worse than expected" in alert.text
    assert "of 60 rated or judged cheap answers were not good enough, where 8.3 % w" in alert.text
    assert f"Return to version {before.version}" in page
    operator.post(reverse("admin:routing_policy_return", args=[before.pk]))
    assert policies.current().threshold == before.threshold
    assert policies.current().learned_analyzer is None
    assert policies.current().learned_verifier is None
    assert "Puts its settings in force again" not in text(operator.get(address))


@guards("chatsite/routing_mistakes/failed_proposals.py", "found.n < FEWEST", "found.n < 0")
@pytest.mark.parametrize("promised", [None, Promised(20, 60), Promised(0, 12)])
def test_what_keeps_its_promise_or_made_none_raises_nothing(shop, promised):
    in_force("analyzer", promised)

    tasks.look_for_broken_promises.apply()

    assert not Alert.objects.exists()
