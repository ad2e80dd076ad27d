"""Single sign-on: a site with an issuer of its own, and who comes in by it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.stack import prepared

# Settings decide which apps there are, so that each role is a process; it prints what came of each
# case. The code that a browser brings back is the case's number.
CODE = """
import json, sys
from urllib.parse import parse_qs, urlsplit
import django; django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
call_command("migrate", verbosity=0)  # single sign-on's own tables
link = "/admin/account/oidc/sso/login/"
others = set(User.objects.values_list("id", flat=True))
users = User.objects.exclude(id__in=others).order_by("id")

def came(case):
    users.all().delete()
    User.objects.create_user("mia", "Mia@shop.example", "a quiet Heron 7", is_staff=True)
    client = Client(headers={"host": "localhost"})
    page = client.get("/admin/login/").content.decode()
    asked = urlsplit(client.get(link)["Location"])
    state = parse_qs(asked.query)["state"][0]
    answer = client.get(link + "callback/", {"code": case, "state": state})
    forged = client.get(link + "callback/", {"code": case, "state": "forged"})
    return {
        "offered": f'href="{link}"' in page and "Log in with Larkspur" in page,
        "asked": asked.netloc,
        "where": answer.get("Location", ""),
        "admin": client.get("/admin/").status_code,
        "users": {user.username: [user.is_staff, [str(g) for g in user.groups.all()]]
                  for user in users.all()},
        "password stays": User.objects.get(username="mia").check_password("a quiet Heron 7"),
        "forged": forged.status_code,
    }

print(json.dumps([came(case) for case in range(int(sys.argv[1]))]))
"""


class Issuer(BaseHTTPRequestHandler):
    """Vouches for whoever `claims` says; each by the number that its code has."""

    claims: Sequence[dict[str, object]] = ()

    def do_GET(self) -> None:
        url = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
        ends = ("authorization", "token", "userinfo")
        found = {f"{end}_endpoint": f"{url}/{end}" for end in ends}
        known = {"issuer": url, "jwks_uri": f"{url}/keys", **found}
        if self.path == "/userinfo":
            case = int(self.headers["Authorization"].removeprefix("Bearer "))
            self._say({"sub": str(case), **self.claims[case]})
        else:
            self._say(known)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._say({"access_token": form["code"][0], "token_type": "Bearer"})

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


def came(issuer: str, var: Path, role: str, *claims: dict[str, object]) -> list[dict[str, Any]]:
    """What came of each of those who say so of themselves."""
    Issuer.claims = claims
    shutil.copytree(prepared("sqlite").var, var)
    said = run(["-c", CODE, str(len(claims))], issuer, var, role)
    found: list[dict[str, Any]] = json.loads(said.splitlines()[-1])
    return found


def test_only_whom_an_account_names_comes_in(issuer, tmp_path):
    known, unverified, stranger = came(
        issuer,
        tmp_path / "var",
        "",
        {"email": "mia@shop.example", "email_verified": True},
        {"email": "mia@shop.example", "email_verified": False},
        {"email": "eve@evil.example", "email_verified": True},
    )

    assert known["offered"]
    assert known["asked"] == issuer.removeprefix("http://")
    assert (known["where"], known["admin"]) == ("/admin/", 200)
    assert known["password stays"]
    assert known["forged"] != 302
    assert unverified["admin"] == stranger["admin"] == 302
    for each in (known, unverified, stranger):
        assert list(each["users"]) == ["mia"]


def test_where_a_role_is_given_a_verified_address_makes_an_account(issuer, tmp_path):
    unverified, verified = came(
        issuer,
        tmp_path / "var",
        "staff",
        {"email": "eve@evil.example", "email_verified": False},
        {"email": "bo@shop.example", "email_verified": True},
    )

    assert unverified["admin"] == 302
    assert list(unverified["users"]) == ["mia"]
    assert verified["admin"] == 200
    assert list(verified["users"].values())[1:] == [[True, ["staff"]]]
