"""The pages of tests: the sets with their runs, a run, and adding tests."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from chatsite.answer_tests import case_from_answer, csv_files
from chatsite.answer_tests.csv_files import BadFile
from chatsite.answer_tests.models import Case, CaseSet, Run
from chatsite.answer_tests.runs import compared_versions, run_cost, runs
from chatsite.answer_tests.runs.runs import NothingToRun
from chatsite.chat.models import Message
from routing.models import Policy

SEES, ADDS, STARTS = "answer_tests.view_case", "answer_tests.add_case", "answer_tests.start_run"
# Runs and policy versions on the page, the newest.
MOST = 20
# Bytes of a file.
LARGEST = 5_000_000


@require_GET
@permission_required(SEES, raise_exception=True)
def index(request: HttpRequest) -> HttpResponse:
    sets = list(CaseSet.objects.annotate(number=Count("cases")))
    share = run_cost.batch_share()
    costs = run_cost.estimates({each.pk: each.number for each in sets}, share) if share else {}
    context = {
        **admin.site.each_context(request),
        "title": "Tests before launch",
        "sets": [(each, costs.get(each.pk)) for each in sets],
        "share": share and round(100 * share),
        "policies": Policy.objects.filter(is_current=False).order_by("-version")[:MOST],
        "runs": [
            (run, runs.progress(run))
            for run in Run.objects.select_related("set", "started_by")[:MOST]
        ],
        "columns": csv_files.COLUMNS,
    }
    return render(request, "admin/answer_tests/index.html", context)


@require_POST
@permission_required(STARTS, raise_exception=True)
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Run a set; with `policy`, compared with that version."""
    tests = get_object_or_404(CaseSet, pk=pk)
    change, what = None, ""
    number = request.POST.get("policy", "")
    if number.isdecimal():
        policy = get_object_or_404(Policy, version=int(number))
        change, what = compared_versions.of_policy(policy), f"policy version {number}"
    try:
        run = runs.start(
            tests, request.user, change, what, in_batch=bool(request.POST.get("in_batch"))
        )
    except NothingToRun:
        messages.warning(request, f"{tests} has no test yet.")
        return redirect("answer_tests:index")
    runs.wake(run)
    return redirect("answer_tests:run", run.pk)


@require_POST
@permission_required(STARTS, raise_exception=True)
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    runs.resume(get_object_or_404(Run, pk=pk))
    return redirect("answer_tests:run", pk)


@require_GET
@permission_required(SEES, raise_exception=True)
def run(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Run.objects.select_related("set", "started_by"), pk=pk)
    context = {**admin.site.each_context(request), "title": str(found), **_shown(found)}
    return render(request, "admin/answer_tests/run.html", context)


@require_GET
@permission_required(SEES, raise_exception=True)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """What changes of a run's page while it goes on; `asks`: of the page before saving."""
    context = _shown(get_object_or_404(Run, pk=pk))
    if request.GET.get("asks"):
        context |= {"asks": True, "polled": f"{context['polled']}?asks=1"}
    return render(request, "admin/answer_tests/_run.html", context)


@require_POST
@permission_required(ADDS, raise_exception=True)
def add(request: HttpRequest, reply: int) -> HttpResponse:
    """Make a test from an answer, for a person to check."""
    answers = Message.objects.filter(role=Message.Role.ASSISTANT).select_related("conversation")
    case = case_from_answer.make(get_object_or_404(answers, pk=reply))
    messages.success(
        request,
        "The test is added. Check what the answer must say, and remove names and order numbers.",
    )
    return redirect("admin:answer_tests_case_change", case.pk)


@require_POST
@permission_required(ADDS, raise_exception=True)
def import_file(request: HttpRequest) -> HttpResponse:
    back = HttpResponseRedirect(reverse("answer_tests:index"))
    file, name = request.FILES.get("file"), request.POST.get("name", "").strip()[:80]
    if file is None or not name or (file.size or 0) > LARGEST:
        messages.error(request, "Choose a CSV file of at most 5 MB, and name the set.")
        return back
    tests, _ = CaseSet.objects.get_or_create(name=name)
    try:
        number = csv_files.read(file.read().decode("utf-8-sig"), tests)
    except UnicodeDecodeError:
        messages.error(request, "The file is not UTF-8. Save it as “CSV UTF-8”.")
    except BadFile as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{number} test{'' if number == 1 else 's'} added to {tests}.")
    return back


@require_GET
@permission_required(SEES, raise_exception=True)
def export(request: HttpRequest, pk: int) -> HttpResponse:
    tests = get_object_or_404(CaseSet, pk=pk)
    return HttpResponse(
        csv_files.lines(Case.objects.filter(set=tests)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="tests-{tests.pk}.csv"'},
    )


def _shown(found: Run) -> dict[str, Any]:
    return {
        "run": found,
        "progress": runs.progress(found),
        "shown": runs.shown(found) if found.is_over else None,
        "polled": reverse("answer_tests:progress", args=[found.pk]),
    }
