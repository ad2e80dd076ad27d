"""What no database takes is answered with 400 and words."""

import pytest
from django.contrib.auth.models import Group, User

from tests.guards import guards


@guards("chatsite/runtime/bad_input.py", '"" in _to_fields(request)', "False")
@pytest.mark.parametrize("page", ["change", "delete"])
def test_a_window_of_the_admin_that_wants_no_field(client, db, page):
    group = Group.objects.create(name="g")
    client.force_login(User.objects.create_superuser("root"))
    url = f"/admin/auth/group/{group.pk}/{page}/"

    assert client.get(f"{url}?_to_field=").status_code == 400
    assert client.post(url, {"_to_field": "", "name": "h"}).status_code == 400
