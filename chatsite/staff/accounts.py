"""Accounts with a password for one sign-in, after which the admin asks for another."""

from collections.abc import Callable

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import get_random_string

from chatsite.staff.models import FirstPassword

# Letters and digits; 2 to the power of 83 possibilities.
LENGTH = 14
# Of a session: whose password is known not to be a first one.
CHANGED = "own_password"


@transaction.atomic
def create(username: str, group: str = "") -> str | None:
    """The password of the new account, or None where there is one of this name.

    It may use the admin as far as its group goes; without a group, it may do everything.
    """
    if User.objects.filter(username=username).exists():
        return None
    password = get_random_string(LENGTH)
    user = User.objects.create_user(
        username, password=password, is_staff=True, is_superuser=not group
    )
    if group:
        user.groups.add(Group.objects.get(name=group))
    FirstPassword.objects.create(user=user, hashed=user.password)
    return password


def own_password_first(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: who signed in with a first password sees no admin page before changing it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        admin, change = reverse("admin:index"), reverse("admin:password_change")
        free = {change, reverse("admin:logout"), reverse("admin:login")}
        if request.path.startswith(admin) and request.path not in free and _is_due(request):
            return redirect(change)
        return get_response(request)

    return middleware


def _is_due(request: HttpRequest) -> bool:
    user = request.user
    if not isinstance(user, User):
        return False
    # Hashed anew, it has been changed, in whichever way; then it is asked for once in a session.
    if request.session.get(CHANGED) != user.pk:
        if FirstPassword.objects.filter(user=user, hashed=user.password).exists():
            return True
        request.session[CHANGED] = user.pk
    return False
