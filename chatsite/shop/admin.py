"""The shop in the admin: one page, with a preview that follows what is typed."""

import base64
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from chatsite.shop import colours, current_shop, logos
from chatsite.shop.models import HEX, FirstQuestion, Shop

MOST_QUESTIONS = 8


class ShopForm(forms.ModelForm[Shop]):
    picture = forms.FileField(
        label="Logo",
        required=False,
        help_text="PNG, JPEG or WebP, up to 2 MB. Square images work best.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    without_picture = forms.BooleanField(label="Remove the logo", required=False)

    class Meta:
        model = Shop
        fields = [
            *("name", "accent", "greeting", "introduction", "email", "phone", "address", "files")
        ]
        widgets = {
            "introduction": forms.Textarea(attrs={"rows": 2}),
            "address": forms.Textarea(attrs={"rows": 3}),
            "accent": forms.TextInput(attrs={"placeholder": "#43479c"}),
        }

    def clean_picture(self) -> bytes:
        given = self.cleaned_data["picture"]
        return logos.read(given, given.size) if given else b""

    def save(self, commit: bool = True) -> Shop:
        if self.cleaned_data["picture"]:
            self.instance.logo = self.cleaned_data["picture"]
        elif self.cleaned_data["without_picture"]:
            self.instance.logo = b""
        return super().save(commit)


class QuestionInline(admin.TabularInline[FirstQuestion, Shop]):
    model = FirstQuestion
    max_num = MOST_QUESTIONS
    fields = ["text", "label", "position"]
    verbose_name = "suggested question"
    verbose_name_plural = "suggested questions, shown in an empty chat"
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 2})}}

    def get_extra(self, request: HttpRequest, obj: Shop | None = None, **kwargs: Any) -> int:
        """Three to begin with."""
        return 1 if obj and obj.questions.exists() else 3


@admin.register(Shop)
class ShopAdmin(admin.ModelAdmin[Shop]):
    form = ShopForm
    inlines = [QuestionInline]
    change_form_template = "admin/shop/change_form.html"
    fieldsets = [
        ("Look", {"fields": ["name", "picture", "without_picture", "accent"]}),
        ("Greeting", {"fields": ["greeting", "introduction"]}),
        ("Contact", {"fields": ["email", "phone", "address"]}),
        ("Attachments", {"fields": ["files"]}),
    ]

    class Media:
        js = ["js/admin/preview.js"]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.preview)
        return [path("preview/", page, name="shop_preview"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one shop."""
        return super().has_add_permission(request) and not Shop.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Shop | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The one page itself."""
        there_is = Shop.objects.exists()
        if not there_is and not self.has_add_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(
            reverse("admin:shop_shop_change", args=[1])
            if there_is
            else reverse("admin:shop_shop_add")
        )

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"title": "Your shop", "subtitle": None, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        transaction.on_commit(current_shop.forget)

    @method_decorator(require_POST)
    @method_decorator(xframe_options_sameorigin)
    @method_decorator(csp_replace({"frame-ancestors": [SELF]}))
    @method_decorator(csp_update({"img-src": ["data:"]}))
    def preview(self, request: HttpRequest) -> HttpResponse:
        """An empty chat as it would be with what the form holds; nothing is stored."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        stored = Shop.objects.first() or Shop()
        asked = request.POST.get
        accent = asked("accent", "").strip().lower()
        has_colour = bool(HEX.match(accent))
        shop = Shop(
            id=1,
            name=asked("name", "")[:60] or current_shop.name(),
            accent=accent if has_colour else "",
            greeting=asked("greeting", "")[:120],
            introduction=asked("introduction", "")[:400],
            logo=b"" if asked("without_picture") else stored.logo,
        )
        context = {
            "shop": shop,
            "site_name": shop.name,
            "questions": _questions(request),
            "warning": accent and _warning(accent, has_colour),
            "picture": _picture(request) or shop.logo_url,
        }
        return render(request, "shop/preview.html", context)


def _questions(request: HttpRequest) -> list[FirstQuestion]:
    found = []
    for at in range(MOST_QUESTIONS):
        text, label = (request.POST.get(f"questions-{at}-{name}", "") for name in ("text", "label"))
        if text and not request.POST.get(f"questions-{at}-DELETE"):
            found.append(FirstQuestion(text=text[:1000], label=label[:120]))
    return found


def _warning(accent: str, has_colour: bool) -> str:
    if not has_colour:
        return "A colour is six digits after a #, such as #43479c."
    if colours.is_readable(accent):
        return ""
    return f"{accent} is too pale to read: shown in {colours.nearest_readable(accent)}."


def _picture(request: HttpRequest) -> str:
    """The file that was chosen, as it would be stored."""
    given = request.FILES.get("picture")
    if given is None or given.size is None:
        return ""
    try:
        png = logos.read(given, given.size)  # type: ignore[arg-type]  # an uploaded file reads as one
    except forms.ValidationError:
        return ""
    return "data:image/png;base64," + base64.b64encode(png).decode()
