"""The threshold's page: move it, see what that would have done, save it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from billing.errors import NoPrice
from billing.tasks import pace
from chatsite.context_processors import models_banner
from chatsite.tuning.threshold import (
    draft_policy,
    newest_replies,
    preview_description,
    target_threshold,
    threshold_charts,
)
from chatsite.tuning.threshold.draft_policy import Preview, Seen
from chatsite.tuning.threshold.forms import DAYS, QUALITY, SAVING, STRONG, Asked, Save, Try
from chatsite.tuning.threshold.newest_replies import Window
from chatsite.tuning.threshold.target_threshold import Found
from routing import policies, trials
from routing.errors import CannotBeShadow, NoPolicy, NothingChanged, Overtaken, TrialRuns
from routing.models import Policy, Trial

# What the page shows: the policy, customers' words, and money.
SEES = ["routing.view_policy", "chat.view_conversation", "billing.view_ledgerentry"]
SAVES = [*SEES, "routing.add_policy"]

# All versions of the policy, by primary key and with their history.
Versions = Mapping[int, Policy]


@require_GET
@permission_required(SEES, raise_exception=True)
def threshold(request: HttpRequest) -> HttpResponse:
    """The whole page; of a request by htmx, what depends on the threshold."""
    template = "_effect" if request.htmx else "threshold"  # type: ignore[attr-defined]  # htmx's
    return render(request, f"admin/tuning/{template}.html", _context(request, request.GET))


@require_POST
@permission_required(SAVES, raise_exception=True)
def save(request: HttpRequest) -> HttpResponse:
    """Put the draft in force as the next version."""
    sent = Save(request.POST)
    if not sent.is_valid():
        return _refused(request, 422, sent)
    given = sent.cleaned_data
    draft = draft_of(given)
    try:
        with transaction.atomic():
            adopted = policies.adopt(draft, request.user, given["reason"], given["begun_from"])
            audit = admin.site.get_model_admin(Policy)
            audit.log_addition(request, adopted, adopted.reason)
            # What a budget adds to the threshold was found for the one before.
            transaction.on_commit(pace.delay, robust=True)
    except (NothingChanged, Overtaken) as error:
        sent.add_error(None, str(error))
        return _refused(request, 409, sent)
    messages.success(request, f"{adopted} is in force: {'; '.join(adopted.changes)}.")
    return redirect("tuning:threshold")


@require_POST
@permission_required([*SAVES, "routing.add_trial"], raise_exception=True)
def begin(request: HttpRequest) -> HttpResponse:
    """Try the draft: in shadow, or on a share of conversations."""
    sent = Try(request.POST)
    if not sent.is_valid():
        return _refused(request, 422, sent)
    given = sent.cleaned_data
    kind, share = Trial.Kind(given["kind"]), given["share"] or 100
    try:
        with transaction.atomic():
            trial = trials.start(
                kind, share, draft_of(given), request.user, given["reason"], given["begun_from"]
            )
            audit = admin.site.get_model_admin(Trial)
            audit.log_addition(request, trial, f"Started: {trial.get_kind_display()}.")
    except (NothingChanged, Overtaken, TrialRuns, CannotBeShadow) as error:
        sent.add_error(None, str(error))
        return _refused(request, 409, sent)
    messages.success(request, f"{trial} of version {trial.policy.version} is running.")
    return redirect("tuning:trial", trial.pk)


def _refused(request: HttpRequest, status: int, sent: Save) -> HttpResponse:
    """The page with what was sent and why it is not saved."""
    reasons = [
        f"{name.capitalize()}: {error}" if name in {"reason", "share", "threshold"} else str(error)
        for name, errors in sent.errors.items()
        for error in errors
    ]
    context = _context(request, request.POST)
    context |= {"refusals": reasons, "reason": request.POST.get("reason", "")}
    return render(request, "admin/tuning/threshold.html", context, status=status)


def _context(request: HttpRequest, sent: Any) -> dict[str, Any]:
    versions = _versions()
    in_force = _in_force(versions)
    asked = Asked(sent)
    asked.is_valid()
    given = asked.cleaned_data
    days = given.get("days") or DAYS[-1][0]
    settings = _settings(versions, in_force, given.get("version"))
    found = problem = preview = None
    value = given.get("threshold") or settings.threshold
    seen_in = newest_replies.of(days)
    try:
        seen = draft_policy.replayed(settings.draft(), seen_in, versions)
        found = _aimed(given, seen, seen_in, days)
        if found and found.threshold is not None:
            value = found.threshold
        draft = draft_policy.of(in_force, settings, value)
        preview = draft_policy.preview(draft, seen_in, seen, given.get("page") or 1)
    except NoPrice as error:
        problem = error
        draft = draft_policy.of(in_force, settings, value)
    return {
        **admin.site.each_context(request),
        "title": "Threshold",
        "in_force": in_force,
        "models_banner": partial(models_banner, request, in_force),
        "settings": settings,
        "draft": draft,
        "changes": draft.changes_from(in_force),
        "days": days,
        "window": seen_in,
        "asked": asked,
        **_aims(given),
        "found": found,
        "problem": problem,
        "preview": preview,
        **(_told(preview, draft, in_force, days) if preview else {}),
        **_paging(given.get("page") or 1),
        "at": f"{draft.threshold:g}",
        **_trial(request),
        "may_save": request.user.has_perms(SAVES),
    }


def _aims(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields of each aim hold."""
    return {
        "saving": _or(given.get("saving"), SAVING),
        "strong": _or(given.get("strong"), STRONG),
        "quality": _or(given.get("quality"), QUALITY),
    }


