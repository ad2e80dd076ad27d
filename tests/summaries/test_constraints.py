"""What the database refuses of the settings, whoever asks."""

import pytest
from django.db import IntegrityError, transaction

from chatsite.summaries.models import Summarising

pytestmark = pytest.mark.django_db


def test_there_is_one_row_of_settings():
    with pytest.raises(IntegrityError, match="summaries_one_row"), transaction.atomic():
        Summarising.objects.create(pk=2)


@pytest.mark.parametrize("wrong", [{"quiet_hours": 0}, {"long_from": 1}, {"most": 0}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(IntegrityError, match="summaries_settings_in_range"), transaction.atomic():
        Summarising.objects.create(pk=1, **wrong)
