"""`make run` in a clone: what a person does first."""

import os
import shutil
import signal
import subprocess
import threading
import uuid
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest
import requests

from launcher.ports import free_port
from launcher.spawning import PROJECT_FOLDER
from tests.end_to_end.talk import JsonObject, new_name
from tests.launcher.process_table import MARK, marked_processes
from tests.launcher.running import plain_environment
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack

NOT_IN_A_CLONE = (".venv", "var", ".git", ".env", "__pycache__", ".*_cache")
START_TIMEOUT_SECONDS = 180
STOP_TIMEOUT_SECONDS = 60
CALL_TIMEOUT_SECONDS = 30


class MakeRun:
    """`make run` in a terminal of its own, with what it prints."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            ["make", "run"],  # noqa: S607
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._reader.start()
        wait_for(
            lambda: "Ctrl-C stops" in self.output or self._process.poll() is not None,
            START_TIMEOUT_SECONDS,
            what="make run is up",
        )
        assert self._process.poll() is None, self.output
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_TIMEOUT_SECONDS)
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def shown(self, label: str) -> str:
        """What stands behind a label in the block of addresses."""
        for line in self.lines:
            if line.strip().startswith(f"{label} "):
                return line.strip().removeprefix(label).strip()
        raise AssertionError(f"{label} is not shown:\n{self.output}")

    def press_ctrl_c(self) -> None:
        """What a terminal does: SIGINT to everything in front. Waits for the end."""
        os.killpg(self._process.pid, signal.SIGINT)
        self._process.wait(STOP_TIMEOUT_SECONDS)
        wait_for(lambda: "Stopped" in self.output, what="its last word")

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.lines.append(line)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project as a clone has it, with the packages already there."""
    folder = tmp_path_factory.mktemp("clone") / "project"
    shutil.copytree(
        PROJECT_FOLDER, folder, ignore=shutil.ignore_patterns(*NOT_IN_A_CLONE)
    )
    (folder / ".venv").symlink_to((PROJECT_FOLDER / ".venv").resolve())
    return folder


def say(run: MakeRun, name: JsonObject, text: str) -> list[str]:
    """A user's turn at the demo endpoint."""
    answer = requests.post(
        run.shown("Endpoint URL"),
        json={**name, "text": text},
        timeout=CALL_TIMEOUT_SECONDS,
    )
    assert answer.status_code == 200, answer.text
    return [output["text"] for output in answer.json()["outputStack"]]


def history(run: MakeRun, name: JsonObject) -> JsonObject:
    """What the user's page would show."""
    document: JsonObject = requests.get(
        f"{run.shown('Endpoint URL')}/history",
        params=name,
        timeout=CALL_TIMEOUT_SECONDS,
    ).json()
    return document


def test_make_run_shows_a_conversation_keeps_it_and_leaves_nothing_running(
    clone: Path,
) -> None:
    mark = uuid.uuid4().hex
    environment = plain_environment(
        PORT=free_port(), SANDBOX_PORT=free_port(), **{MARK: mark}
    )
    name = {"userId": new_name("user"), "sessionId": new_name("session")}
    with MakeRun(clone, environment) as first:
        for label in ("Chat as a customer", "Answer as an agent", "Admin", "Bot API"):
            page = requests.get(first.shown(label), timeout=CALL_TIMEOUT_SECONDS)
            assert page.status_code == 200, label
        assert len(first.shown("password")) >= 12
        assert first.shown("API key").startswith("hk_")
        hold_demo_conversation(first, name)
        first.press_ctrl_c()
        wait_for(lambda: not marked_processes(mark), what="nothing is left")
    said = ["I want a person", "Hello, this is Ada", "You are back with me"]
    endpoint_url = urlsplit(first.shown("Endpoint URL")).path
    with MakeRun(clone, environment) as second:
        assert urlsplit(second.shown("Endpoint URL")).path == endpoint_url
        assert "shown when it was made" in second.shown("password")
        kept = history(second, name)
        assert kept["handover"]["status"] == "completed"
        for text in said:
            found = [line for line in kept["messages"] if text in line["text"]]
            assert len(found) == 1, text
        assert say(second, name, "Hello")[0].startswith("Hello!")
        second.press_ctrl_c()
        wait_for(lambda: not marked_processes(mark), what="nothing is left")


def hold_demo_conversation(run: MakeRun, name: JsonObject) -> None:
    """Ask for a person, get one, and come back to the bot."""
    sandbox = run.shown("Answer as an agent").removesuffix("/desktop/")

    def agent(act: str, conversation_id: str, **body: str) -> None:
        answer = requests.post(
            f"{sandbox}/sandbox/agents/ada/{act}",
            json={"conversationId": conversation_id, **body},
            timeout=CALL_TIMEOUT_SECONDS,
        )
        assert answer.ok, answer.text

    def status_is(status: str) -> bool:
        return bool((history(run, name)["handover"] or {}).get("status") == status)

    assert say(run, name, "I want a person")[0] == "I am getting a person for you."
    wait_for(lambda: status_is("queue"), what="it waits")
    listed = requests.get(f"{sandbox}/sandbox/conversations", timeout=30).json()
    (conversation,) = listed["conversations"]
    agent("accept", conversation["id"])
    agent("message", conversation["id"], text="Hello, this is Ada")
    agent("end", conversation["id"])
    wait_for(
        lambda: any(
            line["text"].startswith("You are back")
            for line in history(run, name)["messages"]
        ),
        what="the bot is back",
    )
    assert status_is("completed")
