"""Keeps a set of processes running from one thread, and ends them all."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from launcher.children import Child, Exit, ProcessSpec
from launcher.spawning import Warden

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.05
STARTS_BEFORE_GIVING_UP = 5


class ProcessFailed(Exception):
    """A process did not come up. The text ends with the last lines of its log."""


class Supervisor:
    """Starts, watches, restarts and stops processes; a thread does the work.

    That thread makes every child, because a child dies with the thread that made it.
    `on_tick` is called in it about twenty times a second.
    """

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        *,
        environment: Mapping[str, str],
        log_folder: Path,
        stop_grace_seconds: float = 10.0,
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._children = {
            spec.name: Child(
                spec,
                environment=environment,
                log_path=log_folder / f"{spec.name}.log",
                stop_grace_seconds=stop_grace_seconds,
            )
            for spec in specs
        }
        self._on_tick = on_tick
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor")
        self._failed: str | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    @property
    def names(self) -> tuple[str, ...]:
        """The processes' names in the order of their specs."""
        return tuple(self._children)

    def start(self, names: Iterable[str], *, timeout_seconds: float) -> None:
        """Start processes and wait until all are ready, or raise ProcessFailed."""
        names = tuple(names)
        with self._lock:
            for name in names:
                self._children[name].forgive()
                self._children[name].wanted = True
        children = [self._children[name] for name in names]
        self._wait(
            lambda: self._failed is not None or all(c.is_ready for c in children),
            timeout_seconds=timeout_seconds,
        )
        self.raise_if_failed()
        for child in children:
            if not child.is_ready:
                raise ProcessFailed(self._explain(child))

    def stop(self, names: Iterable[str], *, timeout_seconds: float = 30.0) -> None:
        """Stop processes and wait until they are gone. They are not restarted."""
        names = tuple(names)
        with self._lock:
            for name in names:
                self._children[name].wanted = False
        if not self._wait(
            lambda: all(self._children[name].pid is None for name in names),
            timeout_seconds=timeout_seconds,
        ):
            raise ProcessFailed(f"{', '.join(names)}: did not end, not even by SIGKILL")

    def stop_all(self) -> None:
        """Stop everything, stage after stage, and end the thread. Safe to repeat."""
        if self._thread.is_alive():
            for stage in sorted({c.spec.stop_stage for c in self._children.values()}):
                self.stop(
                    name
                    for name, child in self._children.items()
                    if child.spec.stop_stage == stage
                )
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    def kill_all(self) -> None:
        """Send SIGKILL to everything at once: for somebody who will not wait."""
        with self._lock:
            for child in self._children.values():
                child.wanted = False
                child.signal_group(signal.SIGKILL)

    def pid(self, name: str) -> int | None:
        """The process's id, or None while it does not run."""
        return self._children[name].pid

    def last_exit(self, name: str) -> Exit | None:
        """How the process last ended, if it ever did."""
        return self._children[name].last_exit

    def is_ready(self, name: str) -> bool:
        """Tell whether a process runs and answered its readiness question."""
        return self._children[name].is_ready

    def log_path(self, name: str) -> Path:
        """Where the output of a process goes."""
        return self._children[name].log_path

    def raise_if_failed(self) -> None:
        """Raise ProcessFailed if a process never came up, or nobody watches."""
        if self._failed is not None:
            raise ProcessFailed(self._failed)
        if not self._thread.is_alive() and not self._ending.is_set():
            raise ProcessFailed("the supervisor itself broke: see the lines above")

    def _wait(self, condition: Callable[[], bool], *, timeout_seconds: float) -> bool:
        deadline = time.monotonic() + timeout_seconds
        while not condition():
            if time.monotonic() > deadline or not self._thread.is_alive():
                return False
            time.sleep(TICK_SECONDS)
        return True

    def _watch(self) -> None:
        with Warden() as warden:
            while not self._ending.wait(TICK_SECONDS):
                with self._lock:
                    for child in self._children.values():
                        self._attend(child, warden)
                self._on_tick()

    def _attend(self, child: Child, warden: Warden) -> None:
        pid = child.pid
        ended = child.look_for_exit()
        if pid is not None and ended is not None:
            warden.forget(pid)
            self._note_exit(child, ended)
        child.pursue_stop()
        if child.may_start() and self._failed is None:
            warden.remember(child.start())
        elif child.wanted and child.look_for_readiness():
            logger.info("%s is ready (process %s)", child.spec.name, child.pid)

    def _note_exit(self, child: Child, ended: Exit) -> None:
        if ended.expected:
            return
        name = child.spec.name
        if not child.was_ever_ready and child.failures >= STARTS_BEFORE_GIVING_UP:
            self._failed = self._explain(child, f"{name} ended {child.failures} times")
            return
        logger.warning("%s ended (%s), it is started again", name, ended)

    def _explain(self, child: Child, what: str = "") -> str:
        what = what or f"{child.spec.name} is not ready in time"
        last = last_lines(child.log_path, count=25)
        return f"{what}. The end of {child.log_path}:\n{last}"


def last_lines(path: Path, *, count: int) -> str:
    """The last lines of a file, or a note that there are none."""
    if not path.exists():
        return "  (no output)"
    lines = path.read_text(errors="replace").splitlines()[-count:]
    return "\n".join(f"  {line}" for line in lines) or "  (no output)"
