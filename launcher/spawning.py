"""Starting programs so that none of them outlives the process that started it."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Self

logger = logging.getLogger(__name__)

WARDEN_SCRIPT = Path(__file__).with_name("warden.py")
CHILD_SCRIPT = Path(__file__).with_name("child.py")
PROJECT_FOLDER = Path(__file__).resolve().parent.parent
BARE_PYTHON = (sys.executable, "-I", "-S")


def bound_command(
    command: Sequence[str],
    *,
    user: str = "-",
    death_signal: signal.Signals = signal.SIGKILL,
) -> list[str]:
    """Return `command` wrapped so that it dies with the calling thread."""
    prefix = [*BARE_PYTHON, str(CHILD_SCRIPT), str(os.getpid())]
    return [*prefix, str(int(death_signal)), user, *command]


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: int | IO[bytes],
    folder: Path = PROJECT_FOLDER,
    user: str = "-",
    death_signal: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Start a program in a session, and so a process group, of its own.

    Standard output and error both go to `output`. The program dies with the
    calling thread.
    """
    return subprocess.Popen(
        bound_command(command, user=user, death_signal=death_signal),
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


class Warden:
    """The supervisor's end of the process in warden.py."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [*BARE_PYTHON, str(WARDEN_SCRIPT)],
            bufsize=0,
            stdin=subprocess.PIPE,
            cwd=PROJECT_FOLDER,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            pass

    def remember(self, group: int) -> None:
        """Have a process group killed should this process die."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The process group has ended."""
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        if self._process.stdin is None:
            return
        try:
            self._process.stdin.write(line.encode())
        except BrokenPipeError:
            logger.warning("the warden is gone: a kill -9 may leave processes behind")
