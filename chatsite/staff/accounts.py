"""Accounts with a password for one sign-in, and what an account needs before it opens a page."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, Group, Permission, User
from django.db import transaction
from django.db.models import Q, QuerySet
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


# In a session: the page that was asked for before the password was changed.
_WANTED = "wanted_page"


def safe_account_first(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: nobody sees a page of the staff's before what the account lacks is done.

    A first password has to be changed; a second factor added, where the site wants one.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        change = reverse("admin:password_change")
        free = {change, reverse("admin:logout"), reverse("admin:login")}
        if request.path.startswith(_of_staff()) and request.path not in free:
            if _is_due(request):
                request.session[_WANTED] = request.get_full_path()
                return redirect(change)
            if request.path == reverse("admin:password_change_done"):
                messages.success(request, "Your password was changed.")
                return redirect(request.session.pop(_WANTED, "admin:index"))
            own = reverse("mfa_index"), reverse("account_reauthenticate")
            if not request.path.startswith(own) and lacks_second_factor(request.user):
                messages.info(
                    request, "Please set up a second factor. Every account here needs one."
                )
                return redirect(own[0])
        return get_response(request)

    return middleware


def with_right(codename: str, people: "QuerySet[User]") -> "QuerySet[User]":
    """Those of them who are staff and have this right over conversations."""
    permission = Permission.objects.filter(
        codename=codename, content_type__app_label="chat", content_type__model="conversation"
    )
    may = (
        Q(is_superuser=True)
        | Q(user_permissions__in=permission)
        | Q(groups__permissions__in=permission)
    )
    return people.filter(may, is_staff=True).distinct()


def lacks_second_factor(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Where everybody needs one."""
    return bool(
        settings.SECOND_FACTOR_REQUIRED and isinstance(user, User) and not is_mfa_enabled(user)
    )


def has_first_password(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Hashed anew, it has been changed, in whichever way."""
    return (
        isinstance(user, User)
        and FirstPassword.objects.filter(user=user, hashed=user.password).exists()
    )


def _of_staff() -> tuple[str, str]:
    return reverse("admin:index"), reverse("inbox:inbox")


def _is_due(request: HttpRequest) -> bool:
    """Asked for once in a session."""
    user = request.user
    if not isinstance(user, User) or request.session.get(CHANGED) == user.pk:
        return False
    if has_first_password(user):
        return True
    request.session[CHANGED] = user.pk
    return False