def _paging(page: int) -> dict[str, int]:
    return {"page": page, "newer": page - 1, "older": page + 1}


def _trial(request: HttpRequest) -> dict[str, Any]:
    """The one that runs, or what another needs."""
    return {
        "trial": Trial.objects.running().first(),
        "share": request.POST.get("share", "10"),
        "may_try": request.user.has_perm("routing.add_trial"),
    }


def _aimed(given: Mapping[str, Any], seen: Seen, window: Window, days: int) -> Found | None:
    """The threshold that reaches what is aimed for, if anything is."""
    match given.get("aim"):
        case "saving":
            return target_threshold.saving(seen.replay, days, _or(given.get("saving"), SAVING))
        case "strong":
            return target_threshold.share(seen.replay, days, _or(given.get("strong"), STRONG))
        case "quality":
            wanted = _or(given.get("quality"), QUALITY)
            return target_threshold.kept_quality(seen.quality, window, wanted)
        case _:
            return None


def _told(preview: Preview, draft: Policy, in_force: Policy, days: int) -> dict[str, Any]:
    return {
        "charts": threshold_charts.of(preview, in_force.threshold),
        "said": preview_description.said(preview.effect, days),
        "rows": preview_description.rows(preview.effect),
        "kept": preview_description.kept(preview),
        "notes": preview_description.notes(preview, draft),
    }


def draft_of(given: Mapping[str, Any]) -> Policy:
    """The version that the form asks for, unsaved."""
    versions = _versions()
    in_force = _in_force(versions)
    return draft_policy.of(
        in_force, _settings(versions, in_force, given["version"]), given["threshold"]
    )


def _versions() -> Versions:
    return Policy.objects.select_related("author", "replaces").in_bulk()


def _in_force(versions: Versions) -> Policy:
    """Raises NoPolicy."""
    for version in versions.values():
        if version.is_current:
            return version
    raise NoPolicy


def _settings(versions: Versions, in_force: Policy, wanted: int | None) -> Policy:
    """Of the version that is asked for, else of the one in force."""
    asked_for = (each for each in versions.values() if each.version == wanted)
    return next(asked_for, in_force)


def _or(given: float | None, otherwise: float) -> float:
    return otherwise if given is None else given
