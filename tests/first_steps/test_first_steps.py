"""From the sample shop to one's own: the checklist, the removal, and the configuration file."""

import json
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from billing.models import Budget, Price
from chatsite.demo import sample_rows
from chatsite.demo.models import SampleRow
from chatsite.first_steps import checklist, configuration_file
from chatsite.knowledge.models import Article
from chatsite.provider.models import Reading
from chatsite.shop import current_shop
from chatsite.shop.models import FirstQuestion, Shop
from chatsite.staff import roles
from chatsite.staff.models import AuditEntry
from routing import policies
from routing.models import TaskType
from routing.task_types import library
from tests.chat.test_admin import member, signed_in, text
from tests.guards import guards

pytestmark = pytest.mark.django_db
DOLLAR = 1_000_000_000
SAMPLE = "/admin/first-steps/sample/"


@pytest.fixture
def sample() -> None:
    call_command("load_shop", stdout=StringIO())


@pytest.fixture
def owner() -> Client:
    return signed_in(member("olga", roles.OPERATORS))


def done() -> set[str]:
    return {step.title for step in checklist.steps() if step.is_done}


def test_all_of_the_sample_goes_at_once(sample, owner, client):
    before = text(owner.get(SAMPLE))
    assert "Business hours" in before

    owner.post(SAMPLE, {"per_day": "25"})

    assert [m.objects.count() for m in (Article, TaskType, FirstQuestion, SampleRow)] == [0] * 4
    current_shop.forget()
    page = text(client.get("/", headers={"host": "localhost"}))
    assert "Larkspur" not in page
    assert "business hours" not in page
    limits = dict(Budget.objects.values_list("name", "limit"))
    assert limits["Site, each day"] == 25 * DOLLAR
    assert limits["Site, each hour"] == 5 * DOLLAR
    assert AuditEntry.objects.filter(action="removed", what="the sample shop").exists()
    library.learn()
    assert library.recognise("What are your business hours?") is None


@guards(
    "chatsite/demo/sample_removal.py",
    "*(found.edited if with_edited else ())",
    "*found.edited",
)
def test_what_the_owner_has_edited_stays_unless_they_say_so(sample, owner):
    article = Article.objects.get(slug="warranty")
    article.body = "Ten years."
    article.save()
    kept = TaskType.objects.order_by("pk").first()
    assert kept is not None
    kept.approved_answer = "Ours."
    kept.save()
    own = Article.objects.create(title="Own", slug="own", body="Own words.")

    owner.post(SAMPLE, {"per_day": "10"})

    assert set(Article.objects.all()) == {article, own}
    assert list(TaskType.objects.all()) == [kept]


def test_a_reload_of_the_sample_does_not_claim_what_is_the_owners(sample, owner):
    owner.post(SAMPLE, {"per_day": "10"})
    Article.objects.create(title="Warranty", slug="warranty", body="Ours.")

    call_command("load_shop", stdout=StringIO())

    assert "Ours." not in [row.body for row in sample_rows.found()["article"].untouched]


def test_steps_are_ticked_by_what_the_site_is(sample, owner, settings):
    settings.DEMO_MODEL = False
    assert done() == set()
    assert "9 things left" in text(owner.get("/admin/"))

    owner.post(SAMPLE, {"per_day": "10"})
    shop = Shop.objects.get()
    shop.name, shop.greeting, shop.email = "Rosa's", "Bread?", "rosa@bakery.example"
    shop.save()
    shop.questions.create(text="Do you bake on Sundays?")
    bread = Article.objects.create(title="Bread", slug="bread", body="Rye.", published=False)
    assert "1 of your own, none published yet" in text(owner.get("/admin/first-steps/"))
    bread.published = True
    bread.save()
    Reading.objects.create(read_at=timezone.now(), listed=3)

    assert done() == {
        "Remove the sample shop",
        "Name, logo and colour",
        "Greeting and suggested questions",
        "Contact",
        "The provider's key",
        "Spending limits",
        "Articles",
    }
    assert "7 of 9 done" in text(owner.get("/admin/first-steps/"))


