"""Starting `launcher run` as a person does, apart from their settings."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from launcher.ports import free_port
from launcher.spawning import PROJECT_FOLDER
from launcher.stack import INHERITED_NAMES
from tests.stack.waiting import wait_for

START_TIMEOUT_SECONDS = 120
REFUSAL_TIMEOUT_SECONDS = 60
STOP_TIMEOUT_SECONDS = 60


def run_command(folder: Path) -> list[str]:
    """Command line of `make run` on another data folder."""
    return [sys.executable, "-m", "launcher", "run", "--data", str(folder)]


def plain_environment(**variables: object) -> dict[str, str]:
    """An environment without the settings of the test run or a developer."""
    inherited = {n: os.environ[n] for n in INHERITED_NAMES if n in os.environ}
    given = {name: str(value) for name, value in variables.items()}
    return {**inherited, "HANDOVER_ENV_FILES": "", **given}


def refused_run(folder: Path, **variables: object) -> subprocess.CompletedProcess[str]:
    """Run where it is expected to end by itself."""
    return subprocess.run(
        run_command(folder),
        cwd=PROJECT_FOLDER,
        env=plain_environment(**variables),
        capture_output=True,
        text=True,
        timeout=REFUSAL_TIMEOUT_SECONDS,
        check=False,
    )


class ForegroundRun:
    """A `launcher run` in the background of a test, with what it prints."""

    def __init__(self, folder: Path, *arguments: str, **variables: object) -> None:
        self.port, self.sandbox_port = free_port(), free_port()
        self.output = ""
        self.process = subprocess.Popen(
            [*run_command(folder), *arguments],
            cwd=PROJECT_FOLDER,
            env=plain_environment(
                PORT=self.port, SANDBOX_PORT=self.sandbox_port, **variables
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(STOP_TIMEOUT_SECONDS)
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def wait_until_everything_runs(self) -> None:
        """Wait for the block of addresses."""
        wait_for(
            lambda: "Ctrl-C stops" in self.output or self.process.poll() is not None,
            START_TIMEOUT_SECONDS,
            what="launcher run is up",
        )
        assert self.process.poll() is None, self.output

    def end(self, number: signal.Signals) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOP_TIMEOUT_SECONDS)

    def shown(self, label: str) -> str:
        """What stands behind a label in the block of addresses."""
        for line in self.output.splitlines():
            name, _, value = line.strip().partition("  ")
            if name == label:
                return value.strip()
        return ""

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.output += line
