"""Signing in with the organisation's accounts, by OpenID Connect; only where settings name one.

Whoever comes so is the account with the e-mail address that the issuer has verified. Others come in
only where `OPENID_CONNECT_ROLE` says as what.
"""

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.http import HttpRequest


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # untyped
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Not by allauth's own connecting, which takes the password from an account: accounts are
        made by colleagues here, and not by whoever types an address.
        """
        if sociallogin.is_existing:
            return
        addresses = [each.email for each in sociallogin.email_addresses if each.verified]
        found = [
            user
            for address in addresses
            for user in User.objects.filter(email__iexact=address, is_active=True, is_staff=True)
        ]
        if len(found) == 1:
            sociallogin.connect(request, found[0])

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        is_known = any(each.verified for each in sociallogin.email_addresses)
        return bool(settings.OPENID_CONNECT_ROLE) and is_known

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        user: User = super().save_user(request, sociallogin, form)
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        user.groups.add(Group.objects.get(name=settings.OPENID_CONNECT_ROLE))
        return user
