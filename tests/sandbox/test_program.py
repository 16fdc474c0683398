"""The program itself: start, stop, what it keeps."""

import signal
import socket
import threading
from pathlib import Path

import pytest
import requests

from tests.sandbox.running import (
    STOP_SECONDS,
    Caller,
    RunningSandbox,
    start_body,
    start_program,
    webhook_body,
)


def test_a_taken_port_is_explained(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        program = start_program("--port", port, data=tmp_path)
        output, errors = program.communicate(timeout=STOP_SECONDS)
    assert program.returncode == 1
    assert output == ""
    assert f"port {port} on 127.0.0.1 is taken" in errors
    assert "Traceback" not in errors


def test_a_setting_that_is_no_number_is_explained(tmp_path: Path) -> None:
    program = start_program("--port", "0", data=tmp_path, SANDBOX_RETRY_SECONDS="soon")
    _, errors = program.communicate(timeout=STOP_SECONDS)
    assert program.returncode == 1
    assert "SANDBOX_RETRY_SECONDS" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_with_calls_open(
    tmp_path: Path, number: signal.Signals
) -> None:
    with RunningSandbox(data=tmp_path) as running:
        api = Caller(url=running.url)
        api.arm("timeout")

        def hang() -> None:
            with pytest.raises(requests.ConnectionError):
                api.gateway("POST", "/conversations", json=start_body())

        with requests.get(
            f"{running.url}/sandbox/stream", stream=True, timeout=5
        ) as page:
            lines = page.iter_lines()
            assert next(lines) == b"event: change"
            caller = threading.Thread(target=hang)
            caller.start()
            # A fault that strikes is a change, and the stream tells of each.
            while api.armed():
                next(lines)
            running.process.send_signal(number)
            assert running.process.wait(STOP_SECONDS) == 0
            caller.join()


def test_key_and_registrations_outlive_a_restart_and_conversations_do_not(
    tmp_path: Path,
) -> None:
    body = webhook_body(uri="http://127.0.0.1:9/mine")
    with RunningSandbox(data=tmp_path) as running:
        api = Caller(url=running.url)
        api.gateway("PUT", "/webhooks/sandbox-webhook", json=body)
        api.start_conversation()
        key = (tmp_path / "signing-key.pem").read_bytes()
    with RunningSandbox(data=tmp_path) as running:
        api = Caller(url=running.url)
        webhook = api.gateway("GET", "/webhooks/sandbox-webhook").json()
        assert webhook["uri"] == "http://127.0.0.1:9/mine"
        assert api.conversations() == []
    assert (tmp_path / "signing-key.pem").read_bytes() == key
    assert (tmp_path / "signing-key.pem").stat().st_mode & 0o077 == 0
