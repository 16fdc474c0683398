"""Small programs for the supervisor to run."""

import sys
from pathlib import Path

from launcher.children import ProcessSpec

STAY = "import time; time.sleep(600)"
# Starts a child of its own, as a server with worker processes does.
STAY_WITH_CHILD = (
    "import subprocess, sys, time;"
    f"child = subprocess.Popen([sys.executable, '-c', {STAY!r}]);"
    "print(child.pid, flush=True); time.sleep(600)"
)
STAY_DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(600)"
)


def program(
    name: str, code: str, *, ready_file: Path | None = None, stop_stage: int = 0
) -> ProcessSpec:
    """Spec of a Python program; ready when `ready_file` has text, or at once."""
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-c", code),
        ready=lambda: ready_file is None or bool(text_of(ready_file)),
        stop_stage=stop_stage,
    )


def text_of(path: Path) -> str:
    """The text of a file that may not be there yet."""
    return path.read_text() if path.exists() else ""