def test_the_key_is_tried_live(sample, owner, upstream, settings):
    settings.DEMO_MODEL = False

    page = owner.post("/admin/first-steps/provider/", follow=True)
    assert "The key works" in text(page)

    upstream.lists = b"no list"
    page = owner.post("/admin/first-steps/provider/", follow=True)
    assert "The test failed" in text(page)


def exported(owner: Client) -> bytes:
    return owner.get("/admin/first-steps/export/").content


def imported(owner: Client, file: bytes, **more: str):
    given = {"file": SimpleUploadedFile("chatsite.json", file), **more}
    return owner.post("/admin/first-steps/import/", given)


def test_a_configuration_moves_to_another_site_whole(sample, owner, first_policy):
    draft = policies.current().draft()
    draft.threshold = 6.5
    policies.adopt(draft, None, "Fewer.")
    file = exported(owner)
    for model in (Article, TaskType, FirstQuestion, Budget, Shop):
        model.objects.all().delete()
    draft = policies.current().draft()
    draft.threshold = 8
    policies.adopt(draft, None, "More.")

    page = imported(owner, file)

    assert "Imported" in text(page)
    assert (Article.objects.count(), Shop.objects.get().name) == (26, "Larkspur & Finch")
    assert policies.current().threshold == 6.5
    assert json.loads(exported(owner)) | {"exported_at": ""} == json.loads(file) | {
        "exported_at": ""
    }


def test_a_second_import_changes_only_what_has_changed(sample, owner, first_policy):
    said = json.loads(exported(owner))
    said["articles"][0]["body"] = "New words."
    versions = dict(Article.objects.values_list("slug", "version"))

    imported(owner, json.dumps(said).encode())

    changed = {
        slug
        for slug, version in Article.objects.values_list("slug", "version")
        if versions[slug] != version
    }
    assert changed == {said["articles"][0]["slug"]}


def test_a_look_at_a_file_changes_nothing(sample, owner, first_policy):
    said = json.loads(exported(owner))
    said["articles"][0]["title"] = "Another"

    page = imported(owner, json.dumps(said).encode(), only_show="on")

    assert "What would change" in text(page)
    assert not Article.objects.filter(title="Another").exists()


@guards("chatsite/first_steps/configuration_file.py", "if problems or only_show:", "if only_show:")
def test_a_file_with_a_mistake_is_refused_whole_and_each_is_named(sample, owner, first_policy):
    said = json.loads(exported(owner))
    said["articles"][0]["title"] = ""
    said["articles"][1]["body"] = "New words."
    said["budgets"][0]["later_from"] = 5000

    page = imported(owner, json.dumps(said).encode())

    words = text(page)
    assert page.status_code == 422
    assert said["articles"][0]["slug"] in words
    assert said["budgets"][0]["name"] in words
    assert not Article.objects.filter(body="New words.").exists()


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"no",
        b"[]",
        b'{"chatsite": 2}',
        b'{"chatsite": 1, "secrets": 1}',
        b'{"chatsite": 1, "articles": 5}',
        b'{"chatsite": 1, "articles": [{"slug": "a", "published_by": "x"}]}',
        b'{"chatsite": 1, "shop": {"logo": "!!"}}',
        b'{"chatsite": 1, "policy": {"version": 7}}',
        b'{"chatsite": 1, "policy": {"threshold": "many"}}',
        b'{"chatsite": 1, "days_off": [{"day": "31 June"}]}',
        b'{"chatsite": 1, "articles": [{"slug": {"a": 1}, "title": "t", "body": "b"}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_configuration_is_said_to_be_none(file, owner, first_policy):
    page = imported(owner, file)

    assert page.status_code in {302, 422}
    assert not Article.objects.exists()


def test_an_export_holds_no_key_and_no_account(sample, owner, first_policy, settings):
    file = exported(owner).decode()

    assert settings.SECRET_KEY not in file
    assert {"accounts", "users", "conversations"} & json.loads(file).keys() == set()
    assert Price.objects.count() == len(configuration_file.export(timezone.now())["prices"])
