"""Killing a worker with SIGKILL in the middle of a call."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from launcher.spawning import PROJECT_FOLDER
from tests.handover.child import child_environment
from tests.handover.wire import Plan

PROGRAM = Path(__file__).with_name("draining_worker.py")


@contextmanager
def worker_process(mailbox_id: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that drains the mailbox; killed at the end if it still runs."""
    database = str(connection.settings_dict["NAME"])
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), database, str(mailbox_id)],
        cwd=PROJECT_FOLDER,
        env=child_environment(),
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def kill_during(mailbox_id: int, held: Plan) -> None:
    """Start a worker, and kill it when its call has come to where it is held."""
    with worker_process(mailbox_id) as process:
        held.wait_until_reached()
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    held.drop()
