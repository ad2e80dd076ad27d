"""The page on which staff grade ten answers."""

from django.contrib import admin, messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chatsite.chat.models import Message
from chatsite.monitor import grading
from chatsite.monitor.models import Grade

GRADES = "monitor.grade"
FIELD = "grade-"


@require_GET
@permission_required(GRADES, raise_exception=True)
def grade(request: HttpRequest) -> HttpResponse:
    replies = grading.sample(_person(request), timezone.now())
    context = {
        **admin.site.each_context(request),
        "title": "Grade ten answers",
        "items": [(reply, _before(reply)) for reply in replies],
        "verdicts": Grade.Verdict.choices,
        "field": FIELD,
    }
    return render(request, "admin/monitor/grade.html", context)


@require_POST
@permission_required(GRADES, raise_exception=True)
def save(request: HttpRequest) -> HttpResponse:
    try:
        given = {
            int(name.removeprefix(FIELD)): str(value)
            for name, value in request.POST.items()
            if name.startswith(FIELD)
        }
        number = grading.save(_person(request), given)
    except ValueError:
        return HttpResponseBadRequest(
            "One of these answers is not finished, so it cannot be graded."
        )
    if number:
        messages.success(request, f"{number} grade{'s' if number != 1 else ''} saved. Thank you.")
    else:
        messages.warning(request, "No answer was graded, so nothing was saved.")
    return redirect("monitor:quality")


def _before(reply: Message) -> list[Message]:
    """What was said last before the answer."""
    said = reply.conversation.messages.filter(position__lt=reply.position).exclude(text="")
    return list(said.order_by("-position")[:4])[::-1]


def _person(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, AbstractBaseUser)  # nobody else has the permission
    return request.user
