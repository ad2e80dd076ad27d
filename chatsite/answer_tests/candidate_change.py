"""What a form is about to save, as a change that tests can be run with.

For each address that changes how customers are answered; None where the form is not valid, so that
its own page says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest

from chatsite.answer_tests.runs import compared_versions
from chatsite.answer_tests.runs.compared_versions import Change
from chatsite.knowledge.models import Article, ArticleVersion
from chatsite.quality.learning.improvement_proposals import SETTINGS
from chatsite.quality.models import Proposal
from chatsite.tuning.threshold import threshold_page
from chatsite.tuning.threshold.forms import Save
from routing import policies
from routing.admin.policies import TO_BE_TRIED
from routing.models import LearnedModel, Policy, TaskType, Trial

KINDS: dict[type[models.Model], str] = {Article: "article", TaskType: "task_type"}


@dataclass(frozen=True, slots=True)
class Candidate:
    change: Change
    what: str  # in words, for the page and the history of runs
    needs: str  # the permission without which the address refuses anyway


Sees = Callable[[HttpRequest, Mapping[str, Any]], Candidate | None]


def of(request: HttpRequest) -> Candidate | None:
    """What this request would change, if anything."""
    match = request.resolver_match
    sees = ADDRESSES.get(match.view_name) if match else None
    if sees is None or request.method != "POST":
        return None
    assert match
    with transaction.atomic():
        return sees(request, match.kwargs)


def _policy_form(request: HttpRequest, _: Mapping[str, Any]) -> Candidate | None:
    if TO_BE_TRIED in request.POST:
        return None
    form = admin.site.get_model_admin(Policy).get_form(request)(request.POST)
    return _policy(Policy(**_settings(form))) if form.is_valid() else None


def _settings(form: Any) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in Policy.SETTINGS}


def _threshold(request: HttpRequest, _: Mapping[str, Any]) -> Candidate | None:
    form = Save(request.POST)
    return _policy(threshold_page.draft_of(form.cleaned_data)) if form.is_valid() else None


def _return(request: HttpRequest, given: Mapping[str, Any]) -> Candidate | None:
    version = Policy.objects.filter(pk=given["pk"]).first()
    return _policy(version) if version else None


def _trial(request: HttpRequest, given: Mapping[str, Any]) -> Candidate | None:
    trial = Trial.objects.filter(pk=given["pk"]).select_related("policy").first()
    return _policy(trial.policy) if trial else None


def _proposal(request: HttpRequest, given: Mapping[str, Any]) -> Candidate | None:
    proposal = Proposal.objects.filter(pk=given["pk"]).select_related("learned").first()
    if proposal is None:
        return None
    draft = policies.current().draft()
    model, threshold = SETTINGS[LearnedModel.Kind(proposal.learned.kind)]
    setattr(draft, model, proposal.learned)
    setattr(draft, threshold, proposal.threshold)
    found = _policy(draft)
    return Candidate(found.change, found.what, "quality.decide_proposal")


def _policy(draft: Policy) -> Candidate:
    changes = draft.changes_from(policies.current())
    return Candidate(compared_versions.of_policy(draft), "; ".join(changes), "routing.add_policy")


def _row(model: type[models.Model], *, gone: bool = False) -> Sees:
    kind = KINDS[model]
    label = f"{model._meta.app_label}.%s_{model._meta.model_name}"

    def saved(request: HttpRequest, given: Mapping[str, Any]) -> Candidate | None:
        number = given.get("object_id", "")
        row = model._default_manager.filter(pk=number).first() if number.isdecimal() else None
        if number and row is None:
            return None
        if gone:
            what = f"without {row}"
            return Candidate(compared_versions.of_row(kind, row, gone=True), what, label % "delete")
        form_class = admin.site.get_model_admin(model).get_form(request, row, change=bool(row))
        form = form_class(request.POST, instance=row)
        if not form.is_valid() or not form.has_changed():
            return None
        changed = ", ".join(form.changed_data)
        what = f"{form.instance}: {changed}" if row else f"new: {form.instance}"
        return Candidate(
            compared_versions.of_row(kind, form.instance),
            what,
            label % ("change" if row else "add"),
        )

    return saved


def _restored(request: HttpRequest, given: Mapping[str, Any]) -> Candidate | None:
    found = ArticleVersion.objects.select_related("article")
    version = found.filter(article=given["article_id"], number=given["number"]).first()
    if version is None:
        return None
    change = compared_versions.of_row("article", version.restored())
    return Candidate(change, f"{version}, restored", "knowledge.change_article")


ADDRESSES: dict[str, Sees] = {
    "admin:routing_policy_add": _policy_form,
    "admin:routing_policy_return": _return,
    "tuning:save": _threshold,
    "tuning:adopt": _trial,
    "admin:quality_proposal_accept": _proposal,
    "admin:knowledge_article_add": _row(Article),
    "admin:knowledge_article_change": _row(Article),
    "admin:knowledge_article_delete": _row(Article, gone=True),
    "admin:knowledge_article_restore": _restored,
    "admin:routing_tasktype_add": _row(TaskType),
    "admin:routing_tasktype_change": _row(TaskType),
    "admin:routing_tasktype_delete": _row(TaskType, gone=True),
}
