"""Where the router was wrong, in answers and dollars, and what would have avoided it."""

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.errors import NoPrice
from chatsite.routing_mistakes import nightly_findings

SEES = ["chat.view_conversation", "billing.view_ledgerentry"]


@require_GET
@permission_required(SEES, raise_exception=True)
def mistakes(request: HttpRequest) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Routing mistakes",
        "days": nightly_findings.DAYS,
        "may_draft": request.user.has_perm("routing.add_policy"),
    }
    try:
        kept = nightly_findings.read(timezone.now())
        context |= {**kept.found, "worked_out_at": kept.at}
    except NoPrice as error:
        context["problem"] = error
    return render(request, "admin/routing_mistakes/mistakes.html", context)
