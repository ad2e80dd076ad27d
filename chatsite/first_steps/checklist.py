"""What a new owner still has to do. Each step is checked, not ticked off by hand."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from billing import money
from billing.budgets.periods import Period
from billing.models import Budget
from chatsite.business_hours.models import OpeningHours, TeamCalendar
from chatsite.chat.models import Message
from chatsite.demo import sample_rows
from chatsite.knowledge.models import Article
from chatsite.provider.models import Reading
from chatsite.shop.models import Shop


@dataclass(frozen=True, slots=True)
class Step:
    """`url` leads where it is done; `action` is a form's address, posted by a button."""

    title: str
    is_done: bool
    words: str
    link: str
    url: str = ""
    action: str = ""


def steps() -> list[Step]:
    sample = sample_rows.found()
    shop = Shop.objects.prefetch_related("questions").first() or Shop()
    is_own = bool(shop.name) and not ("shop" in sample and sample["shop"].untouched)
    return [
        _sample(sample),
        _look(shop, is_own),
        _first_words(shop, is_own, "question" in sample),
        _contact(shop, is_own),
        _hours(),
        _provider(),
        _limits(sample),
        _articles(sample),
        _first_answer(),
    ]


def _sample(sample: dict[str, sample_rows.Found]) -> Step:
    left = sum(len(each.untouched) + len(each.edited) for each in sample.values())
    words = (
        f"{left} entries of the sample shop are still here: customers get its answers."
        if left
        else "The sample shop has been removed."
    )
    return Step(
        "Remove the sample shop",
        not left,
        words,
        "See what will be removed" if left else "",
        reverse("first_steps:remove_sample"),
    )


def _look(shop: Shop, is_own: bool) -> Step:
    lacks = [
        name
        for name, has in (
            ("a name", is_own),
            ("a logo", bool(shop.logo)),
            ("a colour", bool(shop.accent)),
        )
        if not has
    ]
    words = f"Still missing: {', '.join(lacks)}." if lacks else f"The site is {shop.name}'s."
    return Step("Name, logo and colour", is_own, words, "Set them, with a preview", _shop_page())


def _first_words(shop: Shop, is_own: bool, has_sample_questions: bool) -> Step:
    questions = shop.questions.count() if shop.pk else 0
    done = is_own and bool(shop.greeting) and bool(questions) and not has_sample_questions
    words = (
        f"A greeting and {questions} question{'s' if questions > 1 else ''} to begin with."
        if done
        else "What an empty chat says, and the questions it suggests."
    )
    return Step("Greeting and suggested questions", done, words, "Write them", _shop_page())


def _contact(shop: Shop, is_own: bool) -> Step:
    done = is_own and shop.is_reachable
    words = "How customers reach you without the chat: e-mail, telephone, address."
    return Step("Contact", done, words, "Enter it", _shop_page())


def _hours() -> Step:
    spans = OpeningHours.objects.count()
    team = TeamCalendar.objects.first() or TeamCalendar(time_zone=settings.TIME_ZONE)
    words = (
        "Customers who ask for a person are told when your team is back. The hours are those of"
        f" {team.time_zone}, as set under Team calendars."
        if spans
        else "Without hours, customers who ask for a person are not told when your team is back."
    )
    return Step(
        "Opening hours",
        bool(spans),
        words,
        "Set them",
        reverse("admin:business_hours_openinghours_changelist"),
    )


def _provider() -> Step:
    """The key stays in the environment: here it is only tried."""
    if settings.DEMO_MODEL:
        words = (
            "Answers come from the demo model. Start the site with OPENAI_API_KEY set, or"
            " OPENAI_BASE_URL for another provider; the key is never stored or shown here."
        )
        return Step("The provider's key", False, words, "")
    newest = Reading.objects.first()
    if newest is None:
        words = "Not tried yet."
    elif newest.problem:
        words = newest.problem
    else:
        words = f"{settings.OPENAI_BASE_URL} answers and lists {newest.listed} models."
    return Step(
        "The provider's key",
        newest is not None and not newest.problem,
        words,
        "Test it now",
        action=reverse("first_steps:test_provider"),
    )


def _limits(sample: dict[str, sample_rows.Found]) -> Step:
    own = Budget.objects.filter(active=True, scope=Budget.Scope.SITE)
    day = own.filter(period=Period.DAY).first()
    done = day is not None and not ("budget" in sample and sample["budget"].untouched)
    words = (
        f"The site may spend {money.shown(day.limit)} a day."
        if day
        else "No budget limits what the site spends in a day."
    )
    return Step(
        "Spending limits", done, words, "Budgets", reverse("admin:billing_budget_changelist")
    )


def _articles(sample: dict[str, sample_rows.Found]) -> Step:
    of_sample = len(sample["article"].untouched) if "article" in sample else 0
    own = Article.objects.published().count() - of_sample
    waiting = Article.objects.filter(published=False).count()
    if own > 0:
        words = f"{own} published. The assistant answers from them."
    elif waiting:
        words = f"{waiting} of your own, none published yet. The assistant reads published ones."
    else:
        words = "None of your own yet. The assistant answers from your articles."
    return Step(
        "Articles", own > 0, words, "Write or import", reverse("admin:knowledge_article_changelist")
    )


def _first_answer() -> Step:
    complete = {"role": Message.Role.ASSISTANT, "state": Message.State.COMPLETE}
    answered = Message.objects.filter(**complete).exists()
    words = "Ask a question as a customer would, and read the answer."
    return Step("A first test question", answered, words, "Open the chat", reverse("chat:new"))


def _shop_page() -> str:
    return reverse("admin:shop_shop_changelist")
