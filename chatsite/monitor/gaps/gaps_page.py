"""The page of gaps in the articles, and what closes one: a drafted article, a new example."""

from functools import partial

from django.contrib import admin, messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chatsite.monitor.gaps import article_drafting, gaps
from chatsite.monitor.models import ArticleDraft
from chatsite.monitor.quality_page import SEES
from routing.models import TaskType
from routing.tasks import learn_task_types

# Drafts on the page, the newest.
MOST_DRAFTS = 10
# Characters of an example.
LONGEST = 500


@require_GET
@permission_required(SEES, raise_exception=True)
def missing(request: HttpRequest) -> HttpResponse:
    """What was missing in the articles in the 30 days before the last night."""
    found = gaps.read(timezone.now())
    context = {
        **admin.site.each_context(request),
        "title": "Gaps in the articles",
        "gaps": found.gaps,
        "unused": found.unused,
        "unhelpful": found.unhelpful,
        "worked_out_at": found.at,
        "days": gaps.DAYS.days,
        "drafts": ArticleDraft.objects.select_related("article")[:MOST_DRAFTS],
        "task_types": TaskType.objects.active().only("name"),
    }
    return render(request, "admin/monitor/gaps.html", context)


@require_POST
@permission_required([SEES, "knowledge.add_article"], raise_exception=True)
def draft(request: HttpRequest) -> HttpResponse:
    """Start drafting an article from what staff answered to these questions."""
    numbers = request.POST.get("replies", "").split(",")
    if not all(number.isdecimal() and len(number) < 19 for number in numbers):
        return HttpResponseBadRequest("These are no answers.")
    assert isinstance(request.user, AbstractBaseUser)  # nobody else has the permission
    try:
        made = article_drafting.start(request.user, [int(number) for number in numbers])
    except ValueError as error:
        messages.warning(request, str(error))
    else:
        messages.success(
            request,
            f"The strong model is writing “{made.article}”. It stays unpublished until you have "
            "checked it.",
        )
    return redirect("monitor:gaps")


@require_POST
@permission_required([SEES, "routing.change_tasktype"], raise_exception=True)
def example(request: HttpRequest) -> HttpResponse:
    """Add the question to the examples of a task type, once."""
    number = request.POST.get("task_type", "")
    question = " ".join(request.POST.get("question", "").split())[:LONGEST]
    if not number.isdecimal() or not question:
        return HttpResponseBadRequest("Choose a task type.")
    with transaction.atomic():
        types = TaskType.objects.select_for_update()
        task_type = get_object_or_404(types, pk=int(number))
        if question not in task_type.said:
            task_type.examples = f"{task_type.examples.rstrip()}\n{question}"
            task_type.save()
            audit = admin.site.get_model_admin(TaskType)
            audit.log_change(request, task_type, f"Example added: {question}")
            # A hint: without a broker, each minute's look finds the example.
            hint = partial(learn_task_types.apply_async, retry=False)
            transaction.on_commit(hint, robust=True)
    messages.success(request, f"“{question}” is an example of {task_type} now.")
    return redirect("monitor:gaps")
