"""A trial's page: what it has shown so far, and how it ends."""

from collections.abc import Callable

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from billing.errors import NoPrice
from chatsite.tuning.threshold.threshold_page import SAVES, SEES
from chatsite.tuning.trials import trial_results
from routing import trials
from routing.errors import NothingChanged, NotRunning
from routing.models import Policy, Trial


@require_GET
@permission_required([*SEES, "routing.view_trial"], raise_exception=True)
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(
        Trial.objects.select_related("policy__replaces", "control", "started_by", "ended_by"), pk=pk
    )
    shown, problem = None, None
    try:
        shown = trial_results.of(found)
    except NoPrice as error:
        problem = error
    context = {
        **admin.site.each_context(request),
        "title": f"{found}: {found.get_kind_display()}",
        "trial": found,
        "changes": found.policy.changes_from(found.control),
        "results": shown,
        "problem": problem,
        "may_end": request.user.has_perms([*SAVES, "routing.change_trial"]),
    }
    return render(request, "admin/tuning/trial.html", context)


@require_POST
@permission_required([*SAVES, "routing.change_trial"], raise_exception=True)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    def end(found: Trial) -> str:
        trials.stop(found, request.user)
        return f"{found} was stopped. The version in force answers everything."

    return _end(request, pk, end)


@require_POST
@permission_required([*SAVES, "routing.change_trial"], raise_exception=True)
def adopt(request: HttpRequest, pk: int) -> HttpResponse:
    def end(found: Trial) -> str:
        adopted = trials.adopt(found, request.user)
        audit = admin.site.get_model_admin(Policy)
        audit.log_addition(request, adopted, adopted.reason)
        return f"{adopted} is in force: {'; '.join(adopted.changes)}."

    return _end(request, pk, end)


def _end(request: HttpRequest, pk: int, end: Callable[[Trial], str]) -> HttpResponse:
    found = get_object_or_404(Trial, pk=pk)
    try:
        with transaction.atomic():
            said = end(found)
            admin.site.get_model_admin(Trial).log_change(request, found, said)
        messages.success(request, said)
    except (NotRunning, NothingChanged) as error:
        messages.warning(request, f"{error}.")
    return redirect("tuning:trial", pk)
