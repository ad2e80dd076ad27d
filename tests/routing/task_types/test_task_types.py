"""Operators teach task types in the admin and try them; staff look."""

import subprocess
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from kombu.exceptions import OperationalError

from chatsite.staff import roles
from routing import tasks
from routing.admin import task_types
from routing.models import TaskType
from routing.task_types import library
from tests.guards import guards
from tests.routing.test_admin import text
from tests.tuning.conftest import signed_in

pytestmark = pytest.mark.django_db

LIST, ADD, TRY = (f"admin:routing_tasktype_{page}" for page in ("changelist", "add", "try"))
HOURS = ["What are your business hours?", "are you open on sunday", "when do you close", "open?"]


class Hints(list[dict[str, object]]):
    """The queue, patched: what the workers would be told."""

    lost = False

    def __call__(self, **options: object) -> None:
        if self.lost:
            raise OperationalError("No broker.")
        self.append(options)


@pytest.fixture(autouse=True)
def hints(monkeypatch) -> Hints:
    hints = Hints()
    monkeypatch.setattr(task_types, "learn_task_types", SimpleNamespace(apply_async=hints))
    return hints


@pytest.fixture
def operator() -> Client:
    return signed_in("olga", roles.OPERATORS)


@pytest.fixture
def staff() -> Client:
    return signed_in("stan", roles.STAFF)


@pytest.fixture
def hours() -> TaskType:
    return TaskType.objects.create(name="Business hours", examples="\n".join(HOURS))


def form(**changes: object) -> dict[str, object]:
    """What the form to add a task type sends."""
    return {
        "name": "Returns",
        "examples": "How do I send it back?\nI want to return a pen",
        "points": "0",
        "active": "on",
        **changes,
    }


def warnings(response) -> list[str]:
    return [str(each) for each in response.context["messages"] if each.level_tag == "warning"]


