"""Signing in to the admin: wrong passwords, known browsers, second factors, sessions."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from tests import receivers, services
from tests.guards import guards

PASSWORD = "a quiet Heron 7"


@pytest.fixture(autouse=True)
def _nobody_has_tried_yet(settings) -> None:
    cache.clear()


@pytest.fixture
def owner(db) -> User:
    return User.objects.create_superuser("owner", password=PASSWORD)


def signs_in(client: Client, password: str = PASSWORD, username: str = "owner") -> int:
    data = {"username": username, "password": password}
    return int(client.post("/admin/login/", data).status_code)


def code(secret: str) -> str:
    """What the owner's telephone shows now."""
    shown: str = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    return shown


def test_sixty_wrong_passwords_are_not_tried(owner, monkeypatch):
    hashed = []
    check = User.check_password

    def counted(user: User, password: str) -> bool:
        hashed.append(password)
        return check(user, password)

    monkeypatch.setattr(User, "check_password", counted)

    answers = [signs_in(Client(), f"wrong {number}") for number in range(60)]

    assert answers.count(429) == 54
    assert len(hashed) == 6
    assert signs_in(Client()) == 429


def test_parallel_posts_are_counted_each(transactional_db):
    User.objects.create_superuser("owner", password=PASSWORD)
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda n: signs_in(Client(), f"wrong {n}"), range(30)))

    assert answers.count(200) <= 6


def test_the_owner_comes_in_from_a_browser_that_is_known(owner):
    own = Client()
    assert signs_in(own) == 302
    own.post("/admin/logout/")

    for number in range(20):
        signs_in(Client(), f"wrong {number}")

    assert signs_in(own) == 302


def test_the_owner_comes_in_from_another_network(owner, settings):
    for number in range(20):
        signs_in(Client(REMOTE_ADDR="203.0.113.5"), f"wrong {number}")

    assert signs_in(Client(REMOTE_ADDR="198.51.100.7")) == 302


@guards("chatsite/staff/sign_in.py", "client_address.of(request)", 'request.META["REMOTE_ADDR"]')
@pytest.mark.parametrize("said", ["{}", "{}:4711", "192.0.2.1, {}", "[2001:db8:{}::1]:4711"])
def test_behind_a_proxy_it_is_the_network_that_the_proxy_saw(owner, settings, said):
    settings.TRUSTED_PROXIES = 1
    one, other = ("5", "7") if "db8" in said else ("203.0.113.5", "198.51.100.7")

    def browser(address: str) -> Client:
        return Client(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=said.format(address))

    for number in range(20):
        signs_in(browser(one), f"wrong {number}")

    assert signs_in(browser(one)) == 429
    assert signs_in(browser(other)) == 302


def test_a_known_browser_may_not_guess_for_ever(owner):
    own = Client()
    signs_in(own)
    own.post("/admin/logout/")

    answers = [signs_in(own, f"wrong {number}") for number in range(15)]

    assert answers.count(200) == 10


def test_a_known_browser_of_one_account_is_unknown_to_another(owner):
    User.objects.create_user("mia", password=PASSWORD, is_staff=True)
    mia = Client()
    signs_in(mia, username="mia")
    mia.post("/admin/logout/")

    assert [signs_in(mia, f"wrong {number}") for number in range(8)].count(200) == 6


def test_many_accounts_are_not_tried_from_one_network(owner):
    answers = [signs_in(Client(), username=f"user{number}") for number in range(40)]

    assert answers.count(429) == 10


def test_it_leads_to_where_one_wanted_to_go(owner):
    client = Client()
    page = client.get("/admin/auth/user/")
    assert page["Location"] == "/admin/login/?next=/admin/auth/user/"
    shown = client.get(page["Location"])
    assert b'name="username"' in shown.content

    fields = {"username": "owner", "password": PASSWORD, "next": "/admin/auth/user/"}
    answer = client.post("/admin/login/", fields)

    assert answer["Location"] == "/admin/auth/user/"


def test_a_second_factor_is_asked_for(owner):
    secret = TOTP.activate(owner, "JBSWY3DPEHPK3PXP").instance.data["secret"]
    client = Client()

    answer = client.post("/admin/login/", {"username": "owner", "password": PASSWORD})

    assert answer["Location"].startswith("/admin/account/2fa/authenticate/")
    assert client.get("/admin/").status_code == 302
    assert client.post(answer["Location"], {"code": "000000"}).status_code == 200
    assert client.get("/admin/").status_code == 302
    assert client.post(answer["Location"], {"code": code(secret)}).status_code == 302
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    "page",
    ["2fa/", "2fa/totp/activate/", "2fa/webauthn/add/", "sessions/", "reauthenticate/"],
)
def test_an_accounts_pages_are_there(owner, page):
    client = Client()
    signs_in(client)

    shown = client.get(f"/admin/account/{page}", follow=True)

    assert shown.status_code == 200
    assert b"Overview" in shown.content


