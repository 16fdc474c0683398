"""Nothing survives the supervisor, whatever ends it."""

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from launcher.spawning import PROJECT_FOLDER
from tests.launcher.process_table import MARK, marked_processes
from tests.stack.waiting import wait_for

# Supervisor, warden, single, family, family's child.
PROCESSES = 5


@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"]
)
def test_a_supervisor_killed_without_a_chance_to_clean_up_leaves_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    mark = uuid.uuid4().hex
    with subprocess.Popen(
        [sys.executable, "-m", "tests.launcher.supervising_program", str(tmp_path)],
        cwd=PROJECT_FOLDER,
        env=os.environ | {MARK: mark},
        stdout=subprocess.PIPE,
        text=True,
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "ready\n"
        assert len(marked_processes(mark)) == PROCESSES
        supervisor.send_signal(number)
        assert supervisor.wait(20) == -number
        wait_for(lambda: not marked_processes(mark), what="nothing is left")
