"""The product beside its peers and the relay, in one run: `python -m tests.load.peers`.

Each peer has a virtual environment of its own in `var/peers`, with the versions that the file of
its name says, and is installed when it is first measured: three of them take 1 GB together, Open
WebUI 2.6 GB with PyTorch for CPUs. All have the same provider and the same chats, in turn, in each
round; shown is of each the round in which others took least of the machine. A peer that cannot be
installed or does not answer is named and left out.
"""

import argparse
import asyncio
import json
import os
import shlex
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests import services
from tests.load import phases, run
from tests.load.chats import Chat
from tests.load.peers.clients import Completions, OpenWebUI, SocketIO
from tests.load.phases import Phase, Site
from tests.stack import ROOT, Process
from tests.tables import show
from tests.waiting import until

HERE = Path(__file__).parent
CHATS = 50
SETTLED = 2.0  # seconds; the one before still writes what it has put off
KEY = "sk-7f1d0a9c5b2e4d6f8a3c1e5b9d7f2a4c"  # made up: LiteLLM starts with no weaker one
READY_WITHIN = 180.0  # seconds; Open WebUI compiles and sets up its database
PACES = (run.AT_ONCE, run.STREAM)


def own_key(url: str) -> str:
    return KEY


def signed_in(url: str) -> str:
    """The key of Open WebUI's only user. Raises OSError."""
    body = b'{"email": "", "password": ""}'
    address, kind = f"{url}/api/v1/auths/signin", {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, body, kind), timeout=30) as said:
        key = str(json.load(said)["token"])
    # Until somebody has looked at the list of models it knows none.
    models = urllib.request.Request(f"{url}/api/models", headers={"Authorization": f"Bearer {key}"})
    urllib.request.urlopen(models, timeout=30).close()
    return key


@dataclass(frozen=True, slots=True)
class Peer:
    title: str
    command: str  # from its environment's `bin`
    ready: str  # a path that answers once it does
    chat: type[Chat]
    key: Callable[[str], str] = own_key
    environment: Mapping[str, str] = field(default_factory=dict)


PEERS = {
    "langchain": Peer(
        "FastAPI, LangChain",
        f"uvicorn --app-dir {HERE} langchain_app:app --port {{port}}",
        "/docs",
        Chat,
    ),
    "chainlit": Peer(
        "Chainlit",
        f"chainlit run {HERE}/chainlit_app.py --headless --host 127.0.0.1 --port {{port}}",
        "/",
        SocketIO,
    ),
    "litellm": Peer(
        "LiteLLM proxy",
        f"litellm --config {HERE}/litellm.yaml --host 127.0.0.1 --port {{port}}",
        "/health/liveliness",
        Completions,
        environment={"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MASTER_KEY": KEY},
    ),
    "openwebui": Peer(
        "Open WebUI",
        "open-webui serve --host 127.0.0.1 --port {port}",
        "/health",
        OpenWebUI,
        signed_in,
        {
            "WEBUI_AUTH": "False",
            "WEBUI_SECRET_KEY": KEY,
            "OPENAI_API_CONFIGS": '{"0": {"model_ids": ["gpt-3.5-turbo"]}}',
            "ENABLE_OLLAMA_API": "False",
            "RAG_EMBEDDING_ENGINE": "openai",  # else it fetches a model
            "OFFLINE_MODE": "True",
        },
    ),
}


class LeftOut(Exception):
    """Why a peer cannot be measured."""


