"""The `web` process: how it ends, and that killing its worker never stops it."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from launcher.probes import UnixHTTPConnection
from launcher.processes import WEB, Plan, web
from launcher.stack import Stack
from tests.environment import RunEnvironment
from tests.rolling.database import new_database
from tests.stack.waiting import wait_for

pytestmark = pytest.mark.stack

WEB2 = "web2"
KILLS = 5
TIMEOUT_SECONDS = 30.0


@pytest.fixture(scope="module")
def own_stack(
    run_environment: RunEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Two web processes and nothing else, so that each drains before it ends."""
    with (
        new_database(run_environment) as database_url,
        Stack(
            tmp_path_factory.mktemp("web"),
            database_url=database_url,
            web_processes=2,
            processes_to_start=(WEB, WEB2),
        ) as stack,
    ):
        yield stack


class Client:
    """One kept connection to a web process."""

    def __init__(self, stack: Stack, name: str = WEB) -> None:
        path = stack.folders.sockets / f"{name}.sock"
        self._connection = UnixHTTPConnection(path, timeout_seconds=TIMEOUT_SECONDS)

    def get(self, path: str) -> tuple[int, str]:
        """Status, and the `Connection` header of the answer."""
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get("Connection", "")

    def close(self) -> None:
        self._connection.close()


def is_well(stack: Stack) -> bool:
    client = Client(stack)
    try:
        return client.get("/healthz")[0] == 200
    except (OSError, HTTPException):
        return False
    finally:
        client.close()


def worker_of(stack: Stack) -> int | None:
    parent = stack.pid(WEB)
    path = Path(f"/proc/{parent}/task/{parent}/children")
    children = path.read_text().split() if path.exists() else []
    return int(children[0]) if children else None


def test_a_worker_killed_again_and_again_comes_back_each_time(own_stack: Stack) -> None:
    server = own_stack.pid(WEB)
    for _ in range(KILLS):
        wait_for(lambda: is_well(own_stack), what="the service answers")
        victim = worker_of(own_stack)
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        wait_for(
            lambda gone=victim: worker_of(own_stack) not in (None, gone),  # type: ignore[misc]
            what="another worker",
        )
    wait_for(lambda: is_well(own_stack), what="the service answers")
    # It was the server that replaced them, not the supervisor the server.
    assert own_stack.pid(WEB) == server


def test_asked_to_end_it_says_so_and_answers_on_before_it_goes(
    own_stack: Stack,
) -> None:
    kept = Client(own_stack)
    assert kept.get("/healthz") == (200, "")
    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(own_stack.rolling_restart, [WEB])
        wait_for(lambda: not is_well(own_stack), what="its health is bad")
        assert not stopping.done()
        assert Client(own_stack).get("/readyz") == (503, "close")
        # A connection that was kept is answered, and closed by agreement.
        assert kept.get("/healthz") == (503, "close")
        (restart,) = stopping.result(TIMEOUT_SECONDS)
    assert restart.exit_code == 0
    assert is_well(own_stack)


def test_alone_it_does_not_wait_for_anybody_to_turn_away(
    run_environment: RunEnvironment,
) -> None:
    plan = Plan(
        folders=run_environment.folders,
        redis_url="",
        port=0,
        sandbox_port=0,
        web_workers=1,
        worker_processes=1,
    )
    command = web(plan, WEB).command
    assert command[command.index("--drain-seconds") + 1] == "0.0"
