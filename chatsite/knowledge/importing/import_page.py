"""Importing articles, in the admin: a form, its progress, and a report of what was left out."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from chatsite.celery import app
from chatsite.knowledge.models import Import, ImportFile

IMPORTS = "knowledge.add_article"
LARGEST = 20 * 1024 * 1024  # bytes of all files together
MOST_FILES, MOST_LINES = 200, 2000
KINDS = ".md,.markdown,.txt,.html,.htm,.csv,.pdf,.docx"
# By name, as the admin's own hint of embeddings.
TASK = "chatsite.knowledge.tasks.import_articles"


class _Files(forms.FileField):
    """Several at once."""

    widget = forms.FileInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list) else [data] if data else []
        return [super(_Files, self).clean(each, initial) for each in given]


class _SeveralFiles(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name)


class ImportForm(forms.Form):
    documents = _Files(
        label="Files",
        required=False,
        widget=_SeveralFiles(attrs={"accept": KINDS}),
        help_text="Markdown, HTML, CSV (columns title and body, or question and answer), PDF or"
        " Word. Up to 20 MB.",
    )
    addresses = forms.CharField(
        label="Web addresses",
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One per line, or the address of a sitemap.xml.",
    )
    publish = forms.BooleanField(label="Publish new articles at once", required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        files, addresses = said.get("documents") or [], said.get("addresses", "").split()
        if not files and not addresses:
            raise ValidationError("Choose files or enter web addresses.")
        if files and addresses:
            raise ValidationError(
                "Import the files first, then the web addresses: not both at once."
            )
        if sum(each.size for each in files) > LARGEST or len(files) > MOST_FILES:
            raise ValidationError(f"That is more than 20 MB or {MOST_FILES} files.")
        if len(addresses) > MOST_LINES:
            raise ValidationError(f"Those are more than {MOST_LINES} addresses.")
        return said


@require_http_methods(["GET", "POST"])
@permission_required(IMPORTS, raise_exception=True)
def begin(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if form.is_valid():
        return redirect("admin:knowledge_import", _stored(form.cleaned_data).pk)
    context = {
        **admin.site.each_context(request),
        "title": "Import articles",
        "form": form,
        "imports": Import.objects.all()[:10],
    }
    return render(request, "admin/knowledge/import.html", context)


@require_GET
@permission_required(IMPORTS, raise_exception=True)
def report(request: HttpRequest, import_id: int) -> HttpResponse:
    """How far it has come; once it has ended, what became of it."""
    found = get_object_or_404(Import, id=import_id)
    context = {**admin.site.each_context(request), "title": str(found), "found": found}
    part = request.headers.get("HX-Request") == "true"
    name = "admin/knowledge/_imported.html" if part else "admin/knowledge/imported.html"
    return render(request, name, context)


@transaction.atomic
def _stored(said: dict[str, Any]) -> Import:
    files = said["documents"]
    kind = Import.Kind.FILES if files else Import.Kind.SITE
    new = Import.objects.create(kind=kind, addresses=said["addresses"], publish=said["publish"])
    for each in files:
        ImportFile.objects.create(of=new, name=each.name[:200], content=each.read())
    # A hint: without a broker, each minute's look finds it.
    transaction.on_commit(partial(app.send_task, TASK, retry=False), robust=True)
    return new
