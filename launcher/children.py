"""One supervised process: started, watched, stopped and restarted."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from launcher.spawning import spawn

FIRST_RESTART_DELAY_SECONDS = 0.2
LONGEST_RESTART_DELAY_SECONDS = 10.0
# Beyond the longest delay; without a limit the number would outgrow a float.
MOST_DOUBLINGS = 10
# A process that stayed ready this long is not part of a row of failures any more.
HEALTHY_AFTER_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """What to run and how to tell that it is ready.

    `settled_after_seconds`: how long it must have run to count as ready, for a program
    that nobody can ask. `stop_stage`: processes of a lower stage are stopped first.
    `sockets` are removed before a start: a killed process leaves its own behind.
    """

    name: str
    command: tuple[str, ...]
    ready: Callable[[], bool]
    stop_stage: int
    settled_after_seconds: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)
    sockets: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Exit:
    """How a child ended: its exit code, negative for a signal, and whether asked to.

    `seconds`: from the request to end, if there was one.
    """

    code: int
    expected: bool
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.code < 0:
            return f"killed by {signal.Signals(-self.code).name}"
        return f"exit code {self.code}"


class Child:
    """The running side of a ProcessSpec. Only the supervisor's thread calls it."""

    def __init__(
        self,
        spec: ProcessSpec,
        *,
        environment: Mapping[str, str],
        log_path: Path,
        stop_grace_seconds: float,
    ) -> None:
        self.spec = spec
        self.log_path = log_path
        self.wanted = False
        self.is_ready = False
        self.was_ever_ready = False
        self.failures = 0
        self.pid: int | None = None
        self.last_exit: Exit | None = None
        self._environment = {**environment, **spec.environment}
        self._stop_grace_seconds = stop_grace_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._start_at = 0.0
        self._started_at = 0.0
        self._ready_at = 0.0
        self._asked_at = 0.0

    def may_start(self) -> bool:
        """Tell whether it is wanted, not running, and its restart delay is over."""
        return self.wanted and self.pid is None and time.monotonic() >= self._start_at

    def start(self) -> int:
        """Start the process; return its id, which is its process group's too."""
        for path in self.spec.sockets:
            path.unlink(missing_ok=True)
        with self.log_path.open("ab") as log:
            self._process = spawn(
                self.spec.command, environment=self._environment, output=log
            )
        self.pid = self._process.pid
        self._started_at = time.monotonic()
        self._asked_at = 0.0
        return self.pid

    def look_for_readiness(self) -> bool:
        """Ask a started process whether it is ready; return True once, when it is."""
        if self.pid is None or self.is_ready:
            return False
        uptime_seconds = time.monotonic() - self._started_at
        if uptime_seconds < self.spec.settled_after_seconds or not self.spec.ready():
            return False
        self.is_ready = self.was_ever_ready = True
        self._ready_at = time.monotonic()
        return True

    def look_for_exit(self) -> Exit | None:
        """Bury the process if it ended, with everything of its group."""
        if self.pid is None or self._process is None:
            return None
        # WNOWAIT keeps the zombie, and with it the group's number, until the
        # group is dead: no other process can have got the number meanwhile.
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        if os.waitid(os.P_PID, self.pid, options) is None:
            return None
        self.signal_group(signal.SIGKILL)
        code, asked_at = self._process.wait(), self._asked_at
        seconds = time.monotonic() - asked_at if asked_at else 0.0
        ended = Exit(code=code, expected=not self.wanted, seconds=seconds)
        self.last_exit = ended
        self._plan_restart()
        self._process, self.pid, self.is_ready = None, None, False
        return ended

    def pursue_stop(self) -> None:
        """Ask an unwanted process to end, and kill it when it takes too long."""
        if self.wanted or self.pid is None:
            return
        now = time.monotonic()
        if not self._asked_at:
            self._asked_at = now
            # Only itself: a server tells its own children, when it is time.
            os.kill(self.pid, signal.SIGTERM)
        elif now >= self._asked_at + self._stop_grace_seconds:
            self.signal_group(signal.SIGKILL)

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and everything it started."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def forgive(self) -> None:
        """Forget earlier failures: the next start is at once."""
        self.failures, self._start_at = 0, 0.0

    def _plan_restart(self) -> None:
        now = time.monotonic()
        if self.is_ready and now - self._ready_at >= HEALTHY_AFTER_SECONDS:
            self.failures = 0
        delay_seconds = FIRST_RESTART_DELAY_SECONDS * 2 ** min(
            self.failures, MOST_DOUBLINGS
        )
        self._start_at = now + min(delay_seconds, LONGEST_RESTART_DELAY_SECONDS)
        self.failures += 1
