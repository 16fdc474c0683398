"""`make run` with everything it starts."""

import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
import requests

from launcher.environment import read_env_file
from launcher.ports import free_port
from launcher.spawning import PROJECT_FOLDER
from tests.launcher.process_table import MARK, marked_processes
from tests.launcher.running import ForegroundRun, plain_environment, refused_run
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack
TIMEOUT_SECONDS = 20


def get(url: str) -> requests.Response:
    return requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False)


def test_everything_runs_and_ends_and_runs_again_on_the_same_data(
    tmp_path: Path,
) -> None:
    mark = uuid.uuid4().hex
    with ForegroundRun(tmp_path, **{MARK: mark}) as first:
        first.wait_until_everything_runs()
        assert len(first.shown("password")) >= 12
        chat_url = first.shown("Chat as a customer")
        for url in (chat_url, first.shown("Answer as an agent")):
            assert get(url).status_code == 200
        webhook = requests.get(
            f"http://127.0.0.1:{first.sandbox_port}"
            "/chat-gateway/v1/webhooks/sandbox-webhook",
            headers={"x-api-key": "sandbox-api-key"},
            timeout=TIMEOUT_SECONDS,
        ).json()
        path = first.shown("Webhook URL").partition(str(first.port))[2]
        assert webhook["uri"] == f"http://localhost:{first.port}{path}"

        again = refused_run(tmp_path)
        assert again.returncode == 1
        assert "already runs in this folder" in again.stderr

        assert first.end(signal.SIGINT) == 0, first.output
        wait_for(lambda: not marked_processes(mark), what="nothing is left")

    with ForegroundRun(tmp_path, **{MARK: mark}) as second:
        second.wait_until_everything_runs()
        assert "shown when it was made" in second.shown("password")
        token = chat_url.rstrip("/").rpartition("/")[2]
        assert second.shown("Chat as a customer").rstrip("/").endswith(token)
        assert second.end(signal.SIGKILL) == -signal.SIGKILL
        wait_for(lambda: not marked_processes(mark), what="nothing is left")


def test_manage_py_works_on_the_data_while_it_runs(tmp_path: Path) -> None:
    with ForegroundRun(tmp_path) as running:
        running.wait_until_everything_runs()
        done = subprocess.run(
            [
                *(sys.executable, "manage.py", "provision_endpoint"),
                *("--name", "second", "--api-key", "sandbox-api-key"),
                *("--base-url", f"http://127.0.0.1:{running.sandbox_port}"),
                *("--channel-id", "sandbox-channel", "--queue-id", "sandbox-queue"),
            ],
            cwd=PROJECT_FOLDER,
            env=plain_environment() | read_env_file(tmp_path / "env"),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)
        assert made["endpointUrl"].startswith(f"http://localhost:{running.port}/")
        assert running.end(signal.SIGTERM) == 0


def test_it_ends_when_the_make_that_started_it_is_killed(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    make = subprocess.Popen(
        [
            *("sh", "-c"),
            f"{sys.executable} -m launcher run --data {tmp_path} --parent $$ & wait",
        ],
        cwd=PROJECT_FOLDER,
        env=plain_environment(
            PORT=free_port(), SANDBOX_PORT=free_port(), **{MARK: mark}
        ),
        stdout=subprocess.DEVNULL,
    )
    with make:
        wait_for(lambda: len(marked_processes(mark)) > 5, what="processes run")
        os.kill(make.pid, signal.SIGKILL)
        wait_for(lambda: not marked_processes(mark), 60, what="nothing is left")
