"""Single sign-on: a site with an issuer of its own, and who comes in by it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

# Settings decide which apps there are, so that each case is a process; it prints what came of it.
CODE = """
import json, sys
from urllib.parse import parse_qs, urlsplit
import django; django.setup()
from django.contrib.auth.models import User
from django.test import Client
from chatsite.staff import roles
roles.grant()
User.objects.create_user("mia", "Mia@shop.example", "a quiet Heron 7", is_staff=True)
client = Client(headers={"host": "localhost"})
page = client.get("/admin/login/").content.decode()
link = "/admin/account/oidc/sso/login/"
asked = urlsplit(client.get(link)["Location"])
state = parse_qs(asked.query)["state"][0]
answer = client.get(link + "callback/", {"code": "c", "state": state})
forged = client.get(link + "callback/", {"code": "c", "state": "forged"})
print(json.dumps({
    "offered": f'href="{link}"' in page and "Log in with Larkspur" in page,
    "asked": asked.netloc,
    "where": answer.get("Location", ""),
    "admin": client.get("/admin/").status_code,
    "users": {user.username: [user.is_staff, [str(g) for g in user.groups.all()]]
              for user in User.objects.order_by("id")},
    "password stays": User.objects.get(username="mia").check_password("a quiet Heron 7"),
    "forged": forged.status_code,
}))
"""


class Issuer(BaseHTTPRequestHandler):
    """Vouches for whoever `claims` says."""

    claims: dict[str, object] = {}

    def do_GET(self) -> None:
        url = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
        ends = ("authorization", "token", "userinfo")
        found = {f"{end}_endpoint": f"{url}/{end}" for end in ends}
        known = {"issuer": url, "jwks_uri": f"{url}/keys", **found}
        self._say(self.claims if self.path == "/userinfo" else known)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say({"access_token": "t", "token_type": "Bearer"})

    def _say(self, body: object) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def issuer() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Issuer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run(command: list[str], issuer: str, var: Path, role: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *command],
        env=os.environ
        | {
            "VAR_DIR": str(var),
            "DATABASE_URL": "",
            "DEBUG": "true",  # static files as they are
            "DJANGO_SETTINGS_MODULE": "chatsite.settings",
            "OPENID_CONNECT_URL": issuer,
            "OPENID_CONNECT_NAME": "Larkspur",
            "OPENID_CONNECT_CLIENT_ID": "chat",
            "OPENID_CONNECT_SECRET": "secret",
            "OPENID_CONNECT_ROLE": role,
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Its tables, without any rows of ours."""
    var: Path = tmp_path_factory.mktemp("site")
    run(["manage.py", "migrate", "--verbosity", "0"], "https://issuer.example", var, "")
    return var


@pytest.fixture
def var(site, tmp_path) -> Path:
    return Path(shutil.copytree(site, tmp_path / "var"))


def came(issuer: str, var: Path, role: str, **claims: object) -> dict[str, object]:
    Issuer.claims = {"sub": "7", **claims}
    found: dict[str, object] = json.loads(run(["-c", CODE], issuer, var, role).splitlines()[-1])
    return found


def test_an_account_is_found_by_the_address_that_the_issuer_has_verified(issuer, var):
    found = came(issuer, var, "", email="mia@shop.example", email_verified=True)

    assert found["offered"]
    assert found["asked"] == issuer.removeprefix("http://")
    assert (found["where"], found["admin"]) == ("/admin/", 200)
    assert list(found["users"]) == ["mia"]  # type: ignore[call-overload]
    assert found["password stays"]
    assert found["forged"] != 302


@pytest.mark.parametrize(
    ("role", "claims", "comes_in"),
    [
        ("", {"email": "mia@shop.example", "email_verified": False}, False),
        ("", {"email": "eve@evil.example", "email_verified": True}, False),
        ("staff", {"email": "eve@evil.example", "email_verified": False}, False),
        ("staff", {"email": "bo@shop.example", "email_verified": True}, True),
    ],
)
def test_nobody_else_comes_in_but_as_the_site_says(issuer, var, role, claims, comes_in):
    found = came(issuer, var, role, **claims)

    assert (found["admin"] == 200) is comes_in
    users = found["users"]
    assert isinstance(users, dict)
    assert list(users.values())[1:] == ([[True, ["staff"]]] if comes_in else [])
