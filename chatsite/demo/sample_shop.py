"""The sample shop: loaded once, then the site's own to change."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from billing.budgets.periods import Period
from billing.models import Budget
from chatsite.answer_tests import csv_files
from chatsite.answer_tests.models import CaseSet
from chatsite.demo import sample_rows
from chatsite.knowledge.models import Article
from chatsite.shop import current_shop
from chatsite.shop.models import FirstQuestion, Shop
from chatsite.staff import accounts, roles
from routing.models import TaskType

SHOP = Path(__file__).parent / "shop"
ARTICLES = SHOP / "articles"
TASK_TYPES = SHOP / "task_types.json"
# By the name of their set. Before each saving a few: with a real model they cost money, once.
TESTS = {
    "Sample shop": SHOP / "tests.csv",
    "Sample shop, before saving": SHOP / "tests-before-saving.csv",
}
BEFORE_SAVING = "Sample shop, before saving"
# Its name, first words and first questions.
FRONT = SHOP / "front.json"

DOLLAR = 1_000_000_000  # nano-dollars
A_DAY = 10 * DOLLAR
# An hour may cost a fifth of the day, and a network a tenth of either: nobody spends everybody's
# budget, from however many browsers. A network that spends much is given short, cheap answers.
AN_HOUR = A_DAY // 5
OF_A_NETWORK = {"economise_from": None, "cheap_only_from": 30}
BUDGETS: list[tuple[str, str, str, int, dict[str, int | None]]] = [
    ("Site, each hour", Budget.Scope.SITE, Period.HOUR, AN_HOUR, {"reserve": 40}),
    ("Site, each day", Budget.Scope.SITE, Period.DAY, A_DAY, {}),
    ("Site, each month", Budget.Scope.SITE, Period.MONTH, 10 * A_DAY, {}),
    ("Each conversation", Budget.Scope.CONVERSATION, Period.TOTAL, DOLLAR, {}),
    # The visitor allowance: no free model for the world. A day's is some 25 answers of the strong
    # tier, or 800 of the cheap one. Another cookie is another visitor, but not another network.
    ("Each visitor, each day", Budget.Scope.VISITOR, Period.DAY, DOLLAR // 2, {}),
    (
        "Each network, each hour",
        Budget.Scope.ADDRESS,
        Period.HOUR,
        AN_HOUR // 10,
        OF_A_NETWORK,
    ),
    ("Each network, each day", Budget.Scope.ADDRESS, Period.DAY, A_DAY // 10, OF_A_NETWORK),
]
ACCOUNTS = {"admin": "", "staff": roles.STAFF, "operator": roles.OPERATORS}


@dataclass(frozen=True, slots=True)
class New:
    """What `load` has added; `passwords` by account."""

    articles: int
    budgets: int
    task_types: int
    tests: int
    passwords: dict[str, str]


@transaction.atomic
def load() -> New:
    """Add what is not there by its slug or name. What is there stays as it was edited."""
    articles = [_article(path) for path in sorted(ARTICLES.glob("*.md"))]
    budgets = [_budget(*said) for said in BUDGETS]
    _front(json.loads(FRONT.read_text()))
    task_types = [_task_type(each) for each in json.loads(TASK_TYPES.read_text())]
    tests = [_tests(name, path) for name, path in TESTS.items()]
    passwords = {name: accounts.create(name, group) for name, group in ACCOUNTS.items()}
    return New(
        articles=sum(articles),
        budgets=sum(budgets),
        task_types=sum(task_types),
        tests=sum(tests),
        passwords={name: password for name, password in passwords.items() if password},
    )


def _article(path: Path) -> bool:
    """Whether it was missing. A file is `03-shipping-costs.md`, and its first line `# Title`."""
    title, _, body = path.read_text(encoding="utf-8").partition("\n")
    article, created = Article.objects.get_or_create(
        slug=path.stem.partition("-")[2],
        defaults={"title": title.removeprefix("# ").strip(), "body": body.strip()},
    )
    if created:
        sample_rows.note("article", article)
    return created


def _tests(name: str, path: Path) -> int:
    """How many were added: none to a set that is there, which stays as it was edited."""
    tests, is_new = CaseSet.objects.get_or_create(
        name=name, defaults={"guards": name == BEFORE_SAVING}
    )
    if not is_new:
        return 0
    sample_rows.note("tests", tests)
    return csv_files.read(path.read_text(encoding="utf-8"), tests)


def _budget(name: str, scope: str, period: str, limit: int, more: dict[str, int | None]) -> bool:
    """Whether it was missing."""
    budget, created = Budget.objects.get_or_create(
        name=name, defaults={"scope": scope, "period": period, "limit": limit, **more}
    )
    if created:
        sample_rows.note("budget", budget)
    return created


def _front(given: dict[str, Any]) -> None:
    """Where nobody has said anything about the shop yet."""
    if Shop.objects.exists():
        return
    shop = Shop.objects.create(**given["shop"])
    sample_rows.note("shop", shop)
    for position, question in enumerate(given["questions"], 1):
        row = FirstQuestion.objects.create(shop=shop, position=position, **question)
        sample_rows.note("question", row)
    transaction.on_commit(current_shop.forget)


def _task_type(given: dict[str, Any]) -> bool:
    """Whether it was missing."""
    task_type, created = TaskType.objects.get_or_create(
        name=given["name"],
        defaults={
            "description": given["description"],
            "examples": "\n".join(given["examples"]),
            "tier": given["suggested_tier"] or "",
            "approved_answer": given["approved_answer"],
            "cacheable": given["cacheable"],
        },
    )
    if created:
        sample_rows.note("task_type", task_type)
    return created
