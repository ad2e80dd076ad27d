"""Task types in the admin: operators write them, and try how a text is recognised."""

import logging
from collections import defaultdict
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import pluralize
from django.urls import URLPattern, path
from kombu.exceptions import OperationalError

from routing.analysis.wording import normalised
from routing.models import TaskType
from routing.task_types import library, recognition
from routing.tasks import learn_task_types
from routing.tier_choice import Tier

logger = logging.getLogger(__name__)

# Fewer examples than this recognise little but themselves.
FEW = 8
MOST_EXAMPLES = 1000
# Types shown for a text that is tried.
MOST_TRIED = 3


class TaskTypeForm(forms.ModelForm[TaskType]):
    class Meta:
        model = TaskType
        fields = TaskType.SETTINGS
        widgets: ClassVar = {
            "description": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "examples": forms.Textarea(attrs={"rows": 14, "class": "vLargeTextField"}),
            "phrases": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "points": forms.NumberInput(attrs={"min": -9, "max": 9, "step": 0.5}),
            "approved_answer": forms.Textarea(attrs={"rows": 8, "class": "vLargeTextField"}),
        }

    def clean_examples(self) -> str:
        """Each once; the same words in other capitals are the same."""
        lines = _lines(self.cleaned_data["examples"])
        once = {normalised(line): line for line in reversed(lines) if recognition.phrase(line)}
        lines = list(reversed(once.values()))
        if not lines:
            raise forms.ValidationError("Add at least one example with a word in it.")
        if len(lines) > MOST_EXAMPLES:
            raise forms.ValidationError(
                f"{len(lines)} examples are too many. Enter at most {MOST_EXAMPLES}."
            )
        return "\n".join(lines)

    def clean_phrases(self) -> str:
        lines = _lines(self.cleaned_data["phrases"])
        if wordless := [line for line in lines if not recognition.phrase(line)]:
            raise forms.ValidationError(f"“{wordless[0]}” has no word in it.")
        return "\n".join(lines)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("tier") and cleaned.get("points"):
            self.add_error("points", "The model is fixed, so points have no effect. Set them to 0.")
        if cleaned.get("answers_itself") and not (cleaned.get("approved_answer") or "").strip():
            self.add_error("approved_answer", "Write the approved answer first.")
        return cleaned


class AnsweredBy(admin.SimpleListFilter):
    title = "tier"
    parameter_name = "by"
    WAYS: ClassVar = {
        "cheap": ("always the cheap model", Q(tier=Tier.CHEAP)),
        "strong": ("always the strong model", Q(tier=Tier.STRONG)),
        "points": ("the score with points", Q(tier="") & ~Q(points=0)),
        "score": ("the score", Q(tier="", points=0)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _) in self.WAYS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TaskType]) -> QuerySet[TaskType]:
        way = self.WAYS.get(self.value() or "")
        return queryset.filter(way[1]) if way else queryset


class WithoutACall(AnsweredBy):
    title = "answered without a model"
    parameter_name = "without"
    WAYS: ClassVar = {
        "at_once": ("approved answer", Q(answers_itself=True)),
        "no_budget": (
            "approved answer when the budget is used up",
            Q(answers_itself=False) & ~Q(approved_answer=""),
        ),
        "again": ("saved answer", Q(cacheable=True)),
    }


class TaskTypeAdmin(admin.ModelAdmin[TaskType]):
    form = TaskTypeForm
    list_display = ["name", "answered_by", "without_a_call", "taught_by", "active"]
    list_filter = [AnsweredBy, WithoutACall, "active"]
    search_fields = ["name", "description", "examples", "phrases"]
    list_per_page = 100
    show_facets = admin.ShowFacets.NEVER
    fieldsets = [
        (None, {"fields": ["name", "description", "active"]}),
        ("Recognising messages", {"fields": ["examples", "phrases"]}),
        ("Choosing the model", {"fields": ["tier", "points"]}),
        ("Answers without a model", {"fields": ["approved_answer", "answers_itself", "cacheable"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.try_text)
        return [path("try/", page, name="routing_tasktype_try"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: TaskType, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(_learn_soon)
        for warning in _warnings(obj):
            self.message_user(request, warning, messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: TaskType) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(_learn_soon)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[TaskType]) -> None:
        super().delete_queryset(request, queryset)
        transaction.on_commit(_learn_soon)

    def try_text(self, request: HttpRequest) -> HttpResponse:
        """Try a text: what it would be recognised as, and why."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.GET.get("text", "")
        context = {
            **self.admin_site.each_context(request),
            "title": "Try a message",
            "opts": self.opts,
            "text": text,
            "is_learned": library.is_learned(),
            "needed": recognition,
            "found": [
                {
                    "type": task_type,
                    "likeness": likeness,
                    "why": library.why(likeness),
                    "answered_by": self.answered_by(task_type),
                }
                for likeness, task_type in library.likenesses(text, MOST_TRIED)
            ],
        }
        return render(request, "admin/routing/tasktype/try.html", context)

    @admin.display(description="answered by", ordering="tier")
    def answered_by(self, task_type: TaskType) -> str:
        if task_type.tier:
            return task_type.get_tier_display()
        if task_type.points:
            return f"score {task_type.points:+g}"
        return "by the score"

    @admin.display(description="without a model")
    def without_a_call(self, task_type: TaskType) -> str:
        ways = []
        if task_type.answers_itself:
            ways.append("approved answer")
        elif task_type.approved_answer:
            ways.append("approved answer when the budget is used up")
        if task_type.cacheable:
            ways.append("saved answer")
        return ", ".join(ways) or "always asks a model"

    @admin.display(description="examples")
    def taught_by(self, task_type: TaskType) -> str:
        counts = [_counted(len(task_type.said), "example")]
        if task_type.deciding:
            counts.append(_counted(len(task_type.deciding), "phrase"))
        return ", ".join(counts)


def _learn_soon() -> None:
    """A hint to the workers; where it is lost, they look within a minute."""
    try:
        learn_task_types.apply_async(retry=False)
    except OperationalError as error:
        logger.warning("The hint to learn the task types is lost: %s", error)


def _warnings(saved: TaskType) -> list[str]:
    """What an operator should look at again; it is saved all the same."""
    found = []
    if len(saved.said) < FEW:
        found.append(
            f"“{saved}” has {_counted(len(saved.said), 'example')}: few other messages will be "
            f"recognised. Add more in different words: {FEW} or more work well."
        )
    own = {normalised(each): each for each in saved.said}
    own_phrases = set(map(recognition.phrase, saved.deciding))
    twice: defaultdict[str, list[str]] = defaultdict(list)
    for other in TaskType.objects.active().exclude(pk=saved.pk):
        twice[other.name] += [own[said] for said in map(normalised, other.said) if said in own]
        twice[other.name] += [
            each for each in other.deciding if recognition.phrase(each) in own_phrases
        ]
    found += [
        f"Also in “{name}”: {'; '.join(f'“{each}”' for each in both[:5])}. "
        "An example in two task types helps to recognise neither."
        for name, both in twice.items()
        if both
    ]
    return found


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{pluralize(number)}"


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
