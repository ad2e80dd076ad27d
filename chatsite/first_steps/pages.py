"""The first steps in the admin: the list, what is done from it, and the configuration as a file."""

import json
from decimal import Decimal

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing import money
from chatsite.demo import sample_removal, sample_rows
from chatsite.first_steps import checklist, configuration_file
from chatsite.first_steps.configuration_file import BadConfiguration
from chatsite.shop import current_shop
from chatsite.staff.models import AuditEntry

SEES = "shop.change_shop"
MOVES = "shop.move_configuration"
REMOVES = "shop.remove_sample"
# Bytes: some thousand articles.
LARGEST = 50 * 1024 * 1024


class RemovalForm(forms.Form):
    per_day = forms.DecimalField(
        label="Daily spending limit of the site, in dollars",
        min_value=Decimal("0.01"),
        max_value=Decimal(1_000_000),
        decimal_places=2,
        initial=Decimal(10),
    )
    with_edited = forms.BooleanField(label="Also remove what has been edited here", required=False)


class FileForm(forms.Form):
    file = forms.FileField(label="File", widget=forms.FileInput(attrs={"accept": ".json"}))
    only_show = forms.BooleanField(
        label="Only show what would change", required=False, initial=True
    )


@require_GET
@permission_required(SEES, raise_exception=True)
def steps(request: HttpRequest) -> HttpResponse:
    found = checklist.steps()
    context = {
        **admin.site.each_context(request),
        "title": "First steps",
        "steps": found,
        "done": sum(step.is_done for step in found),
        "form": FileForm(),
    }
    return render(request, "admin/first_steps/list.html", context)


@require_http_methods(["GET", "POST"])
@permission_required(REMOVES, raise_exception=True)
def remove_sample(request: HttpRequest) -> HttpResponse:
    """What would be removed, and the button that removes it."""
    form = RemovalForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        gone = sample_removal.remove(money.nano(given["per_day"]), with_edited=given["with_edited"])
        words = ", ".join(
            f"{sample_rows.KINDS[name].title.lower()}: {count}" for name, count in gone.items()
        )
        _note(request, "removed", "the sample shop", words)
        messages.success(request, f"The sample shop is gone ({words or 'nothing was left'}).")
        return redirect("first_steps:list")
    context = {
        **admin.site.each_context(request),
        "title": "Remove the sample shop",
        "form": form,
        "found": sample_rows.found(),
    }
    return render(request, "admin/first_steps/sample.html", context)


@require_POST
@permission_required(SEES, raise_exception=True)
def test_provider(request: HttpRequest) -> HttpResponse:
    """Ask the provider for its list, which costs nothing and needs the key."""
    # Loads the provider's client, 30 MB, into the web process of the owner who tries it.
    from chatsite.provider import model_list

    reading = model_list.read(timezone.now())
    if reading.problem:
        messages.error(request, f"The test failed. {reading.problem}")
    else:
        messages.success(request, f"The key works: {reading.listed} models are listed.")
    return redirect("first_steps:list")


@require_GET
@permission_required(MOVES, raise_exception=True)
def export(request: HttpRequest) -> HttpResponse:
    """The configuration as one file, without anything secret and without customers' words."""
    now = timezone.localtime()
    _note(request, "exported", "the configuration")
    return HttpResponse(
        json.dumps(configuration_file.export(now), ensure_ascii=False, indent=1),
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="chatsite-{now:%Y-%m-%d}.json"',
        },
    )


@require_POST
@permission_required(MOVES, raise_exception=True)
def import_file(request: HttpRequest) -> HttpResponse:
    """Take a file over, or only show what it would change."""
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, "Choose a file that was exported here or on another site.")
        return redirect("first_steps:list")
    file, only_show = form.cleaned_data["file"], form.cleaned_data["only_show"]
    try:
        if file.size > LARGEST:
            raise BadConfiguration(["The file is larger than 50 MB."])
        report = configuration_file.take_over(file.read(), request.user, only_show=only_show)
    except BadConfiguration as error:
        context = {**admin.site.each_context(request), "title": "Nothing was imported"}
        context |= {"problems": error.problems}
        return render(request, "admin/first_steps/imported.html", context, status=422)
    current_shop.forget()
    if not only_show:
        _note(request, "imported", "the configuration", str(file.name))
    context = {
        **admin.site.each_context(request),
        "title": "What would change" if only_show else "Imported",
        "report": report,
        "only_show": only_show,
    }
    return render(request, "admin/first_steps/imported.html", context)


def _note(request: HttpRequest, action: str, what: str, details: str = "") -> None:
    AuditEntry.objects.create(
        who=request.user.get_username(), action=action, what=what, details=details
    )
