"""Every setting of the site: Django's and its packages' here, the product's own and those of how
staff sign in beside it. What differs between machines is read from the environment.
"""

import os
import secrets
from pathlib import Path

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from chatsite import env
from chatsite.product_settings import *  # noqa: F403
from chatsite.product_settings import BEHIND_HTTPS
from chatsite.sign_in_settings import *  # noqa: F403
from chatsite.sign_in_settings import SINGLE_SIGN_ON_APPS

# So that `ModelAdmin[Message]` means at run time what it means to the type checker; here, as
# commands import templates' tags, and by them admins, before any URL.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
# What the running product writes: the SQLite file, the secret key, the embedded Redis's data.
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))
try:
    VAR_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"VAR_DIR={VAR_DIR} cannot be created: {error.strerror}") from error


SECRET_KEY = env.secret_key("SECRET_KEY", VAR_DIR)
DEBUG = env.flag("DEBUG")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
# Origins that may post forms and open the socket beside those of ALLOWED_HOSTS.
CSRF_TRUSTED_ORIGINS = env.words("TRUSTED_ORIGINS")
for origin in CSRF_TRUSTED_ORIGINS:
    if not origin.startswith(("http://", "https://")):
        raise ImproperlyConfigured(f"TRUSTED_ORIGINS={origin!r} does not start with https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_HTTPS
if BEHIND_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # Asked from within, past the proxy.
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    # With the prefix, browsers take a cookie from this host over HTTPS alone.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
# HSTS for subdomains, and browsers' lists of it: what else is under this name is not ours to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    # Discovered by urls.py: workers need no admin, and are 30 MB smaller without.
    "chatsite.staff.admin_site.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "chatsite.shop",
    "chatsite.staff",
    "chatsite.runtime",
    "chatsite.knowledge",
    "chatsite.provider",
    "chatsite.chat",
    "chatsite.inbox",
    "chatsite.widget",
    "chatsite.api",
    "chatsite.webhooks",
    "chatsite.mail",
    "chatsite.business_hours",
    "chatsite.answering",
    "chatsite.quality",
    "chatsite.monitor",
    "chatsite.answer_tests",
    "chatsite.routing_mistakes",
    "chatsite.monthly_report",
    "chatsite.summaries",
    "chatsite.offline",
    "chatsite.demo",
    "chatsite.tuning",
    "chatsite.operations",
    "chatsite.first_steps",
    "routing",
    "billing",
    "billing.alerts",
    "billing.bills",
    *SINGLE_SIGN_ON_APPS,
]

MIDDLEWARE = [
    "chatsite.operations.json_logs.request_ids",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "chatsite.runtime.bad_request_middleware.Refusing",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "chatsite.chat.web.languages.customers_language",
    "django.middleware.common.CommonMiddleware",
    "chatsite.chat.web.visitors.without_csrf_where_a_token_proves",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "chatsite.staff.accounts.safe_account_first",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "chatsite.answer_tests.save_confirmation_middleware.AsksFirst",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # {% translate %} in every template.
            "builtins": ["django.templatetags.i18n"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chatsite.context_processors.site",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja2"],
        "OPTIONS": {"environment": "chatsite.chat.web.jinja_templates.environment"},
    },
]

