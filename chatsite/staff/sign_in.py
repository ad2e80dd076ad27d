"""Signing in: django-allauth's pages, with limits on wrong passwords that lock no owner out.

A browser that has signed in before carries a signed cookie, and has tries of its own: whatever
others do to the account, also from the same network, its owner comes in. Everybody else has a few
tries for each account, and some more for all accounts together, by network address.
"""

import ipaddress
import logging
import smtplib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.account.views import LoginView
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import get_random_string

from chatsite import client_address

logger = logging.getLogger(__name__)

COOKIE = "known_browser"
UNKNOWN = "0.0.0.0"  # noqa: S104  # stands for all addresses that are none
KNOWN_FOR = 180 * 24 * 3600  # seconds
# Wrong passwords, in allauth's words: of a known browser; of others.
FROM_KNOWN = {"login_failed": "10/5m/key"}
FROM_OTHERS = {"login_failed": "6/5m/key,30/5m/ip"}

_signer = signing.get_cookie_signer(salt="chatsite.staff.sign_in")


class Adapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": (
            "Too many wrong passwords. Please wait five minutes, then try again."
        )
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made in the admin."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """What is none counts as one address; of a household's /64 of IPv6, all are one."""
        try:
            address = ipaddress.ip_address(client_address.of(request))
        except ValueError:
            return UNKNOWN
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
            whole = ipaddress.IPv6Network((int(address), client_address.IPV6_BITS), strict=False)
            return str(whole.network_address)
        return str(getattr(address, "ipv4_mapped", None) or address)

    def send_mail(self, template_prefix: str, email: str, mailed: dict[str, Any]) -> None:
        """Nobody is told of a mail that no server took. Raises ImmediateHttpResponse."""
        try:
            super().send_mail(template_prefix, email, mailed)
        except (smtplib.SMTPException, OSError) as error:
            # The class alone: what the server says may repeat addresses.
            logger.warning("%s is not sent: %s", template_prefix, type(error).__name__)
            away = render(context.request, "503.html", status=503)
            raise ImmediateHttpResponse(away) from error

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Before a password is hashed, which takes a tenth of a second of CPU."""
        name = str(credentials.get("username", "")).lower()
        known = _known_browser(request, name)
        self._login_failed_rl_usage = ratelimit.consume(
            request,
            app="allauth.account",
            action="login_failed",
            config=FROM_KNOWN if known else FROM_OTHERS,
            key=known or f"{name} {ratelimit.get_ip(request)}",
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def post_login(
        self, request: HttpRequest, user: AbstractBaseUser, **more: Any
    ) -> HttpResponseBase:
        response: HttpResponseBase = super().post_login(request, user, **more)
        name = user.get_username().lower()
        if not _known_browser(request, name):
            response.set_cookie(
                COOKIE,
                _signer.sign(f"{get_random_string(16)} {name}"),
                max_age=KNOWN_FOR,
                path="/admin/",
                httponly=True,
                secure=settings.BEHIND_HTTPS,
                samesite="Strict",
            )
        return response


class Form(LoginForm):
    """The account's name is a field named `username`, as in Django's own form."""

    def add_prefix(self, field_name: str) -> str:
        name: str = super().add_prefix(field_name)
        return "username" if name == "login" else name


class SignIn(LoginView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whoever is signed in and may not use the admin would be sent to and fro."""
        if request.user.is_authenticated and not admin.site.has_permission(request):
            raise PermissionDenied
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def form_invalid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, "too_many_login_attempts"):
            response.status_code = 429
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **admin.site.each_context(self.request),
            "title": "Log in",
            "sign_in_providers": _issuers(),
            **super().get_context_data(**kwargs),
        }


def _issuers() -> list[dict[str, str]]:
    """Who else vouches for staff, for the page."""
    if not settings.OPENID_CONNECT_URL:
        return []
    url = reverse("openid_connect_login", args=["sso"])
    return [{"name": settings.OPENID_CONNECT_NAME, "url": url}]


def _known_browser(request: HttpRequest, name: str) -> str:
    """Identifies the browser for limits; blank if this account has not signed in from it."""
    try:
        said = _signer.unsign(request.COOKIES.get(COOKIE, ""), max_age=KNOWN_FOR)
    except signing.BadSignature:
        return ""
    return said if said.partition(" ")[2] == name else ""
