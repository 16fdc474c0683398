"""The supervisor with real processes."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.children import ProcessSpec
from launcher.supervisor import STARTS_BEFORE_GIVING_UP, ProcessFailed, Supervisor
from tests.launcher.process_table import is_alive
from tests.launcher.small_processes import (
    STAY,
    STAY_DEAF,
    STAY_WITH_CHILD,
    program,
    text_of,
)
from tests.stack.waiting import wait_for

Supervise = Callable[..., Supervisor]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    """A function that supervises programs until the test ends."""
    running: list[Supervisor] = []

    def make(*specs: ProcessSpec, stop_grace_seconds: float = 5.0) -> Supervisor:
        supervisor = Supervisor(
            specs,
            environment={"PATH": os.environ["PATH"]},
            log_folder=tmp_path,
            stop_grace_seconds=stop_grace_seconds,
        )
        running.append(supervisor.__enter__())
        return supervisor

    yield make
    for supervisor in running:
        supervisor.stop_all()


def test_a_dead_process_is_started_again(supervise: Supervise) -> None:
    supervisor = supervise(program("one", STAY))
    supervisor.start(["one"], timeout_seconds=20)
    first = supervisor.pid("one")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    second = wait_for(
        lambda: supervisor.is_ready("one") and supervisor.pid("one") != first
    )
    assert second
    assert not is_alive(first)


def test_what_a_dead_process_had_started_dies_with_it(
    supervise: Supervise, tmp_path: Path
) -> None:
    log = tmp_path / "family.log"
    supervisor = supervise(program("family", STAY_WITH_CHILD, ready_file=log))
    supervisor.start(["family"], timeout_seconds=20)
    leader, grandchild = supervisor.pid("family"), int(text_of(log))
    assert leader is not None
    assert is_alive(grandchild)
    os.kill(leader, signal.SIGKILL)
    wait_for(lambda: not is_alive(grandchild))


def test_a_process_that_cannot_start_ends_the_run_with_its_last_words(
    supervise: Supervise,
) -> None:
    supervisor = supervise(
        ProcessSpec(
            name="broken",
            command=("python3", "-c", "import sys; sys.exit('no such table')"),
            ready=lambda: False,
            stop_stage=0,
        )
    )
    with pytest.raises(
        ProcessFailed, match=r"broken ended 5 times(?s:.*)no such table"
    ):
        supervisor.start(["broken"], timeout_seconds=30)


def test_a_program_that_does_not_exist_is_named(supervise: Supervise) -> None:
    missing = ProcessSpec(
        name="missing", command=("no-such-program",), ready=lambda: False, stop_stage=0
    )
    supervisor = supervise(missing)
    with pytest.raises(ProcessFailed, match="cannot start no-such-program"):
        supervisor.start(["missing"], timeout_seconds=30)


def test_a_process_deaf_to_the_request_to_stop_is_killed(
    supervise: Supervise, tmp_path: Path
) -> None:
    log = tmp_path / "deaf.log"
    supervisor = supervise(
        program("deaf", STAY_DEAF, ready_file=log), stop_grace_seconds=0.3
    )
    supervisor.start(["deaf"], timeout_seconds=20)
    pid = supervisor.pid("deaf")
    assert pid is not None
    supervisor.stop(["deaf"])
    assert supervisor.pid("deaf") is None
    assert not is_alive(pid)


def test_a_stopped_process_stays_stopped_until_it_is_started(
    supervise: Supervise,
) -> None:
    supervisor = supervise(program("one", STAY), program("two", STAY))
    supervisor.start(["one", "two"], timeout_seconds=20)
    supervisor.stop(["one"])
    second = supervisor.pid("two")
    assert second is not None
    # Its restart takes longer than one look at the stopped process.
    os.kill(second, signal.SIGKILL)
    wait_for(lambda: supervisor.pid("two") not in (None, second))
    assert supervisor.pid("one") is None
    supervisor.start(["one"], timeout_seconds=20)
    assert supervisor.pid("one") is not None


def test_processes_are_stopped_stage_after_stage(
    supervise: Supervise, tmp_path: Path
) -> None:
    order = tmp_path / "order"
    note_end = (
        "import signal, sys, time\n"
        f"order = open({str(order)!r}, 'a')\n"
        "def end(*_):\n"
        "    order.write(sys.argv[1] + '\\n'); order.close(); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n"
    )

    def noting(name: str, stop_stage: int) -> ProcessSpec:
        code = f"import sys; sys.argv.append({name!r})\n{note_end}"
        log = tmp_path / f"{name}.log"
        return program(name, code, ready_file=log, stop_stage=stop_stage)

    supervisor = supervise(noting("broker", 3), noting("front", 0), noting("worker", 1))
    supervisor.start(supervisor.names, timeout_seconds=20)
    supervisor.stop_all()
    assert order.read_text().split() == ["front", "worker", "broker"]


def test_what_was_ready_once_is_started_again_however_often_it_dies(
    supervise: Supervise,
) -> None:
    supervisor = supervise(program("one", STAY), program("two", STAY))
    supervisor.start(["one"], timeout_seconds=20)
    for _ in range(STARTS_BEFORE_GIVING_UP + 1):
        pid = supervisor.pid("one")
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda old=pid: supervisor.pid("one") != old)  # type: ignore[misc]
        # At once: the supervisor would wait longer after each.
        supervisor.start(["one"], timeout_seconds=20)
        supervisor.raise_if_failed()


def test_a_server_is_asked_to_end_and_tells_its_children_itself(
    supervise: Supervise, tmp_path: Path
) -> None:
    log = tmp_path / "server.log"
    child = (
        "import signal, sys, time\n"
        "def end(*_): print('child was told', flush=True)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up', flush=True); time.sleep(600)"
    )
    server = (
        "import signal, subprocess, sys, time\n"
        "def end(*_): print('server was told', flush=True); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "time.sleep(600)"
    )
    supervisor = supervise(program("server", server, ready_file=log))
    supervisor.start(["server"], timeout_seconds=20)
    supervisor.stop(["server"])
    assert log.read_text().split("\n") == ["up", "server was told", ""]
    ended = supervisor.last_exit("server")
    assert ended is not None
    assert (ended.code, ended.expected) == (0, True)
