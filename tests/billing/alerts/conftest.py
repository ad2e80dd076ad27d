"""The receivers of alerts, and a site that is set up to send to both."""

import pytest

from tests import receivers

SECRET = "of-the-tests-and-of-nobody-else"


@pytest.fixture
def hook(settings):
    with receivers.hook() as hook:
        settings.ALERT_WEBHOOK_URL = hook.url
        settings.ALERT_WEBHOOK_SECRET = SECRET
        yield hook


@pytest.fixture
def mailbox(settings):
    with receivers.mailbox() as mailbox:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
        settings.ALERT_EMAILS = ["boss@shop.example", "ops@shop.example"]
        yield mailbox
