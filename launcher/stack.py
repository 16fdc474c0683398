"""A whole running system: broker, web, live, worker, beat, sandbox and front.

`make run`, the tests and long fault runs all start it from here.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from launcher import environment as env
from launcher import processes
from launcher.folders import Folders
from launcher.ports import free_port
from launcher.processes import Plan
from launcher.spawning import PROJECT_FOLDER, bound_command
from launcher.supervisor import ProcessFailed, Supervisor

logger = logging.getLogger(__name__)

START_TIMEOUT_SECONDS = 90.0
MANAGE_TIMEOUT_SECONDS = 300.0
RESTARTED = (processes.WEB, processes.LIVE, processes.WORKER, processes.BEAT)
# What a process gets of the caller's environment; the product's variables are passed
# on purpose, in `extra_environment`, so that a developer's own do not leak into tests.
INHERITED_NAMES = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME")


class ManageFailed(Exception):
    """A management command ended with an error. The text is its output."""


@dataclass(frozen=True, kw_only=True)
class Restart:
    """How a process ended and came back. `exit_code` is negative for a signal."""

    name: str
    exit_code: int
    stop_seconds: float
    start_seconds: float


class Stack:
    """All processes of the product on free or given ports of this machine.

    `data_folder` keeps everything it writes. `database_url` None: SQLite in the data
    folder. REDIS_URL in `extra_environment`: no embedded broker. `processes_to_start`
    names what start() starts; the others can be started later by start_process().
    Raises ProcessFailed, ManageFailed.
    """

    def __init__(
        self,
        data_folder: Path,
        *,
        database_url: str | None = None,
        port: int = 0,
        sandbox_port: int = 0,
        web_workers: int = 1,
        worker_processes: int = 1,
        web_processes: int = 1,
        live_processes: int = 1,
        beats: int = 1,
        extra_environment: Mapping[str, str] | None = None,
        processes_to_start: Collection[str] | None = None,
        stop_grace_seconds: float = 10.0,
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        extra = dict(extra_environment or {})
        self.folders = Folders(data_folder.absolute())
        self.folders.create()
        self.port = port or free_port()
        self.sandbox_port = sandbox_port or free_port()
        self.environment = self._environment(extra, database_url)
        self.base_url = self.environment["PUBLIC_BASE_URL"].rstrip("/")
        self.local_url = f"http://localhost:{self.port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        plan = Plan(
            folders=self.folders,
            redis_url=self.environment["REDIS_URL"],
            port=self.port,
            sandbox_port=self.sandbox_port,
            web_workers=web_workers,
            worker_processes=worker_processes,
            web_processes=web_processes,
            live_processes=live_processes,
            beats=beats,
        )
        specs = processes.process_specs(plan)
        if "REDIS_URL" in extra:
            specs = [spec for spec in specs if spec.name != processes.BROKER]
        self._supervisor = Supervisor(
            specs,
            environment=self.environment,
            log_folder=self.folders.logs,
            stop_grace_seconds=stop_grace_seconds,
            on_tick=on_tick,
        )
        wanted = self._supervisor.names
        if processes_to_start is not None:
            wanted = tuple(name for name in wanted if name in processes_to_start)
        self._names_to_start = wanted

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all processes, started or not."""
        return self._supervisor.names

    def start(self) -> None:
        """Start the broker, migrate the database, start the rest, wait until ready."""
        self._supervisor.__enter__()
        try:
            # The broker before its users, the front after those it sends people to.
            at_ends = (processes.BROKER, processes.FRONT)
            self._start([n for n in self._names_to_start if n == processes.BROKER])
            self.manage("migrate", "--noinput", "--verbosity", "0")
            self._start([n for n in self._names_to_start if n not in at_ends])
            self._start([n for n in self._names_to_start if n == processes.FRONT])
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all processes, in order, and wait for their end. Safe to repeat."""
        self._supervisor.stop_all()

    def kill_all(self) -> None:
        """End everything at once with SIGKILL."""
        self._supervisor.kill_all()

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `manage.py ARGUMENTS` on this stack's data; raise ManageFailed."""
        done = subprocess.run(
            bound_command([sys.executable, "manage.py", *arguments]),
            cwd=PROJECT_FOLDER,
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=MANAGE_TIMEOUT_SECONDS,
            start_new_session=True,
            check=False,
        )
        if done.returncode != 0:
            raise ManageFailed(
                f"manage.py {' '.join(arguments[:1])} failed "
                f"({done.returncode}):\n{done.stdout}{done.stderr}"
            )
        return done

    def pid(self, name: str) -> int | None:
        """Process id, or None while the process does not run."""
        return self._supervisor.pid(name)

    def is_ready(self, name: str) -> bool:
        """Tell whether a process runs and answered its readiness question."""
        return self._supervisor.is_ready(name)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a running process; return the id it had.

        The supervisor starts a process that dies of it again.
        """
        pid = self.pid(name)
        if pid is None:
            raise ProcessFailed(f"{name} does not run")
        os.kill(pid, number)
        return pid

    def wait_until_restarted(
        self,
        name: str,
        old_pid: int,
        *,
        timeout_seconds: float = START_TIMEOUT_SECONDS,
    ) -> int:
        """Wait until a process is ready again under another id; return the new id."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            pid = self.pid(name)
            if pid not in (None, old_pid) and self._supervisor.is_ready(name):
                return int(pid or 0)
            time.sleep(0.02)
        raise ProcessFailed(f"{name} was not restarted in {timeout_seconds} s")

    def stop_process(self, name: str) -> None:
        """Stop one process and leave it stopped."""
        self._supervisor.stop([name])

    def start_process(self, name: str) -> None:
        """Start one process and wait until it is ready."""
        self._start([name])

    def restart(self, name: str) -> None:
        """Stop and start one process."""
        self.stop_process(name)
        self.start_process(name)

    def rolling_restart(self, names: Collection[str] | None = None) -> list[Restart]:
        """Restart the product's processes one after the other, each when the one
        before is ready again. Only where there are two of a kind nobody notices.
        """
        if names is None:
            names = [name for name in self.names if _kind(name) in RESTARTED]
        return [self._restart_measured(name) for name in names]

    def _restart_measured(self, name: str) -> Restart:
        self.stop_process(name)
        begun_at, ended = time.monotonic(), self._supervisor.last_exit(name)
        self.start_process(name)
        return Restart(
            name=name,
            exit_code=ended.code if ended is not None else 0,
            stop_seconds=ended.seconds if ended is not None else 0.0,
            start_seconds=time.monotonic() - begun_at,
        )

    def raise_if_failed(self) -> None:
        """Raise ProcessFailed when a process could not be kept up."""
        self._supervisor.raise_if_failed()

    def log_path(self, name: str) -> Path:
        """The file with the output of a process."""
        return self._supervisor.log_path(name)

    def log_text(self, name: str) -> str:
        """Everything a process has written so far."""
        path = self.log_path(name)
        return path.read_text(errors="replace") if path.exists() else ""

    def _start(self, names: list[str]) -> None:
        self._supervisor.start(names, timeout_seconds=START_TIMEOUT_SECONDS)

    def _environment(
        self, extra: Mapping[str, str], database_url: str | None
    ) -> dict[str, str]:
        if database_url is None:
            database_url = env.sqlite_url(self.folders.data / "db.sqlite3")
        defaults = env.local_defaults(
            database_url=database_url,
            redis_url=processes.embedded_broker_url(self.folders),
            public_base_url=f"http://localhost:{self.port}",
            static_folder=self.folders.static,
        )
        generated = env.write_env_file(
            self.folders.data / env.ENV_FILE_NAME, defaults=defaults
        )
        inherited = {n: os.environ[n] for n in INHERITED_NAMES if n in os.environ}
        ports = {"PORT": str(self.port), "SANDBOX_PORT": str(self.sandbox_port)}
        # Everything is in the environment already: no file shall be read on top.
        fixed = {"HANDOVER_ENV_FILES": "", "PYTHONUNBUFFERED": "1"}
        return {**inherited, **generated, **extra, **ports, **fixed}


def _kind(name: str) -> str:
    """What a process is: web2 is a web."""
    return name.rstrip("0123456789")
