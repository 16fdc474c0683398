"""One `manage.py` that stays: starting Django anew takes longer than most tests."""

import json
import subprocess
import sys
import threading
from typing import Any, Self

from launcher.spawning import PROJECT_FOLDER, bound_command
from launcher.stack import Stack

END_TIMEOUT_SECONDS = 10.0
SHELL = (sys.executable, "manage.py", "shell", "--no-imports", "-c")
# Reads the words of one command per line, answers with what it printed.
LOOP = """
import contextlib, io, json, sys
from django.core.management import CommandError, call_command
from django.db import connections
for line in sys.stdin:
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            call_command(*json.loads(line), stdout=output)
        answer = {"output": output.getvalue()}
    except CommandError as error:
        answer = {"error": str(error)}
    connections.close_all()
    print(json.dumps(answer), flush=True)
"""


class ManageProcess:
    """Runs management commands on a stack's data, one after another."""

    def __init__(self, stack: Stack) -> None:
        self._environment = stack.environment
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            bound_command([*SHELL, LOOP]),
            cwd=PROJECT_FOLDER,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=END_TIMEOUT_SECONDS)

    def evaluate(self, code: str) -> Any:
        """What `code` leaves in its variable `result`, which JSON can carry."""
        return json.loads(
            self.run(*SHELL[2:], f"{code}\nimport json\nprint(json.dumps(result))")
        )

    def run(self, *arguments: str) -> str:
        """What `manage.py ARGUMENTS` prints. Fails with its error."""
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(arguments) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline() or "{}")
        assert "output" in answer, answer.get("error", "manage.py has ended")
        output: str = answer["output"]
        return output
