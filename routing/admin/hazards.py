"""Hazards in the admin: operators read them, add to them, and try what a message is taken for."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import pluralize
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from routing import decisions, policies, stored_site_profile
from routing.analysis import hazards, learned_score
from routing.analysis.wording import folded
from routing.models import Hazard
from routing.tier_choice import Turn, choose

# A shorter phrase would be found in every other message.
SHORTEST = 2
_PARTS = {"decisive": "Decide", "hints": "Hint", "examples": "Examples"}


class HazardForm(forms.ModelForm[Hazard]):
    class Meta:
        model = Hazard
        fields: ClassVar = [
            "name", "about", "active", "decisive", "hints", "examples", "left_out"
        ]  # fmt: skip
        help_texts: ClassVar = {
            "examples": "What customers write when this is at stake, one message a line. A message "
            "much like one of them counts like a phrase that decides: by its words and, where the "
            "site has embeddings, by its meaning in any language.",
        }
        widgets: ClassVar = {
            "about": forms.TextInput(attrs={"class": "vLargeTextField"}),
            **{
                name: forms.Textarea(attrs={"rows": rows, "class": "vLargeTextField"})
                for name, rows in (("decisive", 5), ("hints", 5), ("examples", 5), ("left_out", 3))
            },
        }

    def clean_decisive(self) -> str:
        return _phrases(self.cleaned_data["decisive"])

    def clean_hints(self) -> str:
        return _phrases(self.cleaned_data["hints"])

    def clean_examples(self) -> str:
        return "\n".join(stored_site_profile.lines(self.cleaned_data["examples"]))

    def clean_left_out(self) -> str:
        """What the shipped hazard does not have would leave nothing out."""
        lines = stored_site_profile.lines(self.cleaned_data["left_out"])
        known = {each for part in ("decisive", "hints") for each in _all(_of(self.instance), part)}
        if wrong := [line for line in lines if line not in known]:
            raise forms.ValidationError(f"“{wrong[0]}” is not among the shipped phrases below.")
        return "\n".join(lines)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        own = [cleaned.get(part) for part in ("decisive", "hints", "examples")]
        if not self.instance.shipped and not self.errors and not any(own):
            raise forms.ValidationError("Add at least one phrase or example to recognise it by.")
        return cleaned


class HazardAdmin(admin.ModelAdmin[Hazard]):
    form = HazardForm
    list_display = ["name", "about", "known_by", "added_here", "active"]
    list_filter = ["active", "shipped"]
    search_fields = ["name", "about", "decisive", "hints", "examples"]
    list_per_page = 100
    show_facets = admin.ShowFacets.NEVER
    readonly_fields = ["shipped_phrases"]
    fieldsets = [
        (None, {"fields": ["name", "about", "active"]}),
        ("Added on this site", {"fields": ["decisive", "hints", "examples", "left_out"]}),
        ("Comes with the product", {"fields": ["shipped_phrases"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.try_text)
        return [path("try/", page, name="routing_hazard_try"), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Hazard | None = None) -> list[str]:
        fixed = ["name"] if obj and obj.shipped else []
        return [*fixed, *self.readonly_fields]

    def has_delete_permission(self, request: HttpRequest, obj: Hazard | None = None) -> bool:
        """A shipped one is switched off instead."""
        return super().has_delete_permission(request, obj) and not (obj and obj.shipped)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            name: each
            for name, each in super().get_actions(request).items()
            if "delete" not in name
        }

    def save_model(self, request: HttpRequest, obj: Hazard, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(stored_site_profile.forget)
        if "examples" in form.changed_data:
            import_string(settings.EXAMPLES_CHANGED)()

    def delete_model(self, request: HttpRequest, obj: Hazard) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(stored_site_profile.forget)

    def try_text(self, request: HttpRequest) -> HttpResponse:
        """Try a message: what is dangerous in it, told by which words, and who would answer."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = request.GET.get("text", "")[: settings.MESSAGE_LENGTH]
        context = {
            **self.admin_site.each_context(request),
            "title": "Try a message",
            "opts": self.opts,
            "text": text,
            **(_tried(text) if text else {}),
        }
        return render(request, "admin/routing/hazard/try.html", context)

    @admin.display(description="shipped phrases")
    def known_by(self, row: Hazard) -> str:
        known = _of(row)
        count = sum(len(_all(known, part)) for part in ("decisive", "hints"))
        languages = _counted(len(known["decisive"]), "language")
        return f"{count} in {languages}" if count else "none"

    @admin.display(description="added here")
    def added_here(self, row: Hazard) -> str:
        phrases = len(stored_site_profile.lines(f"{row.decisive}\n{row.hints}"))
        examples = len(stored_site_profile.lines(row.examples))
        out = len(stored_site_profile.lines(row.left_out))
        told = [
            _counted(phrases, "phrase"),
            _counted(examples, "example"),
            f"{out} ignored" if out else "",
        ]
        return ", ".join(filter(None, told)) or "nothing"

    @admin.display(description="phrases and examples")
    def shipped_phrases(self, row: Hazard) -> SafeString | str:
        known = _of(row)
        if not known["decisive"]:
            return "None: this hazard is your own."
        languages = sorted({code for part in _PARTS for code in known[part]})
        rows = [
            (code, [", ".join(known[part].get(code, ())) for part in _PARTS]) for code in languages
        ]
        context = {"parts": _PARTS.values(), "rows": rows}
        return render_to_string("admin/routing/hazard/_shipped.html", context)


def _tried(text: str) -> dict[str, Any]:
    policy, site = policies.current(), stored_site_profile.current()
    turn: Turn = import_string(settings.TURN_OF_MESSAGE)(text)
    score, seen = decisions.scored(turn, policy)
    return {
        "signs": site.hazards.signs(text),
        "like": [(each, each.hazard in seen.stakes) for each in turn.like],
        "seen": seen,
        "by_words_alone": turn.searched,
        "choice": choose(score, policy.threshold, least=learned_score.floor(seen)),
        "certain": hazards.CERTAIN,
    }


def _of(row: Hazard) -> Mapping[str, Any]:
    blank: dict[str, Any] = {part: {} for part in _PARTS}
    return next((each for each in hazards.shipped_by_language() if each["name"] == row.name), blank)


def _all(known: Mapping[str, Any], part: str) -> list[str]:
    return [phrase for listed in known[part].values() for phrase in listed]


def _phrases(text: str) -> str:
    found = stored_site_profile.lines(text)
    if empty := [each for each in found if len(folded(each).strip("*… .")) < SHORTEST]:
        raise forms.ValidationError(f"“{empty[0]}” is too short: almost every message would match.")
    return "\n".join(found)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{pluralize(number)}" if number else ""
