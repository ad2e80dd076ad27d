"""A small site with tests: articles, a policy, a provider that is told what to say."""

from collections.abc import Iterator

import pytest
from django.test import Client

from chatsite.answer_tests.models import Case, CaseSet
from chatsite.knowledge.models import Article
from chatsite.staff import roles
from routing import policies
from tests.chat.told import prices
from tests.monitor.people import signed_in
from tests.upstream.server import Upstream

SHIPPING = "Shipping to Norway costs €14.95 and is free from €180. It takes 4 to 7 days."


@pytest.fixture
def upstream(settings) -> Iterator[Upstream]:
    with Upstream() as upstream:
        settings.OPENAI_BASE_URL = upstream.url
        yield upstream


@pytest.fixture
def shop(db) -> None:
    prices()
    roles.grant()
    draft = policies.current().draft()
    draft.doubt_threshold, draft.embedding_model = 1.0, ""
    policies.adopt(draft, None, "Scripted answers stand")
    Article.objects.create(title="Shipping costs", slug="shipping", body=SHIPPING)
    Article.objects.create(title="Opening hours", slug="hours", body="Open from nine to five.")


@pytest.fixture
def tests(shop) -> CaseSet:
    return CaseSet.objects.create(name="Launch")


@pytest.fixture
def norway(tests) -> Case:
    return Case.objects.create(
        set=tests,
        question="How much is shipping to Norway?",
        must_say="€14.95",
        sources="shipping",
        tier="cheap",
    )


@pytest.fixture
def operator(shop) -> Client:
    return signed_in(roles.OPERATORS)


@pytest.fixture
def staff(shop) -> Client:
    return signed_in(roles.STAFF)
