"""The page on which staff grade ten answers."""

from collections.abc import Sequence

from django.contrib import admin, messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from chatsite.chat.models import Message
from chatsite.monitor.grading import grading
from chatsite.monitor.models import Grade

GRADES = "monitor.grade"
FIELD = "grade-"
# Messages before an answer.
SHOWN_BEFORE = 4


@require_GET
@permission_required(GRADES, raise_exception=True)
def grade(request: HttpRequest) -> HttpResponse:
    replies = grading.sample(_person(request), timezone.now())
    context = {
        **admin.site.each_context(request),
        "title": "Grade ten answers",
        "items": list(zip(replies, _before(replies), strict=True)),
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


def _before(replies: Sequence[Message]) -> list[list[Message]]:
    """What was said last before each of the answers. One query."""
    conversations = {reply.conversation_id for reply in replies}
    said = Message.objects.filter(conversation__in=conversations).exclude(text="")
    in_order = list(said.order_by("position").only("conversation", "position", "role", "text"))
    return [
        [
            each
            for each in in_order
            if (each.conversation_id, each.position < reply.position)
            == (reply.conversation_id, True)
        ][-SHOWN_BEFORE:]
        for reply in replies
    ]


def _person(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, AbstractBaseUser)  # nobody else has the permission
    return request.user
