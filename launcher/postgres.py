"""A PostgreSQL cluster of its own for tests, made of Debian's package."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from launcher.ports import free_port
from launcher.spawning import bound_command, spawn

DEBIAN_FOLDER = Path("/usr/lib/postgresql")
SYSTEM_USER = "postgres"
DATABASE_USER = "handover"
START_TIMEOUT_SECONDS = 30.0
STOP_TIMEOUT_SECONDS = 30.0
# Tests throw the cluster away: what a power cut would do to it is of no interest. The
# end of its processes is: commits stay synchronous.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "logging_collector": "off",
    "max_wal_size": "256MB",
}


class PostgresMissing(Exception):
    """No PostgreSQL server is installed."""


class PostgresFailed(Exception):
    """The cluster could not be made, started or stopped. The text has its log."""


def server_programs() -> Path:
    """Return the folder with initdb and postgres of the newest installed version."""
    found = sorted(
        (path.parent for path in DEBIAN_FOLDER.glob("*/bin/postgres")),
        key=lambda folder: float(folder.parent.name),
    )
    if found:
        return found[-1]
    on_path = shutil.which("postgres")
    if on_path is not None:
        return Path(on_path).parent
    raise PostgresMissing("PostgreSQL is not installed: apt-get install postgresql")


class TemporaryPostgres:
    """A cluster on a loopback port, without passwords and without durability.

    PostgreSQL refuses to run as root: root runs it as Debian's user `postgres`.
    """

    def __init__(self) -> None:
        self._programs = server_programs()
        self._user = SYSTEM_USER if os.getuid() == 0 else "-"
        self._folder = Path(tempfile.mkdtemp(prefix="handover-postgres-"))
        self._log = self._folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def __enter__(self) -> Self:
        try:
            self._make_cluster()
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def database_url(self, name: str) -> str:
        """DATABASE_URL of a database of this cluster."""
        return f"postgres://{DATABASE_USER}@127.0.0.1:{self.port}/{name}"

    def create_database(self, name: str) -> str:
        """Make an empty database; return its DATABASE_URL."""
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.database_url(name)

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        settings = SETTINGS | {"unix_socket_directories": str(self._folder)}
        options = [w for k, v in settings.items() for w in ("-c", f"{k}={v}")]
        command = [str(self._programs / "postgres"), "-D", str(self._data)]
        with self._log.open("ab") as log:
            self._process = spawn(
                [*command, "-p", str(self.port), *options],
                environment=self._environment,
                output=log,
                folder=self._folder,
                user=self._user,
                # Immediate shutdown: it still removes its shared memory.
                death_signal=signal.SIGQUIT,
            )
        self._wait_for_connections(self._process)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT disconnects everybody, SIGQUIT is like a crash."""
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def remove(self) -> None:
        """Stop the server and delete the cluster."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}

    def _make_cluster(self) -> None:
        if self._user != "-":
            shutil.chown(self._folder, self._user, self._user)
        command = [
            *(str(self._programs / "initdb"), "-D", str(self._data)),
            *("-U", DATABASE_USER, "--auth", "trust", "--encoding", "UTF8"),
            *("--no-sync", "--locale", "C.UTF-8"),
        ]
        made = subprocess.run(
            bound_command(command, user=self._user),
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise PostgresFailed(f"initdb failed:\n{made.stdout}{made.stderr}")

    def _wait_for_connections(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(
                    self.database_url("postgres"), connect_timeout=2
                ).close()
                return
            time.sleep(0.05)
        raise PostgresFailed(
            f"PostgreSQL did not start:\n{self._log.read_text(errors='replace')}"
        )
