"""Access tokens in the admin: made, shown once, withdrawn."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers

from billing import clock
from chatsite.api.models import AccessToken


class NewToken(forms.ModelForm[AccessToken]):
    maker: User  # set by the admin

    class Meta:
        model = AccessToken
        fields = ["name", "account"]

    def clean_account(self) -> User:
        """Nobody gains a right by a token of somebody who may do more."""
        account: User = self.cleaned_data["account"]
        if account.get_all_permissions() - self.maker.get_all_permissions():
            raise ValidationError(
                "This account has permissions that you do not have. Choose another account."
            )
        return account


@admin.register(AccessToken)
class AccessTokenAdmin(admin.ModelAdmin[AccessToken]):
    when_empty = "No program has access yet. docs/api.md explains what programs can do."
    list_display = ["name", "account", "ending", "made_by", "made_at", "used_at", "withdrawn_at"]
    list_select_related = ["account", "made_by"]
    search_fields = ["name", "account__username"]
    actions = ["withdraw"]
    form = NewToken

    def get_fields(self, request: HttpRequest, obj: AccessToken | None = None) -> Any:
        return ["name", "account"] if obj is None else self.list_display

    def get_readonly_fields(self, request: HttpRequest, obj: AccessToken | None = None) -> Any:
        return [] if obj is None else self.list_display

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        made = super().get_form(request, *args, **kwargs)
        made.maker = request.user  # type: ignore[attr-defined]  # a class of this request's own
        return made

    def save_model(self, request: HttpRequest, obj: AccessToken, form: Any, change: bool) -> None:
        if not change:
            assert isinstance(request.user, User)
            obj.made_by = request.user
            obj.key = obj.new_key()  # type: ignore[attr-defined]  # for response_add alone
            super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: AccessToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The one page that shows the token, instead of a redirect: no store ever holds it."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"Access token for {obj.name}",
            "opts": self.opts,
            "token": obj.key,  # type: ignore[attr-defined]
        }
        response = TemplateResponse(request, "admin/api/new_token.html", context)
        add_never_cache_headers(response)
        return response

    @admin.action(description="Revoke", permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        for token in queryset.filter(withdrawn_at=None):
            token.withdrawn_at = clock.now()
            token.save(update_fields=["withdrawn_at"])
            self.log_change(request, token, "Revoked.")
