"""A middleware that asks first if what is being saved would break a test.

A middleware, because what shapes answers is saved at a dozen addresses of packages that know
nothing of tests. What is sent is kept in the page that asks, and sent again with the person's word.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from chatsite.answer_tests import candidate_change
from chatsite.answer_tests.candidate_change import Candidate
from chatsite.answer_tests.models import Run
from chatsite.answer_tests.runs import runs
from chatsite.answer_tests.runs.runs import NothingToRun
from chatsite.runtime import bad_request_middleware

# Sent by who has seen what a run of tests has shown, or will not wait for it: the run's number.
SEEN = "_tests_seen"
OF_DJANGO = {"csrfmiddlewaretoken", SEEN}


class AsksFirst:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """The page that asks; None where there is nothing to ask."""
        match = request.resolver_match
        if (
            request.method != "POST"
            or not match
            or match.view_name not in candidate_change.ADDRESSES
        ):
            return None
        if not request.user.is_staff or not runs.guarding().exists():
            return None
        try:
            candidate = candidate_change.of(request)
        except (*bad_request_middleware.UNUSABLE, ValueError) as error:
            if not bad_request_middleware.is_unusable(error):
                raise
            return None  # The page itself will find and show that.
        if candidate is None or not request.user.has_perm(candidate.needs):
            return None
        run = _run(request, candidate)
        if run is None or request.POST.get(SEEN) == str(run.pk):
            return None
        return None if _is_clear(run) else _page(request, candidate, run)


def _run(request: HttpRequest, candidate: Candidate) -> Run | None:
    """The tests with this change: as they ran just now, or begun."""
    if found := runs.latest(candidate.change):
        return found
    try:
        run = runs.start(None, request.user, candidate.change, candidate.what)
    except NothingToRun:
        return None
    runs.wake(run)
    return run


def _is_clear(run: Run) -> bool:
    return run.state == Run.State.DONE and not runs.shown(run).broken


def _page(request: HttpRequest, candidate: Candidate, run: Run) -> HttpResponse:
    sent = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in OF_DJANGO
        for value in values
    ]
    context = {
        **admin.site.each_context(request),
        "title": "Tests before saving",
        "what": candidate.what,
        "sent": sent,
        "seen": SEEN,
        "run": run,
        "progress": runs.progress(run),
        "shown": runs.shown(run) if run.is_over else None,
        "asks": True,
        "polled": reverse("answer_tests:progress", args=[run.pk]) + "?asks=1",
    }
    return render(request, "admin/answer_tests/ask.html", context)