def install(name: str) -> Path:
    """The directory of its programs. Raises LeftOut."""
    wanted, folder = HERE / f"{name}.txt", ROOT / "var" / "peers" / name
    installed = folder / "installed.txt"
    if installed.exists() and installed.read_text() == wanted.read_text():
        return folder / "bin"
    sys.stderr.write(f"Installing {name} into {folder.relative_to(ROOT)} ...\n")
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([*pip, "--disable-pip-version-check", "--requirement", wanted], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise LeftOut(f"cannot be installed: {error}") from error
    installed.write_text(wanted.read_text())
    return folder / "bin"


def start(name: str, provider: str, var: Path, started: ExitStack) -> Site:
    """Raises LeftOut."""
    peer, programs, folder = PEERS[name], install(name), var / name
    port = services.free_port()
    url = f"http://127.0.0.1:{port}"
    folder.mkdir()
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "HOME": str(folder),
        "DATA_DIR": str(folder),
        "CHAINLIT_APP_ROOT": str(folder),
        "NO_PROXY": "*",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": f"{provider}/v1",
        "OPENAI_API_BASE_URL": f"{provider}/v1",
        **peer.environment,
    }
    program, *options = shlex.split(peer.command.format(port=port))
    # What it writes where it was started goes there too.
    command = ["env", f"--chdir={folder}", str(programs / program), *options]
    process = Process(name, command, environment, var / f"{name}.log")
    started.callback(process.stop)
    process.start()
    with suppress(AssertionError):
        until(lambda: answers(url + peer.ready) or not process.running, READY_WITHIN)
    if not answers(url + peer.ready):
        raise LeftOut("does not start:\n" + "\n".join(process.said().splitlines()[-5:]))
    try:
        return Site(url, peer.key(url), ((name, process.pid),), peer.chat)
    except OSError as error:
        raise LeftOut(f"gives no key: {error}") from error


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except OSError:
        return False
    return True


def row(title: str, site: Site, found: Sequence[Phase]) -> dict[str, object]:
    own = [name for name, _ in site.processes if name != "provider"]
    at_once, streamed = (
        min((one for one in found if one.pace == pace), key=lambda one: one.taken) for pace in PACES
    )
    return {
        "": title,
        "messages/s": at_once.per_second,
        "CPU ms a message": f"{sum(map(at_once.cpu_per_message, own)):.2f}",
        "send to provider p50 / p95, ms": at_once.to_provider,
        "streamed: CPU ms a message": f"{sum(map(streamed.cpu_per_message, own)):.2f}",
        "streamed: send to provider p50 / p95, ms": streamed.to_provider,
        "streamed: every word p95, ms": streamed.every_token.p95,
        "lost in all rounds": sum(len(one.lost) for one in found),
        "taken by others": f"{at_once.disturbed}, {streamed.disturbed}",
    }


async def measured(names: Sequence[str], seconds: float, rounds: int) -> None:
    async with run.started(seconds) as this:
        with ExitStack() as started:
            sites = {"product": this.product, "relay": this.relay}
            provider = ("provider", this.stack.upstream.pid)
            for name in names:
                try:
                    site = start(name, this.stack.upstream_url, this.stack.var, started)
                    await _warmed(site)
                except LeftOut as why:
                    sys.stdout.write(f"{PEERS[name].title} is left out: it {why}\n")
                    continue
                processes = (*site.processes, provider)
                sites[PEERS[name].title] = Site(site.url, site.cookie, processes, site.chat)
            found: dict[str, list[Phase]] = {title: [] for title in sites}
            for _ in range(rounds):
                for title, site in sites.items():
                    await asyncio.sleep(SETTLED)
                    for pace in PACES:
                        found[title].append(await this.phase(site, CHATS, pace))
            rows = [row(title, site, found[title]) for title, site in sites.items()]
            show(f"{CHATS} chats: 20 tokens at once; streamed, 100 at 25 a second", rows)


async def _warmed(site: Site) -> None:
    """Asks one chat for an answer. Raises LeftOut."""
    try:
        async with asyncio.timeout(phases.PATIENCE):
            (chat,) = await phases.opened(site, 1)
            answer = await chat.ask(phases.QUESTION, phases.PATIENCE)
    except (OSError, TimeoutError) as error:
        raise LeftOut(f"does not answer: {error!r}") from error
    chat.close()
    if not answer.first:
        raise LeftOut("answers without the model's words")


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.load.peers", description=__doc__)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--seconds", type=float, default=10, help="measured in each phase")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    asyncio.run(measured(options.peers, options.seconds, options.rounds))


if __name__ == "__main__":
    main()
