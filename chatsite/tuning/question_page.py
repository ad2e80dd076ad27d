"""The page *Try a question*: how a question would be answered, step by step."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from chatsite.answering.question.open_question import MOST_EARLIER
from chatsite.answering.question.prompt import Said
from routing import policies
from routing.models import HIGHEST_THRESHOLD, LOWEST_THRESHOLD, Policy

# A call costs money, as a change of the policy may.
TRIES = "routing.add_policy"
BY = {"customer": "user", "assistant": "assistant"}
MOST_VERSIONS = 50


class Tried(forms.Form):
    """A question; `earlier` has a line for each message before it, beginning with who wrote it."""

    question = forms.CharField(
        label="The customer's message",
        max_length=settings.MESSAGE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    earlier = forms.CharField(
        label="What was said before",
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=(
            "One message per line, oldest first. Begin each with “Customer:” or “Assistant:”."
        ),
    )
    version = forms.ModelChoiceField(
        Policy.objects.none(), label="Policy", required=False, empty_label="The one in force"
    )
    threshold = forms.FloatField(
        label="With this threshold",
        required=False,
        min_value=LOWEST_THRESHOLD,
        max_value=HIGHEST_THRESHOLD,
        widget=forms.NumberInput(attrs={"step": 0.1}),
        help_text="Blank: the policy's.",
    )
    call = forms.BooleanField(
        label="Call the model, and check its answer",
        required=False,
        help_text="Costs as much as an answer, and is charged to the ledger as an evaluation.",
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        newest = Policy.objects.order_by("-version").values("pk")[:MOST_VERSIONS]
        field = self.fields["version"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Policy.objects.filter(pk__in=list(newest.values_list("pk", flat=True)))

    def clean_earlier(self) -> list[Said]:
        said = []
        for line in filter(str.strip, self.cleaned_data["earlier"].splitlines()):
            by, colon, text = line.partition(":")
            if not colon or by.strip().lower() not in BY or not text.strip():
                raise forms.ValidationError(
                    f"“{line.strip()[:60]}” does not begin with “Customer:” or “Assistant:”."
                )
            said.append(Said(BY[by.strip().lower()], text.strip()))
        return said[-MOST_EARLIER:]


@require_http_methods(["GET", "POST"])
@permission_required(TRIES, raise_exception=True)
def question(request: HttpRequest) -> HttpResponse:
    """The form, and the way of what was sent: by POST, as addresses are logged."""
    sent = request.POST if request.method == "POST" else None
    form = Tried(sent)
    way = None
    if sent is not None and form.is_valid():
        # Loads the provider's client, 30 MB, into the web process whose operator tries a question.
        from chatsite.tuning import try_question

        given = form.cleaned_data
        policy = (given["version"] or policies.current()).draft()
        if given["threshold"] is not None:
            policy.threshold = given["threshold"]
        said = [*given["earlier"], Said("user", given["question"])]
        way = try_question.go(said, policy, call=given.get("call", False))
    context = {
        **admin.site.each_context(request),
        "title": "Try a question",
        "form": form,
        "way": way,
    }
    return render(request, "admin/tuning/question.html", context)
