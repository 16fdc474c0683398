"""`make run`: the whole product in the foreground, until somebody ends it."""

import argparse
import contextlib
import fcntl
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

import requests

from launcher.child import die_with_parent
from launcher.console import LogWatcher, Terminal, say
from launcher.environment import read_env_file
from launcher.folders import Folders, UnsafeFolder
from launcher.ports import is_free, next_free_port
from launcher.spawning import PROJECT_FOLDER
from launcher.stack import ManageFailed, Stack
from launcher.supervisor import ProcessFailed

PORTS = {"PORT": 8000, "SANDBOX_PORT": 8088}
LARGEST_PORT = 65535
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WATCH_SECONDS = 0.5
SANDBOX_WEBHOOK_PATH = "/chat-gateway/v1/webhooks/sandbox-webhook"
SANDBOX_API_KEY = "sandbox-api-key"  # documented: it guards a simulation
SANDBOX_EVENT_VERSION = "Chat Gateway v1.0"
SANDBOX_TIMEOUT_SECONDS = 10
ONLY_SHOWN_ONCE = (
    "(shown when it was made; to set another: "
    ".venv/bin/python manage.py changepassword admin)"
)


class CannotRun(Exception):
    """Something is in the way. The text says what, and what to do."""


class StopRequested(BaseException):
    """A signal asked for the end. Not an Exception: nobody shall swallow it."""


class Stopper:
    """Turns the first signal into StopRequested and the second into SIGKILL."""

    def __init__(self) -> None:
        self.stack: Stack | None = None
        self._asked = False

    def install(self) -> None:
        """Take over the signals that end a program, except for one under nohup."""
        for number in STOP_SIGNALS:
            is_nohup = signal.getsignal(number) is signal.SIG_IGN
            if number != signal.SIGHUP or not is_nohup:
                signal.signal(number, self._handle)

    def _handle(self, number: int, _: FrameType | None) -> None:
        if not self._asked:
            self._asked = True
            raise StopRequested(signal.Signals(number).name)
        if self.stack is not None:
            self.stack.kill_all()


def main(arguments: list[str]) -> int:
    """Run until stopped; return the exit code."""
    options = _parse(arguments)
    if options.parent:
        die_with_parent(parent_pid=options.parent, signal_number=signal.SIGTERM)
    logging.basicConfig(level=logging.WARNING, format="  %(message)s")
    logging.raiseExceptions = False  # the terminal may be gone while we stop
    stopper = Stopper()
    try:
        stopper.install()
        with only_one(options.data):
            run(data_folder=options.data, stopper=stopper)
    except StopRequested as request:
        say(f"Stopped, as {request} asked.")
        return 0
    except (CannotRun, UnsafeFolder, ManageFailed, ProcessFailed) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def run(*, data_folder: Path, stopper: Stopper) -> NoReturn:
    """Start everything, show where it is, and watch it until StopRequested."""
    given = given_environment()
    ports = {name: chosen_port(given, name, PORTS[name]) for name in PORTS}
    require_free(ports)
    folders = Folders(data_folder.absolute())
    folders.create()
    stack = Stack(
        data_folder,
        port=ports["PORT"],
        sandbox_port=ports["SANDBOX_PORT"],
        extra_environment=given,
        on_tick=LogWatcher(folders.logs).look,
    )
    stopper.stack = stack
    terminal = Terminal()
    say(f"Starting {', '.join(stack.names)}. Their output: {folders.logs}/")
    try:
        with stack:
            seeded = stack.manage("seed_demo", "--sandbox-url", stack.sandbox_url)
            demo = json.loads(seeded.stdout)
            connect_sandbox(stack, webhook_url=demo["webhookUrl"])
            say(welcome(stack, demo))
            while not terminal.is_gone():
                stack.raise_if_failed()
                time.sleep(WATCH_SECONDS)
            raise StopRequested("the closed terminal")
    finally:
        stack.stop()


