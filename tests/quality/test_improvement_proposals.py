"""What was learned comes into force by an operator's word alone, once, and only while it fits."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chatsite.quality.errors import Decided, Stale
from chatsite.quality.learning import improvement_proposals
from chatsite.quality.learning.training_results import Learned, Measured
from chatsite.quality.models import Proposal
from chatsite.staff import roles
from routing import policies
from routing.learning.evaluation import Between
from routing.models import LearnedModel, Policy
from tests.chat.test_admin import member, signed_in
from tests.guards import guards

# By any of the tests below.
GUARDS = [
    (
        "chatsite/quality/learning/improvement_proposals.py",
        "            state=State.OPEN if learned.is_better else State.NO_BETTER,\n",
        "            state=State.OPEN,\n",
    ),
    (
        "chatsite/quality/learning/improvement_proposals.py",
        "    if proposal.state != State.OPEN:\n",
        "    if False:\n",
    ),
    (
        "chatsite/quality/learning/improvement_proposals.py",
        "        if in_force is None or is_stale(proposal, in_force):\n",
        "        if in_force is None:\n",
    ),
    (
        "chatsite/quality/admin.py",
        "            raise PermissionDenied\n        try:\n            policy",
        "            pass\n        try:\n            policy",
    ),
]

pytestmark = pytest.mark.django_db

LIST = "/admin/quality/proposal/"
State = Proposal.State
NOW = timezone.now()


def measured(apgr: float, miscalibration: float = 0.04, sureness: float = 0.97) -> Measured:
    interval = Between(apgr, apgr - 0.1, apgr + 0.1)
    return Measured(interval, miscalibration, by_chance=0.05, sureness=sureness)


LEARNED = Learned(
    kind=LearnedModel.Kind.ANALYZER,
    how="fitted anew",
    text="{}",
    labels=412,
    held_back=61,
    since=NOW - timedelta(days=7),
    proposed=measured(0.63),
    in_force=measured(0.55),
    threshold=4.3,
    share=0.28,
    recent=812,
    compared=61,
)


def proposed(learned: Learned = LEARNED) -> Proposal:
    return improvement_proposals.make(learned, policies.current(), NOW)


@pytest.fixture
def operator() -> Client:
    return signed_in(member("omar", roles.OPERATORS))


def post(client: Client, proposal: Proposal, verb: str):
    return client.post(f"{LIST}{proposal.pk}/{verb}/", follow=True)


def text(response) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split()))


def test_an_operator_reads_what_it_is_worth_and_accepts(operator):
    proposal = proposed()

    page = text(operator.get(f"{LIST}{proposal.pk}/change/"))
    done = text(post(operator, proposal, "accept"))

    assert "0.63 against 0.55, where chance gives 0.50" in page
    assert "It was tested on so few replies that the difference may be chance." in page
    assert "Ranking (APGR) 0.63 0.55 0.50" in page
    assert "from 7 to 4.3. Of the last 812 messages 28.0 % go to the strong model now" in page
    policy, model = policies.current(), proposal.learned
    assert (policy.learned_analyzer, policy.threshold) == (model, 4.3)
    assert f"Version {policy.version} is in force" in done
    proposal.refresh_from_db()
    assert (proposal.state, proposal.policy_id) == (State.ACCEPTED, policy.pk)
    assert str(proposal.decided_by) == "omar"
    assert LogEntry.objects.count() == 2


def test_a_double_click_accepts_once(operator):
    proposal = proposed()

    post(operator, proposal, "accept")
    again = text(post(operator, proposal, "accept"))

    assert "is accepted by omar. Nothing was changed." in again
    assert Policy.objects.count() == 2
    with pytest.raises(Decided):
        improvement_proposals.reject(proposal.pk, None)


def test_a_rejected_one_leaves_what_is_in_force(operator):
    proposal = proposed()
    before = policies.current()

    assert "Rejected. The model in use stays." in text(post(operator, proposal, "reject"))

    proposal.refresh_from_db()
    assert proposal.state == State.REJECTED
    assert policies.current() == before


@pytest.mark.parametrize(
    ("setting", "value", "stale"), [("threshold", 6.0, True), ("temperature", 0.9, False)]
)
def test_one_that_was_measured_beside_another_policy_is_refused(operator, setting, value, stale):
    proposal = proposed()
    changed = policies.current().draft()
    setattr(changed, setting, value)
    policies.adopt(changed, None, "Meanwhile.")

    page = text(operator.get(f"{LIST}{proposal.pk}/change/"))
    done = text(post(operator, proposal, "accept"))

    assert ("The policy has changed since this was measured" in page) == stale
    assert ("Nothing was changed." in done) == stale
    assert getattr(policies.current(), setting) == value
    assert (policies.current().threshold == 4.3) != stale
    if stale:
        with pytest.raises(Stale):
            improvement_proposals.accept(proposal.pk, None)


@guards("chatsite/quality/learning/training_results.py", " and self.sureness >= SURE", "")
@guards(
    "chatsite/quality/learning/training_results.py",
    "in_force.miscalibration > in_force.by_chance and ",
    "",
)
@pytest.mark.parametrize(
    ("apgr", "sureness", "off", "off_in_force", "state"),
    [
        (0.60, 0.95, 0.04, 0.04, State.OPEN),
        (0.60, 0.85, 0.04, 0.04, State.NO_BETTER),  # one such week in seven is chance
        (0.555, 0.95, 0.04, 0.04, State.NO_BETTER),
        (0.55, 0.50, 0.04, 0.08, State.OPEN),
        (0.55, 0.50, 0.02, 0.04, State.NO_BETTER),  # right ones would look as far off
        (0.553, 0.55, 0.02, 0.08, State.NO_BETTER),  # another ranking, perhaps a worse one
        (0.53, 0.20, 0.00, 0.08, State.NO_BETTER),
    ],
)
def test_what_is_not_better_beyond_chance_says_so_and_cannot_be_accepted(
    operator, apgr, sureness, off, off_in_force, state
):
    proposal = proposed(
        replace(
            LEARNED,
            proposed=measured(apgr, off, sureness),
            in_force=measured(0.55, off_in_force),
        )
    )

    page = text(operator.get(f"{LIST}{proposal.pk}/change/"))
    post(operator, proposal, "accept")

    assert proposal.state == state
    assert ("Not clearly better than the model in use" in page) == (state == State.NO_BETTER)
    assert ("Accept" in page) == (state == State.OPEN)
    assert (policies.current().learned_analyzer is None) == (state == State.NO_BETTER)


def test_a_newer_proposal_supersedes_the_older_of_its_kind():
    older, other = proposed(), proposed(replace(LEARNED, kind=LearnedModel.Kind.VERIFIER))

    newer = proposed()

    for proposal, state in ((older, State.SUPERSEDED), (other, State.OPEN), (newer, State.OPEN)):
        proposal.refresh_from_db()
        assert proposal.state == state


def test_the_verifiers_model_brings_its_own_threshold():
    kind = LearnedModel.Kind.VERIFIER
    policy = improvement_proposals.accept(
        proposed(replace(LEARNED, kind=kind, threshold=0.4)).pk, None
    )

    assert (policy.doubt_threshold, policy.threshold) == (0.4, 7)
    assert policy.learned_verifier is not None
    assert policy.learned_analyzer is None


def test_staff_see_and_do_not_decide():
    proposal = proposed()
    staff = signed_in(member("nora", roles.STAFF))

    page = staff.get(reverse("admin:quality_proposal_change", args=[proposal.pk]))
    assert (staff.get(LIST).status_code, page.status_code) == (200, 200)
    assert "Accept and use" not in page.content.decode()
    assert staff.get(reverse("admin:quality_qualitylabel_changelist")).status_code == 200
    assert post(staff, proposal, "accept").status_code == 403
    assert post(staff, proposal, "reject").status_code == 403
    proposal.refresh_from_db()
    assert proposal.state == State.OPEN


def test_a_visit_decides_nothing(operator):
    proposal = proposed()

    for verb in ("accept", "reject"):
        assert operator.get(f"{LIST}{proposal.pk}/{verb}/").status_code == 405


def test_what_nobody_accepted_goes_after_a_while():
    old = proposed(replace(LEARNED, proposed=measured(0.5)))
    kept = proposed()
    improvement_proposals.accept(kept.pk, None)

    improvement_proposals.make(
        LEARNED,
        policies.current(),
        NOW + improvement_proposals.PROPOSALS_KEPT_FOR + timedelta(days=1),
    )

    assert not Proposal.objects.filter(pk=old.pk).exists()
    assert not LearnedModel.objects.filter(pk=old.learned_id).exists()
    assert Proposal.objects.filter(pk=kept.pk).exists()


def test_an_accepted_proposal_names_its_policy():
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=proposed().pk).update(state=State.ACCEPTED)


@guards(
    "chatsite/quality/learning/proposal_summary.py",
    "    if better and not is_measured(proposal):\n",
    "    if False:\n",
)
def test_what_nobody_compared_with_strong_answers_is_called_not_measured(operator):
    proposal = proposed(replace(LEARNED, compared=0))

    page = text(operator.get(f"{LIST}{proposal.pk}/change/"))

    assert "What the strong model would add was not measured" in page
    assert (
        "which messages the cheap model fails at better than the model in use: 0.63 against 0.55"
        in page
    )
    assert "need the strong tier" not in page
    assert "Failures found first 0.63 0.55 0.50" in page
    assert "Ranking (APGR)" not in page
    assert "fitted anew not measured 412" in text(operator.get(LIST))


def test_a_proposal_is_tried_as_a_version_that_is_not_in_force(operator):
    proposal = proposed()

    page = operator.get(f"{LIST}{proposal.pk}/change/")
    form = operator.get(reverse("admin:routing_policy_add"), page.context["draft"])
    initial = form.context["adminform"].form.initial

    assert "Test it first" in text(page)
    assert float(initial["threshold"]) == 4.3
    assert str(initial["learned_analyzer"]) == str(proposal.learned_id)


def test_lists_of_proposals_and_labels_open(operator):
    proposed()

    assert "0.63, in force 0.55" in text(operator.get(LIST))
    assert operator.get(reverse("admin:quality_qualitylabel_changelist")).status_code == 200