def test_an_operator_teaches_a_type_and_it_is_recognised(
    operator, hints, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = operator.post(reverse(ADD), form(tier="strong"))

    assert response.status_code == 302
    assert hints == [{"retry": False}]
    library.learn()
    task = library.recognise("how can I return this pen")
    assert task is not None
    assert (task.name, task.tier) == ("Returns", "strong")


@guards(
    "routing/admin/task_types.py",
    "    except OperationalError as error:\n",
    "    except ZeroDivisionError as error:\n",
)
def test_a_type_is_saved_while_no_worker_can_be_told(
    operator, hints, django_capture_on_commit_callbacks
):
    hints.lost = True

    with django_capture_on_commit_callbacks(execute=True):
        response = operator.post(reverse(ADD), form())

    assert response.status_code == 302
    assert not library.is_learned()


@guards("routing/admin/task_types.py", " if recognition.phrase(line)}", "}")
@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"name": "x" * 81}, "name", "at most 80 characters"),
        ({"name": "Business hours"}, "name", "already exists"),
        ({"examples": ""}, "examples", "This field is required."),
        ({"examples": "?!\n…\n—\n \n"}, "examples", "at least one example with a word"),
        ({"examples": "word " * 10_001}, "examples", "at most 50000 characters"),
        (
            {"examples": "\n".join(f"{n}" for n in range(1001))},
            "examples",
            "1001 examples are too many. Enter at most 1000.",
        ),
        ({"examples": "a\0b"}, "examples", "Null characters are not allowed."),
        ({"phrases": "send it back\n…"}, "phrases", "“…” has no word in it."),
        ({"phrases": "word " * 1_001}, "phrases", "at most 5000 characters"),
        ({"tier": "medium"}, "tier", "Select a valid choice."),
        ({"points": "9.5"}, "points", "less than or equal to 9"),
        ({"points": "-9.5"}, "points", "greater than or equal to -9"),
        ({"points": "nan"}, "points", "Enter a number."),
        ({"points": ""}, "points", "This field is required."),
        ({"tier": "cheap", "points": "2"}, "points", "The model is fixed"),
        ({"answers_itself": "on"}, "approved_answer", "Write the approved answer first"),
        (
            {"answers_itself": "on", "approved_answer": " \n"},
            "approved_answer",
            "Write the approved answer first",
        ),
        ({"approved_answer": "x" * 10_001}, "approved_answer", "at most 10000 characters"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(operator, hours, changes, field, said):
    response = operator.post(reverse(ADD), form(**changes))

    assert response.status_code == 200
    assert said in " ".join(response.context["adminform"].form.errors[field])
    assert TaskType.objects.get() == hours


@guards("routing/admin/task_types.py", "{normalised(line): line for line", "{line: line for line")
def test_an_example_is_kept_once_whatever_its_capitals(operator):
    twice = "  How do I  send it back?\r\n\r\nhow do i send it back\r\nI want to return a pen  "

    operator.post(reverse(ADD), form(examples=twice))

    assert TaskType.objects.get().said == ["How do I send it back?", "I want to return a pen"]


def test_few_examples_are_saved_with_a_warning(operator):
    few = operator.post(reverse(ADD), form(), follow=True)
    enough = "\n".join(f"Number {number} of my returns" for number in range(task_types.FEW))
    many = operator.post(reverse(ADD), form(name="Numbers", examples=enough), follow=True)

    assert "has 2 examples: few other messages will be recognised" in warnings(few)[0]
    assert warnings(many) == []


@guards("routing/admin/task_types.py", "    found += [\n", "    _ = [\n")
def test_what_stands_in_two_types_is_named(operator, hours):
    hours.phrases = "open now"
    hours.save()
    TaskType.objects.create(name="Off", examples="I want to return a pen", active=False)
    many = "\n".join(f"Number {number} of my returns" for number in range(task_types.FEW))

    sent = form(examples=f"{many}\nI want to return a pen\nWHEN do you close", phrases="Open, now!")
    response = operator.post(reverse(ADD), sent, follow=True)

    (said,) = warnings(response)
    assert "Also in “Business hours”: “WHEN do you close”; “open now”." in said
    assert TaskType.objects.filter(name="Returns").exists()


@pytest.mark.parametrize(
    "gone",
    [
        lambda client, pk: client.post(
            reverse("admin:routing_tasktype_delete", args=[pk]), {"post": "yes"}
        ),
        lambda client, pk: client.post(
            reverse(LIST),
            {"action": "delete_selected", "_selected_action": [pk], "post": "yes"},
        ),
        lambda client, pk: client.post(
            reverse("admin:routing_tasktype_change", args=[pk]),
            form(name="Business hours", examples="\n".join(HOURS), active=""),
        ),
    ],
    ids=["deleted", "deleted from the list", "no longer active"],
)
def test_a_type_that_went_is_recognised_no_more(
    operator, hours, hints, gone, django_capture_on_commit_callbacks
):
    library.learn()
    assert library.recognise(HOURS[0]) is not None

    with django_capture_on_commit_callbacks(execute=True):
        response = gone(operator, hours.pk)

    assert response.status_code == 302
    assert library.recognise(HOURS[0]) is None
    assert len(hints) == 1


def tried(client: Client, message: str) -> str:
    return text(client.get(reverse(TRY), {"text": message}))


def test_a_text_is_tried(operator, hours):
    returns = {"name": "Returns", "tier": "strong"}
    TaskType.objects.create(examples="How do I send it back?\nI want to return a pen", **returns)
    library.learn()

    html = operator.get(reverse(TRY), {"text": "when do you close"}).content.decode()
    said = tried(operator, "when do you close")

    # The field has the focus, and its words are read out with the answer.
    assert 'aria-describedby="answer"' in html
    assert 'id="answer"' in html
    assert "Recognised as Business hours : like “when do you close”." in said
    assert "certain enough for an answer without a model" in said
    assert "by the score" in said
    assert "always the strong model" in said
    assert "Not certain enough" in tried(operator, "are you open on the moon")
    assert "No task type recognised" in tried(operator, "tell me a joke")


def test_a_text_is_tried_before_the_types_are_learned(operator, hours):
    said = tried(operator, HOURS[0])

    assert "Your newest changes are being learned" in said
    assert "Nothing to compare" not in said


@pytest.mark.parametrize(
    "message", ["?!", "😀", "営業時間は", "a" * 100_000, "<script>alert(1)</script>"]
)
def test_any_text_can_be_tried(operator, hours, message):
    library.learn()

    page = operator.get(reverse(TRY), {"text": message})

    assert page.status_code == 200
    assert "No task type recognised" in text(page)
    assert "<script>alert" not in page.content.decode()


def test_a_text_that_no_database_takes_is_refused(operator, hours):
    assert operator.get(reverse(TRY), {"text": "\0"}).status_code == 400


def test_the_list_says_how_each_is_answered(operator, hours):
    TaskType.objects.create(name="A", examples="a", tier="cheap", approved_answer="A.")
    TaskType.objects.create(name="B", examples="b", points=1.5, cacheable=True, phrases="bb")
    TaskType.objects.create(name="C", examples="c", answers_itself=True, approved_answer="C.")

    page = operator.get(reverse(LIST))

    said = text(page)
    assert "A always the cheap model approved answer when the budget is used up 1 example" in said
    assert "B score +1.5 saved answer 1 example, 1 phrase" in said
    assert "Business hours by the score always asks a model 4 examples" in said
    assert "C by the score approved answer" in said


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ({"by": "cheap"}, ["A"]),
        ({"by": "strong"}, []),
        ({"by": "points"}, ["B"]),
        ({"by": "score"}, ["Business hours", "C"]),
        ({"without": "at_once"}, ["C"]),
        ({"without": "no_budget"}, ["A"]),
        ({"without": "again"}, ["B"]),
        ({"by": "nonsense"}, ["A", "B", "Business hours", "C"]),
    ],
)
def test_the_list_is_filtered(operator, hours, by, names):
    TaskType.objects.create(name="A", examples="a", tier="cheap", approved_answer="A.")
    TaskType.objects.create(name="B", examples="b", points=1.5, cacheable=True)
    TaskType.objects.create(name="C", examples="c", answers_itself=True, approved_answer="C.")

    page = operator.get(reverse(LIST), by)

    assert [each.name for each in page.context["cl"].result_list] == names


