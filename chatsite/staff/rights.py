"""What a user may do, read in one query: on every page of the admin it is asked for first."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q


class Rights(ModelBackend):
    """A user's own permissions together with their groups', for which Django asks twice."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            own = user_obj.user_permissions.order_by().values("pk")
            of_groups = Permission.objects.filter(group__user=user_obj).order_by().values("pk")
            held = Permission.objects.filter(Q(pk__in=own) | Q(pk__in=of_groups)).order_by()
            names = held.values_list("content_type__app_label", "codename")
            user_obj._perm_cache = {f"{app}.{name}" for app, name in names}
        found: set[str] = user_obj._perm_cache
        return found
