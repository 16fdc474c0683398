"""The `web` process: `python -m handover_project.serve_web --uds PATH`.

granian, with two manners of its own. Asked to end (SIGTERM) it first says so to
whoever looks after it, and answers on until they have turned away. And a worker
process that is killed is replaced as often as that happens; only a program that
cannot run at all is given up.
"""

import argparse
import contextlib
import os
import signal
import time
from collections import deque
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

# SIGUSR1 tells a worker process that the end is near (wsgi.py).
NOTICE = signal.SIGUSR1
# So many replacements in so many seconds are no accident any more.
MOST_RESPAWNS = 20
RESPAWN_WINDOW_SECONDS = 60.0
# Idle threads keep a database connection each, which is the point.
IDLE_THREAD_SECONDS = 600


class Server(MPServer):
    """granian that says good-bye. It shall get SIGTERM itself, not its children."""

    def __init__(self, target: str, *, drain_seconds: float, **options: Any) -> None:
        super().__init__(target, **options)
        self._drain_seconds = drain_seconds
        self._respawns: deque[float] = deque(maxlen=MOST_RESPAWNS)

    def shutdown(self, exit_code: int = 0) -> None:
        """Announce the end, answer on for a while, then finish what is running."""
        if self.interrupt_signal:
            self._announce()
            time.sleep(self._drain_seconds)
            # Whoever ended meanwhile was asked to as well: no failure.
            self.interrupt_children.clear()
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]  # granian's own

    def _announce(self) -> None:
        for worker in self.wrks:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.inner.pid, NOTICE)

    def _respawn_workers(self, *arguments: Any, **options: Any) -> None:
        super()._respawn_workers(*arguments, **options)
        now = time.monotonic()
        is_full = len(self._respawns) == MOST_RESPAWNS
        if not is_full or now - self._respawns[0] > RESPAWN_WINDOW_SECONDS:
            # granian gives up at the second failure within 5.5 s of the first.
            self.respawned_wrks.clear()
        self._respawns.append(now)


def main() -> None:
    """Serve until asked to end."""
    options = _parse()
    Server(
        "handover_project.wsgi:application",
        drain_seconds=options.drain_seconds,
        address=options.host,
        port=options.port,
        uds=options.uds,
        interface=Interfaces.WSGI,
        workers=options.workers,
        blocking_threads=options.threads,
        blocking_threads_idle_timeout=IDLE_THREAD_SECONDS,
        respawn_failed_workers=True,
        workers_kill_timeout=options.stop_seconds,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="serve_web", description=__doc__)
    parser.add_argument("--uds", type=Path, help="unix socket, instead of a port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--threads", type=int, default=8, help="of each process")
    parser.add_argument(
        "--drain-seconds",
        type=float,
        default=3.0,
        help="how long to answer on after SIGTERM, as 503 to health checks",
    )
    parser.add_argument(
        "--stop-seconds",
        type=int,
        default=5,
        help="how long running requests may take after that",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