def given_environment() -> dict[str, str]:
    """What the developer set: `.env`, and over it the real environment.

    HANDOVER_ENV_FILES, empty, leaves `.env` out, as it does in the settings.
    """
    has_file = os.environ.get("HANDOVER_ENV_FILES") != ""
    from_file = read_env_file(PROJECT_FOLDER / ".env") if has_file else {}
    both = from_file | os.environ
    return {name: value for name, value in both.items() if value}


def chosen_port(given: Mapping[str, str], name: str, default: int) -> int:
    """Return a port from the environment; raise CannotRun if it is none."""
    text = given.get(name, str(default))
    if not text.isdecimal() or not 0 < int(text) <= LARGEST_PORT:
        raise CannotRun(
            f"{name}={text} is no port: choose a number from 1 to {LARGEST_PORT}."
        )
    return int(text)


def require_free(ports: Mapping[str, int]) -> None:
    """Raise CannotRun naming every port that something else listens on."""
    if len(set(ports.values())) < len(ports):
        raise CannotRun("PORT and SANDBOX_PORT are the same: choose two numbers.")
    complaints = [
        f"Port {port} ({name}) is taken by another program. Stop that program, or "
        f"choose another port: {name}={next_free_port(port)} make run"
        for name, port in ports.items()
        if not is_free(port)
    ]
    if complaints:
        raise CannotRun("\n".join(complaints))


@contextlib.contextmanager
def only_one(data_folder: Path) -> Iterator[None]:
    """Refuse to run twice on the same data. The kernel undoes it at our death."""
    data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data_folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotRun(
                f"`make run` already runs in this folder (process {lock.read()}). "
                "Stop it with Ctrl-C where it runs, or use it."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def connect_sandbox(stack: Stack, *, webhook_url: str) -> None:
    """Have the simulated 8x8 send its callbacks to the demo endpoint."""
    # Both are on this machine, whatever the public address is.
    local_url = stack.local_url + urlsplit(webhook_url).path
    with requests.Session() as session:
        # A proxy of the environment does not reach this machine's own ports.
        session.trust_env = False
        try:
            answer = session.put(
                stack.sandbox_url + SANDBOX_WEBHOOK_PATH,
                headers={"x-api-key": SANDBOX_API_KEY},
                json={
                    "name": "Sandbox webhook",
                    "uri": local_url,
                    "version": SANDBOX_EVENT_VERSION,
                    "notificationVersion": SANDBOX_EVENT_VERSION,
                },
                timeout=SANDBOX_TIMEOUT_SECONDS,
            )
        except requests.RequestException as error:
            raise CannotRun(f"the sandbox does not answer: {error}") from error
    if not answer.ok:
        raise CannotRun(f"the sandbox refused its webhook: {answer.text[:300]}")


def welcome(stack: Stack, demo: Mapping[str, str]) -> str:
    """The block of addresses that a person starts from."""
    rows = {
        "Chat as a customer": demo.get("chatUrl"),
        "Answer as an agent": f"{stack.sandbox_url}/desktop/",
        "Admin": demo.get("adminUrl", f"{stack.base_url}/admin/"),
        "  user": demo.get("adminUser"),
        "  password": demo.get("adminPassword", ONLY_SHOWN_ONCE),
        "Bot API": f"{stack.base_url}/api/docs",
        "  API key": demo.get("apiKey", "(shown when it was made)"),
        "Endpoint URL": demo.get("endpointUrl"),
        "Webhook URL": demo.get("webhookUrl"),
    }
    lines = [f"  {label:20} {value}" for label, value in rows.items() if value]
    return "\n".join(
        ["", "Everything runs. Open:", "", *lines, "", "Ctrl-C stops all of it.", ""]
    )


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launcher run", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=PROJECT_FOLDER / "var", help="folder for all data"
    )
    parser.add_argument(
        "--parent", type=int, default=0, help="stop when this parent process is gone"
    )
    return parser.parse_args(arguments)
