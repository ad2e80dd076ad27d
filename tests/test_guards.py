"""The guards that tests name: each stands exactly once where it is to be taken out."""

from tests.guards import marked, of_the_database


def test_every_guard_stands_where_it_is_taken_out():
    found = [*marked(), *of_the_database()]

    assert [f"{each.file}: {each.text!r}" for each in found if not each.stands] == []
    assert len(found) > 100
