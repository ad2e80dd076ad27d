"""Fixtures that more than one package's tests need."""

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import django_stubs_ext
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from billing import clock
from chatsite.provider.model_choice import successors
from chatsite.shop import current_shop
from routing import stored_site_profile

django_stubs_ext.monkeypatch()  # as chatsite/urls.py does, before a test imports an admin


# What says the same on either database runs beside one of them, so that both take as long and
# `make test` under 25 minutes. EVERYTHING=1 runs all on both.
ON_SQLITE_ALONE = (
    "answering/test_canned_answers.py", "browser", "chaos/test_power_cut.py", "demo",
    "first_steps", "foreign", "provider", "routing_mistakes", "routing", "runtime/test_start.py",
    "runtime/test_worker.py", "shop", "staff/test_single_sign_on.py",
    "tuning/test_evaluate_routing.py", "upgrade", "widget", "test_access.py", "test_docs.py",
    "test_every_address.py", "test_figures.py", "test_guards.py", "test_services.py",
)  # fmt: skip
ON_POSTGRESQL_ALONE = (
    "answering/test_other_servers.py", "answering/test_scoring_by_model.py", "api/test_schema.py",
    "chaos/test_chaos.py", "chat/test_languages.py", "llm", "markdown_parser", "offline",
    "quality", "runtime/test_beat.py", "runtime/test_clocks.py", "runtime/test_web.py",
    "staff/test_queries_by_hand.py", "summaries", "test_dependencies.py",
    "test_deployment.py",
)  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("EVERYTHING"):
        return
    elsewhere = ON_SQLITE_ALONE if connection.vendor == "postgresql" else ON_POSTGRESQL_ALONE
    here = Path(__file__).parent
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        path = item.path.relative_to(here).as_posix()
        is_elsewhere = any(path == each or path.startswith(f"{each}/") for each in elsewhere)
        # Who names a file means it.
        named = any(item.path.name in each for each in config.args)
        (left_out if is_elsewhere and not named else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """SQLite in a file, as in production: threads share one, and not an in-memory database."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(Path(settings.VAR_DIR) / "test.sqlite3")


def emptying(style: object, tables: Sequence[str], **options: object) -> list[str]:
    """Statements that delete all rows, past what forbids it: keys, and tables that only grow."""
    names = [connection.ops.quote_name(table) for table in tables]
    if not names:
        return []
    each = (f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        deleting = [f"DELETE FROM {name}" for (name,) in cursor.fetchall()]
    if connection.vendor == "sqlite":
        return deleting
    role = "SET LOCAL session_replication_role"
    return [f"{role} = replica", *deleting, f"{role} = DEFAULT"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """PostgreSQL drops no database that a thread is still connected to, even an idle one.

    After each test with transactions Django empties all tables, and asks each app for its content
    types and permissions anew: half of such a test's time. They are kept and put back as they were,
    and only tables that have rows are emptied: a hundred take PostgreSQL a quarter of a second.
    """
    with django_db_blocker.unblock():
        types, permissions = list(ContentType.objects.all()), list(Permission.objects.all())

    def put_back(*args: object, **kwargs: object) -> None:
        ContentType.objects.clear_cache()
        ContentType.objects.bulk_create(types)
        Permission.objects.bulk_create(permissions)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.management.commands.flush.emit_post_migrate_signal", put_back)
        patch.setattr(connection.ops, "sql_flush", emptying)
        yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def _static_files_as_they_are(settings) -> None:
    """Templates name static files without a manifest, which only `collectstatic` writes."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture(autouse=True)
def _passwords_cost_nothing(settings) -> None:
    """0.2 s each by the first of the site's own, which stand behind it."""
    quick = "django.contrib.auth.hashers.MD5PasswordHasher"
    settings.PASSWORD_HASHERS = [quick, *settings.PASSWORD_HASHERS]


@pytest.fixture(autouse=True)
def _nothing_is_known_of_another_tests_rows(monkeypatch) -> None:
    successors.used_since.cache_clear()
    stored_site_profile.forget()
    # However slow the machine: who counts queries reads them first.
    monkeypatch.setattr(stored_site_profile, "BELIEVED", 3600.0)
    monkeypatch.setattr(clock, "ASKED_EVERY", 3600.0)
    current_shop.forget()


def add_first_policy() -> None:
    import_module("routing.migrations.0002_first_policy_and_hazards").first_policy(
        apps, SimpleNamespace(connection=connection)
    )


@pytest.fixture
def first_policy(transactional_db) -> None:
    """What migrations put into the tables: a test with transactions leaves them empty."""
    add_first_policy()
