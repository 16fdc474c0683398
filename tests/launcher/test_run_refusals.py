"""`make run` says what is in the way before it starts anything."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.ports import free_port
from launcher.run import CannotRun, only_one
from tests.launcher.running import refused_run


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_a_taken_port_is_named_with_the_way_to_choose_another(
    tmp_path: Path, taken_port: int, name: str
) -> None:
    other = {"PORT": "SANDBOX_PORT", "SANDBOX_PORT": "PORT"}[name]
    done = refused_run(tmp_path, **{name: taken_port, other: free_port()})
    assert done.returncode == 1
    assert f"Port {taken_port} ({name}) is taken" in done.stderr
    assert f"{name}=" in done.stderr.partition("choose another port: ")[2]
    assert not (tmp_path / "env").exists()


@pytest.mark.parametrize("text", ["eight", "0", "70000", "-1"])
def test_a_port_that_is_no_port_is_refused(tmp_path: Path, text: str) -> None:
    done = refused_run(tmp_path, PORT=text)
    assert done.returncode == 1
    assert f"PORT={text} is no port" in done.stderr


def test_the_two_ports_must_differ(tmp_path: Path) -> None:
    port = free_port()
    done = refused_run(tmp_path, PORT=port, SANDBOX_PORT=port)
    assert done.returncode == 1
    assert "are the same" in done.stderr


def test_a_second_run_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with only_one(tmp_path):
        done = refused_run(tmp_path, PORT=free_port(), SANDBOX_PORT=free_port())
        assert done.returncode == 1
        assert f"already runs in this folder (process {os.getpid()})" in done.stderr


def test_the_lock_is_free_again_after_a_run(tmp_path: Path) -> None:
    with only_one(tmp_path):
        pass
    with only_one(tmp_path), pytest.raises(CannotRun), only_one(tmp_path):
        pass
