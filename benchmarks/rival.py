"""The reference project's processes, started as the product's are."""

import os
from dataclasses import dataclass
from pathlib import Path

from launcher import probes, processes
from launcher.children import ProcessSpec
from launcher.folders import Folders
from launcher.processes import PYTHON
from launcher.spawning import PROJECT_FOLDER
from launcher.stack import INHERITED_NAMES

WEB, WORKER, PEER, STREAMS = "reference-web", "reference-worker", "peer", "bare-streams"
SETTINGS = "benchmarks.reference.settings"
WORKER_SETTLED_SECONDS = 4.0


@dataclass(frozen=True, kw_only=True)
class RivalPlan:
    """What the reference's command lines depend on.

    `broker_socket` is the product's broker, of which the reference uses another
    database; `pool` the kind of its Celery worker.
    """

    folders: Folders
    broker_socket: Path
    peer_port: int
    database_url: str
    key_file: Path
    jwk_file: Path
    web_workers: int
    worker_processes: int
    pool: str
    keeps_connections: bool

    @property
    def web_socket(self) -> Path:
        """Where the bare views listen."""
        return self.folders.sockets / "web.sock"

    @property
    def live_socket(self) -> Path:
        """Where the bare streams listen."""
        return self.folders.sockets / "live.sock"

    @property
    def environment(self) -> dict[str, str]:
        """The reference's variables."""
        inherited = {n: os.environ[n] for n in INHERITED_NAMES if n in os.environ}
        return {
            **inherited,
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "DATABASE_URL": self.database_url,
            "REFERENCE_PUBLIC_KEY_FILE": str(self.key_file),
            "REFERENCE_PEER_URL": f"http://127.0.0.1:{self.peer_port}",
            "REFERENCE_BROKER_URL": f"redis+socket://{self.broker_socket}"
            "?virtual_host=1",
            "REFERENCE_KEEPS_CONNECTIONS": "on" if self.keeps_connections else "off",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(PROJECT_FOLDER),
        }


def specs(plan: RivalPlan) -> list[ProcessSpec]:
    """Peer, web, streams and workers of the reference."""
    return [
        peer(plan),
        web(plan),
        streams(plan),
        *(worker(plan, number) for number in range(plan.worker_processes)),
    ]


def peer(plan: RivalPlan) -> ProcessSpec:
    """The thin 8x8 and callback server that product and reference talk to."""
    return ProcessSpec(
        name=PEER,
        command=(
            *(PYTHON, "-m", "benchmarks.peer", "--port", str(plan.peer_port)),
            *("--jwk", str(plan.jwk_file)),
        ),
        ready=lambda: probes.port_answers(plan.peer_port, "/bench/arrivals"),
        stop_stage=processes.STAGE_PEERS,
    )


def web(plan: RivalPlan) -> ProcessSpec:
    """The bare views under granian, with as many workers and threads as the product."""
    return ProcessSpec(
        name=WEB,
        command=(
            *(PYTHON, "-m", "granian", "benchmarks.reference.wsgi:application"),
            *("--interface", "wsgi", "--uds", str(plan.web_socket)),
            *("--workers", str(plan.web_workers)),
            *("--blocking-threads", str(processes.WEB_THREADS)),
            *("--blocking-threads-idle-timeout", "600"),
            *("--no-ws", "--log-level", "warning"),
        ),
        ready=lambda: probes.socket_answers(plan.web_socket, "/nothing"),
        stop_stage=processes.STAGE_WORK,
        sockets=(plan.web_socket,),
    )


def streams(plan: RivalPlan) -> ProcessSpec:
    """Bare streams under uvicorn."""
    return ProcessSpec(
        name=STREAMS,
        command=(
            *(PYTHON, "-m", "uvicorn", "benchmarks.reference.streams:application"),
            *("--uds", str(plan.live_socket), "--no-access-log"),
            *("--timeout-graceful-shutdown", "2", "--timeout-keep-alive", "75"),
            *("--lifespan", "off", "--log-level", "warning"),
        ),
        ready=lambda: probes.socket_answers(plan.live_socket, "/"),
        stop_stage=processes.STAGE_WORK,
        sockets=(plan.live_socket,),
    )


def worker(plan: RivalPlan, number: int) -> ProcessSpec:
    """A Celery worker with its defaults; as many threads as the product's has.

    Prefork is Celery's own default, with one process per core.
    """
    name = worker_name(number)
    threads = ("-c", str(processes.WORKER_THREADS)) if plan.pool == "threads" else ()
    return ProcessSpec(
        name=name,
        command=(
            *(PYTHON, "-m", "celery", "-A", "benchmarks.reference.celery_app"),
            *("worker", "-P", plan.pool, *threads),
            *("--loglevel", "WARNING", "-n", f"{name}@%h"),
        ),
        ready=lambda: True,
        settled_after_seconds=WORKER_SETTLED_SECONDS,
        stop_stage=processes.STAGE_WORK,
    )


def worker_name(number: int) -> str:
    """Name of the n-th worker, counted from 0."""
    return numbered(WORKER, number)


def numbered(name: str, number: int) -> str:
    """worker, worker2, worker3: as the launcher counts the product's."""
    return name if number == 0 else f"{name}{number + 1}"
