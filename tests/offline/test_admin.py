"""Offline work in the admin: operators read what was sent, how it ended and what it cost."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from billing.models import LedgerEntry
from billing.money import shown
from chatsite.offline.tasks import advance
from chatsite.staff import roles


@pytest.mark.parametrize(("group", "status"), [(roles.STAFF, 403), (roles.OPERATORS, 200)])
def test_operators_see_how_a_batch_ended(client, django_user_model, queue, batches, group, status):
    roles.grant()
    user = django_user_model.objects.create(username="grace", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    batches.fails = {"judge:2": 500}
    batch = queue()
    advance.apply()

    listed = client.get(reverse("admin:offline_batch_changelist"))
    shown_ = client.get(reverse("admin:offline_batch_change", args=[batch.pk]))

    assert (listed.status_code, shown_.status_code) == (status, status)
    if status == 200:
        page = shown_.content.decode()
        cost = sum(entry.amount for entry in LedgerEntry.objects.all())
        assert cost > 0
        for words in ("completed", "judge:1", "overloaded", shown(cost), "It will do."):
            assert words in page
        assert '<input type="submit"' not in page