def test_a_longer_list_takes_no_more_queries(operator):
    counts = []
    operator.get(reverse(LIST))
    for number in range(3):
        TaskType.objects.create(name=str(number), examples="x")
        with CaptureQueriesContext(connection) as queries:
            operator.get(reverse(LIST))
        counts.append(len(queries))

    assert counts == counts[:1] * 3


def test_staff_read_and_try_and_change_nothing(staff, hours):
    library.learn()
    page = reverse("admin:routing_tasktype_change", args=[hours.pk])

    assert "are you open on sunday" in text(staff.get(page))
    assert "Business hours" in text(staff.get(reverse(LIST)))
    assert "Recognised as Business hours" in tried(staff, HOURS[0])
    assert 'name="examples"' not in staff.get(page).content.decode()
    assert staff.get(reverse(ADD)).status_code == 403
    for address in (reverse(ADD), page, reverse("admin:routing_tasktype_delete", args=[hours.pk])):
        assert staff.post(address, form(post="yes")).status_code == 403
    assert TaskType.objects.get().name == "Business hours"


@guards(
    "routing/admin/task_types.py",
    "        if not self.has_view_permission(request):\n",
    "        if False:\n",
)
@pytest.mark.parametrize("page", [LIST, ADD, TRY])
def test_task_types_need_a_permission(client, page):
    assert client.get(reverse(page)).status_code == 302
    client.force_login(User.objects.create_user("temp", is_staff=True))

    assert client.get(reverse(page)).status_code == 403


@guards("routing/tasks.py", "    if not library.is_learned():\n", "    if True:\n")
def test_new_examples_are_learned_in_a_process_of_its_own_and_once(hours, monkeypatch):
    commands = []

    def run(command: list[str], **_: object) -> None:
        commands.append(command[-2:])
        call_command(command[-1])

    monkeypatch.setattr(subprocess, "run", run)

    tasks.learn_task_types.apply(throw=True)
    tasks.learn_task_types.apply(throw=True)

    assert commands == [["manage.py", "learn_task_types"]]
    assert library.is_learned()
