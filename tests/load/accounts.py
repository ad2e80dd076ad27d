"""Accounts on a running site by their roles, signed in, with a token for programs each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tests.stack import Stack

MADE = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from chatsite.api.models import AccessToken
from chatsite.staff import roles
for name, role in {}.items():
    user = User.objects.create_user(f"load-{{name}}", is_staff=role != "nobody")
    user.is_superuser = role == "owner"
    user.save()
    if role in roles.PERMISSIONS:
        user.groups.add(Group.objects.get(name=role))
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    token = AccessToken(name=name, account=user)
    key = token.new_key()
    token.save()
    print("SESSION", name, settings.SESSION_COOKIE_NAME, session.session_key, key)
"""
# Of each role one, named as it is.
ONE_EACH = {role: role for role in ("staff", "operators", "owner", "newcomer", "nobody")}


@dataclass(frozen=True, slots=True)
class Accounts:
    cookie: str
    sessions: dict[str, str]
    tokens: dict[str, str]

    @classmethod
    def of(cls, stack: Stack, roles: Mapping[str, str] = ONE_EACH) -> Self:
        """`roles`: what each account is, by its name."""
        made = MADE.format(dict(roles))
        printed = stack.manage("shell", "--verbosity", "0", "-c", made)
        rows = [line.split()[1:] for line in printed.splitlines() if line.startswith("SESSION ")]
        return cls(
            rows[0][1],
            {name: session for name, _, session, _ in rows},
            {name: token for name, _, _, token in rows},
        )

    def cookies(self, name: str) -> dict[str, str]:
        return {self.cookie: self.sessions[name]}
