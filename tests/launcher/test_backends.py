"""The front before two servers of a kind, one of which goes away."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Self

import pytest
import requests

from launcher.ports import free_port
from launcher.spawning import PROJECT_FOLDER
from tests.stack.waiting import wait_for

TIMEOUT_SECONDS = 20
EVENT = {"X-8x8-Event-Id": "e-1"}
KEY = {"Idempotency-Key": "k-1"}


@dataclass
class Server:
    """Answers with its name. `leaving`: its health is bad. `breaks_off`: it takes a
    request and closes the connection without a word.
    """

    path: Path
    leaving: bool = False
    breaks_off: bool = False
    taken: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingUnixStreamServer(str(self.path), self._handler_class())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.path.unlink()

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path == "/healthz":
                    self._answer(503 if server.leaving else 200, b"")
                else:
                    self._take()

            def do_POST(self) -> None:
                self._take()

            def _take(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                server.bodies.append(self.rfile.read(length))
                server.taken.append(self.path)
                if server.breaks_off:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                self._answer(200, server.path.stem.encode())

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        return Handler


@dataclass
class Place:
    """Two servers and the front before them."""

    one: Server
    two: Server
    url: str

    def ask(self, method: str = "GET", path: str = "/x", **more: object) -> str:
        answer = requests.request(
            method,
            self.url + path,
            timeout=TIMEOUT_SECONDS,
            **more,  # type: ignore[arg-type]
        )
        return answer.text if answer.ok else str(answer.status_code)

    def askers(self, count: int = 20) -> Counter[str]:
        """Who answers so many requests."""
        return Counter(self.ask() for _ in range(count))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    port = free_port()
    one, two = Server(tmp_path / "one.sock"), Server(tmp_path / "two.sock")
    command = [sys.executable, "-m", "launcher.front", "--port", str(port)]
    command += [f"--web={server.path}" for server in (one, two)]
    command += [f"--live={server.path}" for server in (one, two)]
    with (
        one,
        two,
        subprocess.Popen(
            command, cwd=PROJECT_FOLDER, stderr=subprocess.DEVNULL
        ) as process,
    ):
        made = Place(one, two, f"http://localhost:{port}")
        wait_for(lambda: _answers(made), what="the front listens")
        yield made
        process.terminate()
        assert process.wait(TIMEOUT_SECONDS) == 0


def _answers(place: Place) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return bool(place.ask())
    return False


def test_both_take_their_share(place: Place) -> None:
    assert place.askers(20) == {"one": 10, "two": 10}


def test_one_that_is_about_to_end_gets_nothing_new_until_it_is_back(
    place: Place,
) -> None:
    place.one.leaving = True
    wait_for(lambda: set(place.askers()) == {"two"}, what="one is left alone")
    place.one.leaving = False
    wait_for(lambda: set(place.askers()) == {"one", "two"}, what="one is back")


def test_when_all_are_about_to_end_they_are_asked_all_the_same(place: Place) -> None:
    place.one.leaving = place.two.leaving = True
    wait_for(lambda: place.askers(), what="an answer")
    assert sum(place.askers(20).values()) == 20
    assert set(place.askers(20)) == {"one", "two"}


def test_what_one_server_never_took_goes_to_the_other(place: Place) -> None:
    with contextlib.ExitStack() as gone:
        gone.callback(place.one.__enter__)
        place.one.__exit__()
        answers = {place.ask("POST", data=b"body") for _ in range(10)}
    assert answers == {"two"}
    assert place.two.bodies.count(b"body") == 10


@pytest.mark.parametrize(
    ("method", "headers"),
    [("GET", {}), ("POST", KEY), ("POST", EVENT)],
    ids=["a-read", "a-post-with-a-key", "a-callback-of-8x8"],
)
def test_what_broke_off_unanswered_is_repeated_where_that_is_safe(
    place: Place, method: str, headers: dict[str, str]
) -> None:
    place.one.breaks_off = True
    answers = {place.ask(method, "/it", headers=headers) for _ in range(4)}
    assert answers == {"two"}
    assert "/it" in place.one.taken


def test_a_post_that_nobody_could_recognise_is_never_repeated(place: Place) -> None:
    place.one.breaks_off = place.two.breaks_off = True
    assert place.ask("POST", "/it", data=b"body") == "502"
    assert place.one.taken.count("/it") + place.two.taken.count("/it") == 1