# As PostgreSQL lists who is connected: each process has a name of its own, on whichever machine.
PROGRAM = "chatsite"
# That one process holds at most, of PostgreSQL's 100; who finds none free waits.
DATABASE_CONNECTIONS = env.number("DATABASE_CONNECTIONS", 10, 2, 1000)
# SQLite by default; a URL of PostgreSQL for more than one machine.
DATABASE_URL = env.url(
    "DATABASE_URL", f"sqlite:///{VAR_DIR}/chat.sqlite3", {"sqlite", "postgres", "postgresql"}
)
# No thread keeps its connection: under ASGI each request has a thread, which its own would outlive
# (Django's ticket #33497, closed by a warning).
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=0)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "chatsite.runtime.sqlite"
    if DATABASE_URL.startswith(f"sqlite:///{VAR_DIR}/") and not os.access(VAR_DIR, os.W_OK):
        raise ImproperlyConfigured(f"VAR_DIR={VAR_DIR} cannot be written to")
    DATABASES["default"]["OPTIONS"] = {
        # Deferred transactions under 8 writers: 1,291 of 2,400 "locked"; immediate (#29280): 0.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: what is acknowledged is on disk. With NORMAL a power cut took 13 of 49 acknowledged
        # messages and their charges; a commit takes 0.4 ms instead of 0.03, and writers share it.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        " PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728",
    }
else:
    INSTALLED_APPS.append("django.contrib.postgres")
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        "application_name": f"{PROGRAM} {secrets.token_hex(4)}",
        # Connections of one process. PostgreSQL takes 100 by default.
        "pool": {
            "min_size": 1,
            "max_size": DATABASE_CONNECTIONS,
            "timeout": 10,
            "max_idle": 60,
            # Seconds. The pool doubles its waits between two tries for as long: by itself 5
            # minutes, so that a site served again 24 s after PostgreSQL was, away for 100 s.
            "reconnect_timeout": 10,
        },
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.url("REDIS_URL", "redis://127.0.0.1:6379/0", {"redis", "rediss"})

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Redis that is full, or a copy that takes no writes, comes back as one that was away does.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "max_retries": 1}
CELERY_TASK_IGNORE_RESULT = True
# Hints only: the reply row is the job, so a redelivery is never wanted.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_DEFAULT_QUEUE = "chatsite"
# Not kept until acknowledged either, which costs a worker two more exchanges with Redis each.
CELERY_TASK_QUEUES = [Queue(CELERY_TASK_DEFAULT_QUEUE, no_ack=True)]
CELERY_WORKER_POOL = "threads"
# More than the schedule's long tasks at once, so that a hint finds a thread free; one that is never
# needed is never started.
CELERY_WORKER_CONCURRENCY = 16
CELERY_WORKER_PREFETCH_MULTIPLIER = 16
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SEND_TASK_EVENTS = False

_mail_server = env.mail_server("EMAIL_URL")
EMAIL_HOST, EMAIL_PORT = _mail_server.host, _mail_server.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail_server.user, _mail_server.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail_server.tls, _mail_server.ssl
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "chatsite@localhost")

LANGUAGE_CODE = env.language("LANGUAGE_CODE", "en")
TIME_ZONE = env.time_zone("TIME_ZONE", "Europe/Amsterdam")
USE_I18N = True
# What customers may read: each in its own name, as they look for it.
LANGUAGES = [
    ("en", "English"),
    ("ar", "العربية"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("ja", "日本語"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("tr", "Türkçe"),
    ("zh-hans", "简体中文"),
]
if LANGUAGE_CODE not in dict(LANGUAGES):
    LANGUAGES.append((LANGUAGE_CODE, LANGUAGE_CODE))
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "chatsite.staff.formats"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
# What customers and staff send along. No address leads there: each file is asked for by who may see
# its conversation.
ATTACHMENTS_DIR = Path(env.text("ATTACHMENTS_DIR", str(VAR_DIR / "attachments")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "attachments": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": ATTACHMENTS_DIR,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

CACHES = {"default": {"BACKEND": "chatsite.runtime.cache.SharedCache", "LOCATION": REDIS_URL}}

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", "DEBUG", "INFO", "WARNING", "ERROR")
LOG_FORMAT = env.choice("LOG_FORMAT", "line", "line", "json")
# With it, /metrics answers whoever gives it as a bearer's token.
METRICS_TOKEN = env.secret("METRICS_TOKEN")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "chatsite.operations.json_logs.Json"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {name: {"level": LOG_LEVEL} for name in ("chatsite", "routing", "billing")},
}
