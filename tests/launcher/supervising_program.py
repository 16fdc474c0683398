"""Runs a supervisor with two small processes until it is killed.

`python -m tests.launcher.supervising_program FOLDER`; writes "ready" to standard
output when both run.
"""

import os
import signal
import sys
from pathlib import Path

from launcher.supervisor import Supervisor
from tests.launcher.small_processes import STAY, STAY_WITH_CHILD, program


def main() -> None:
    """Start both and wait for the end."""
    folder = Path(sys.argv[1])
    specs = [
        program("single", STAY),
        program("family", STAY_WITH_CHILD, ready_file=folder / "family.log"),
    ]
    with Supervisor(specs, environment=os.environ, log_folder=folder) as supervisor:
        supervisor.start(supervisor.names, timeout_seconds=20)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()
