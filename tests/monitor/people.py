"""Who looks at quality, and what they look at."""

from django.contrib.auth.models import Group, User
from django.test import Client

from tests.chat.told import Told


def signed_in(group: str = "") -> Client:
    user = User.objects.create_user(group or "guest", is_staff=True)
    if group:
        user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def told(number: int, tier: str = "cheap") -> Told:
    return Told(visitor=f"{number:064}").asks("When are you open?").answered(tier=tier)
