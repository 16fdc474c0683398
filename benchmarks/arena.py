"""Everything a benchmark needs, running: product, reference, peer, services."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from benchmarks import rival
from benchmarks.groundwork import (
    allow_open_files,
    empty_reference,
    forget_backlog,
    make_reference_tables,
    write_key_files,
)
from benchmarks.options import Options
from benchmarks.peer_client import PeerClient
from benchmarks.process_memory import group_kilobytes
from benchmarks.signing import TENANT, Key, Signer
from launcher import processes
from launcher.folders import Folders
from launcher.ports import free_port
from launcher.postgres import TemporaryPostgres
from launcher.stack import Stack
from launcher.supervisor import Supervisor
from tests.stack.manage_process import ManageProcess

START_TIMEOUT_SECONDS = 90.0
OPEN_FILES = 16_384
# Signatures are made ahead of a run of many rounds.
ENVIRONMENT = {"CALLBACK_FRESHNESS_SECONDS": "7200"}
NO_LIMIT = """
from endpoints.models import EightByEightConfig
result = EightByEightConfig.objects.update(requests_per_second=0)
"""


@dataclass(frozen=True)
class BenchEndpoint:
    """The endpoint that everything goes through."""

    api_key: str
    callback_path: str


class Arena:
    """Product and reference side by side on one PostgreSQL, broker and peer.

    The product's clock is held while a reference is measured (`without_beat`); all
    else of the side that is not measured has nothing to do.
    """

    def __init__(self, options: Options, *, folder: Path) -> None:
        self.options = options
        self._folder = folder
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        allow_open_files(OPEN_FILES)
        with self._exit:
            self._start()
            self._exit = self._exit.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def _start(self) -> None:
        enter = self._exit.enter_context
        key = Key()
        files = write_key_files(key, self._folder)
        postgres = enter(TemporaryPostgres())
        self.database_url = postgres.create_database("handover")
        self.reference_url = postgres.create_database("reference")
        self.stack = Stack(
            self._folder / "product",
            database_url=self.database_url,
            web_workers=self.options.web_workers,
            worker_processes=self.options.worker_processes,
            extra_environment=ENVIRONMENT,
            processes_to_start=self.product_names,
        )
        enter(self.stack)
        self._start_reference(files)
        self.signer = enter(Signer(key))
        self.manage = enter(ManageProcess(self.stack))
        self.endpoint = self._provision()
        self.memory_at_rest = self.memory_now()

    def _start_reference(self, files: tuple[Path, Path]) -> None:
        folders = Folders(self._folder.absolute() / "reference")
        folders.create()
        port = free_port()
        plan = rival.RivalPlan(
            folders=folders,
            broker_socket=self.stack.folders.sockets / "valkey.sock",
            peer_port=port,
            database_url=self.reference_url,
            key_file=files[0],
            jwk_file=files[1],
            web_workers=self.options.web_workers,
            worker_processes=self.options.worker_processes,
            pool=self.options.naive_pool,
            keeps_connections=self.options.naive_keeps_connections,
        )
        make_reference_tables(plan.environment)
        self.reference = Supervisor(
            rival.specs(plan), environment=plan.environment, log_folder=folders.logs
        )
        self._exit.enter_context(self.reference)
        self.reference.start(
            self.reference.names, timeout_seconds=START_TIMEOUT_SECONDS
        )
        self.peer = PeerClient(port)
        self.reference_web = plan.web_socket
        self.reference_live = plan.live_socket

    def _provision(self) -> BenchEndpoint:
        made = json.loads(
            self.manage.run(
                "provision_endpoint",
                *("--name=bench", f"--base-url={self.peer.url}", "--api-key=bench-key"),
                *(f"--tenant={TENANT}", "--channel-id=bench-channel"),
                "--queue-id=bench-queue",
                f"--callback-url={self.peer.url}/callbacks",
            )
        )
        self.manage.evaluate(NO_LIMIT)
        return BenchEndpoint(made["apiKey"], urlsplit(made["webhookUrl"]).path)

    @property
    def workers(self) -> tuple[str, ...]:
        """Names of the product's worker processes."""
        numbers = range(self.options.worker_processes)
        return tuple(rival.numbered(processes.WORKER, number) for number in numbers)

    @property
    def product_names(self) -> tuple[str, ...]:
        """What runs of the product: neither front nor sandbox takes part."""
        served = (processes.BROKER, processes.WEB, processes.LIVE)
        return (*served, *self.workers, processes.BEAT)

    @property
    def web_socket(self) -> Path:
        """The product's WSGI server, without the front before it."""
        return self.stack.folders.sockets / "web.sock"

    @property
    def live_socket(self) -> Path:
        """The product's server of streams."""
        return self.stack.folders.sockets / "live.sock"

    @property
    def pids(self) -> dict[str, int]:
        """The running processes of both sides by name."""
        ours = {name: self.stack.pid(name) for name in self.product_names}
        theirs = {name: self.reference.pid(name) for name in self.reference.names}
        return {name: pid for name, pid in (ours | theirs).items() if pid is not None}

    def memory_now(self) -> dict[str, int]:
        """Kilobytes of every process."""
        return {name: group_kilobytes(pid) for name, pid in self.pids.items()}

    @contextmanager
    def without_beat(self) -> Iterator[None]:
        """Hold the product's clock: no sweeps and looks while others are measured."""
        self._signal_beat(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal_beat(signal.SIGCONT)

    @contextmanager
    def without_workers(self) -> Iterator[None]:
        """Stop the product's workers and beat; what was left to them is thrown away."""
        with self.without_beat():
            self.stop_workers()
            try:
                yield
            finally:
                self.forget_backlog()
                self.start_workers()

    def stop_workers(self) -> None:
        """Stop the product's workers."""
        for name in self.workers:
            self.stack.stop_process(name)

    def start_workers(self) -> None:
        """Start the product's workers again."""
        for name in self.workers:
            self.stack.start_process(name)

    def forget_backlog(self) -> None:
        """Drop the callbacks that nobody has processed, and all hints."""
        forget_backlog(self.database_url, self.stack.environment["REDIS_URL"])

    def empty_reference(self) -> None:
        """Throw the reference's rows away, so that event ids can be used again."""
        empty_reference(self.reference_url)

    def _signal_beat(self, number: signal.Signals) -> None:
        pid = self.stack.pid(processes.BEAT)
        if pid is not None:
            os.killpg(pid, number)