def test_one_sees_and_ends_ones_other_sessions(owner):
    here, elsewhere = Client(), Client()
    signs_in(here)
    signs_in(elsewhere)
    assert here.get("/admin/account/sessions/").status_code == 200

    here.post("/admin/account/sessions/")

    assert here.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code == 302


def test_nobody_makes_an_account_by_themselves(db):
    page = Client().get("/admin/account/signup/")

    assert b"password1" not in page.content


def test_who_may_not_use_the_admin_is_told_so(db):
    User.objects.create_user("nora", password=PASSWORD)
    client = Client()
    signs_in(client, username="nora")

    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("password", ["staff123", "qwertyuiop", "1234567890123", "password1234"])
def test_a_password_that_is_guessed_is_refused(owner, password):
    client = Client()
    signs_in(client)
    fields = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}

    assert client.post("/admin/password_change/", fields).status_code == 200

    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


def test_it_goes_on_while_redis_is_away(owner, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "chatsite.runtime.cache.SharedCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    answers = [signs_in(Client(REMOTE_ADDR="203.0.113.9"), f"wrong {n}") for n in range(10)]

    assert answers.count(429) == 4
    assert signs_in(Client(REMOTE_ADDR="203.0.113.10")) == 302


@guards("chatsite/staff/accounts.py", "settings.SECOND_FACTOR_REQUIRED and", "False and")
def test_a_site_may_ask_everybody_for_a_second_factor(owner, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    client = Client()
    signs_in(client)

    for page in ("/admin/", "/admin/chat/conversation/", "/inbox/"):
        assert client.get(page)["Location"] == "/admin/account/2fa/"
    assert client.get("/admin/account/2fa/", follow=True).status_code == 200
    assert client.get("/admin/account/2fa/totp/activate/", follow=True).status_code == 200
    TOTP.activate(owner, "JBSWY3DPEHPK3PXP")
    assert client.get("/admin/").status_code == 200
    Authenticator.objects.all().delete()
    assert client.get("/admin/").status_code == 302


def test_its_second_factor_can_be_taken_from_a_colleague_who_lost_it(owner):
    TOTP.activate(owner, "JBSWY3DPEHPK3PXP")
    assert Authenticator.objects.filter(user=owner).exists()
    client = Client()
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    row = Authenticator.objects.get(user=owner)

    client.post(f"/admin/mfa/authenticator/{row.pk}/delete/", {"post": "yes"})

    assert signs_in(Client()) == 302


@pytest.mark.parametrize(
    "forwarded", ["2001:db8::{}", "[2001:db8::{}]:47{}1", "198.51.100.7:4{}", "_hidden{}"]
)
def test_another_spelling_of_one_network_buys_no_tries(owner, settings, forwarded):
    settings.TRUSTED_PROXIES = 1
    answers = [
        Client(headers={"x-forwarded-for": forwarded.replace("{}", str(number))}).post(
            "/admin/login/", {"username": "owner", "password": "wrong"}
        )
        for number in range(10)
    ]

    assert [answer.status_code for answer in answers].count(429) == 4


def test_behind_a_proxy_an_address_that_is_forged_or_none_buys_no_tries(owner, settings):
    settings.TRUSTED_PROXIES = 1
    forged = [f"198.51.100.{number}, unknown" for number in range(10)]

    answers = [
        Client(headers={"x-forwarded-for": each}).post(
            "/admin/login/", {"username": "owner", "password": "wrong"}
        )
        for each in forged
    ]

    assert [answer.status_code for answer in answers].count(429) == 4


@pytest.fixture
def mailbox(settings) -> Iterator[receivers.Mailbox]:
    with receivers.mailbox() as received:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", received.port
        yield received


@guards("chatsite/sign_in_settings.py", "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False", "")
def test_a_forgotten_password_is_mailed_to_who_has_an_account_alone(owner, mailbox):
    User.objects.filter(pk=owner.pk).update(email="owner@shop.example")
    page = "/admin/account/password/reset/"

    for address in ("stranger@mail.example", "owner@shop.example"):
        assert Client().post(page, {"email": address}).headers["Location"] == f"{page}done/"

    assert mailbox.recipients == ["TO:<owner@shop.example>"]


@guards("chatsite/staff/sign_in.py", "(smtplib.SMTPException, OSError) as error", "() as error")
def test_nobody_is_told_of_a_mail_that_no_server_took(owner, settings):
    User.objects.filter(pk=owner.pk).update(email="owner@shop.example")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", services.free_port()

    response = Client().post("/admin/account/password/reset/", {"email": "owner@shop.example"})

    assert response.status_code == 503
