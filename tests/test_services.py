"""The servers that the other tests stand on."""

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
import redis as redis_client
from django.conf import settings

from tests import services


def test_tests_have_a_redis_of_their_own():
    assert os.environ["REDIS_URL"] == settings.REDIS_URL
    assert redis_client.Redis.from_url(settings.REDIS_URL).ping()


def test_a_durable_redis_forgets_nothing_when_it_is_killed():
    with services.redis(durable=True) as server:
        redis_client.Redis.from_url(server.url).set("kept", "yes")

        server.kill()
        server.start()

        assert redis_client.Redis.from_url(server.url).get("kept") == b"yes"


@pytest.mark.skipif(
    os.environ.get("TEST_DATABASE") != "postgresql", reason="starts a PostgreSQL of its own"
)
def test_a_postgresql_leaves_neither_process_nor_directory():
    with services.postgresql() as server, psycopg.connect(server.url) as connection:
        assert connection.execute("select 1").fetchone() == (1,)

    assert server.process is not None
    assert server.process.poll() is not None
    assert not server.directory.exists()


def test_a_server_ends_with_a_process_that_is_killed(tmp_path):
    script = (
        "import time; from tests import services; "
        "server = services.redis(); server.start(); print(server.pid, flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())

    owner.kill()
    owner.wait()
    owner.stdout.close()

    deadline = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIG_DFL)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"
