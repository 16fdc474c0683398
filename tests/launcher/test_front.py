"""The path-routing front as a real process before real servers on unix sockets."""

import asyncio
import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from aiohttp import web

from launcher.ports import free_port
from launcher.spawning import PROJECT_FOLDER
from tests.stack.waiting import wait_for

TIMEOUT_SECONDS = 20
URL_TOKEN = "a1" * 32
STREAM_PATH = f"/{URL_TOKEN}/stream"


@dataclass
class Backends:
    """Two servers, `web` and `live`, that tell what reached them."""

    folder: Path
    send_second_event: threading.Event = field(default_factory=threading.Event)
    stream_closed: threading.Event = field(default_factory=threading.Event)

    def socket(self, name: str) -> Path:
        return self.folder / f"{name}.sock"

    def application(self, name: str) -> web.Application:
        async def describe(request: web.Request) -> web.Response:
            body = await request.read()
            return web.json_response(
                {
                    "server": name,
                    "method": request.method,
                    "target": request.raw_path,
                    "headers": dict(request.headers),
                    "length": len(body),
                },
                headers={"X-Answered-By": name, "Connection": "X-Hop", "X-Hop": "1"},
            )

        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get(STREAM_PATH, self.stream)
        app.router.add_post("/too-large", refuse_unread)
        app.router.add_get("/cut-short", cut_short)
        app.router.add_route("*", "/{path:.*}", describe)
        return app

    async def stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            await response.write(b"data: first\n\n")
            while not self.send_second_event.is_set():
                await asyncio.sleep(0.01)
            await response.write(b"data: second\n\n")
            await asyncio.Event().wait()
        finally:
            self.stream_closed.set()
        return response

    async def serve(self, started: threading.Event, stop: threading.Event) -> None:
        async with contextlib.AsyncExitStack() as stack:
            for name in ("web", "live"):
                runner = web.AppRunner(
                    self.application(name),
                    handler_cancellation=True,
                    shutdown_timeout=0.1,
                )
                await runner.setup()
                stack.push_async_callback(runner.cleanup)
                await web.UnixSite(runner, str(self.socket(name))).start()
            started.set()
            while not stop.is_set():
                await asyncio.sleep(0.01)


async def refuse_unread(_: web.Request) -> web.Response:
    """Answer before the body is read, as a server does that knows its length."""
    return web.Response(status=413, text="too large")


async def cut_short(request: web.Request) -> web.StreamResponse:
    """Promise more bytes than come."""
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"only this")
    assert request.transport is not None
    request.transport.close()
    return response


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backends]:
    """Both servers, running."""
    made = Backends(tmp_path_factory.mktemp("sockets"))
    started, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(made.serve(started, stop)))
    thread.start()
    assert started.wait(TIMEOUT_SECONDS)
    yield made
    stop.set()
    thread.join()


@pytest.fixture
def backends(servers: Backends) -> Backends:
    """Both servers with nothing going on in them."""
    servers.send_second_event.clear()
    servers.stream_closed.clear()
    return servers


@contextlib.contextmanager
def front_before(folder: Path) -> Iterator[str]:
    """Run the front before sockets in a folder; yield its address."""
    port = free_port()
    sockets = [
        word
        for name in ("web", "live")
        for word in (f"--{name}", str(folder / f"{name}.sock"))
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "launcher.front", "--port", str(port), *sockets],
        cwd=PROJECT_FOLDER,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_for(lambda: _listens(port), what="the front listens")
        yield f"http://localhost:{port}"
        process.terminate()
        assert process.wait(TIMEOUT_SECONDS) == 0


@pytest.fixture(scope="module")
def front_url(servers: Backends) -> Iterator[str]:
    """The front before both servers."""
    with front_before(servers.folder) as url:
        yield url


def _listens(port: int) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/", timeout=TIMEOUT_SECONDS)
        return True
    return False


@pytest.mark.parametrize(
    ("path", "server"),
    [
        ("/", "web"),
        ("/api/v1/handovers/7/events", "live"),
        ("/api/v1/handovers/7/events/?after=3&wait=5", "live"),
        ("/api/v1/handovers/7/events/more", "web"),
        ("/api/v1/handovers/7/messages", "web"),
        ("/api/v1/handovers/7/8/events", "web"),
        (f"/{URL_TOKEN}", "web"),
        (f"/{URL_TOKEN}/stream/", "live"),
        (f"/{URL_TOKEN.upper()}/stream", "web"),
        (f"/x{URL_TOKEN}/stream", "web"),
        ("/agent-assist/stream?sessionId=1", "live"),
        ("/agent-assist/", "web"),
    ],
)
def test_streams_go_to_live_and_the_rest_to_web(
    backends: Backends, front_url: str, path: str, server: str
) -> None:
    answer = requests.get(front_url + path, timeout=TIMEOUT_SECONDS)
    assert answer.json()["server"] == server


def test_a_request_arrives_as_it_was_sent(backends: Backends, front_url: str) -> None:
    body = b"x" * 3_000_000
    answer = requests.put(
        f"{front_url}/a%2Fb//c?q=%20&e",
        data=body,
        headers={
            "Host": "chat.example.com",
            "X-Forwarded-For": "203.0.113.7",
            "X-Forwarded-Proto": "https",
            "X-Custom": "kept",
            "Connection": "X-Dropped",
            "X-Dropped": "1",
        },
        timeout=TIMEOUT_SECONDS,
    )
    seen = answer.json()
    assert seen["method"] == "PUT"
    assert seen["target"] == "/a%2Fb//c?q=%20&e"
    assert seen["length"] == len(body)
    assert seen["headers"]["Host"] == "chat.example.com"
    assert seen["headers"]["X-Custom"] == "kept"
    assert seen["headers"]["X-Forwarded-For"].startswith("203.0.113.7, ")
    assert seen["headers"]["X-Forwarded-Proto"] == "https"
    assert "X-Dropped" not in seen["headers"]
    assert answer.headers["X-Answered-By"] == "web"
    assert "X-Hop" not in answer.headers


def test_a_chunked_body_arrives_with_its_length(
    backends: Backends, front_url: str
) -> None:
    pieces = [b"a" * 700_000, b"b" * 700_000]
    answer = requests.post(f"{front_url}/x", data=iter(pieces), timeout=TIMEOUT_SECONDS)
    seen = answer.json()
    assert seen["length"] == 1_400_000
    assert seen["headers"]["Content-Length"] == "1400000"
    assert "Transfer-Encoding" not in seen["headers"]


def test_a_refusal_before_the_end_of_a_large_body_reaches_the_client(
    backends: Backends, front_url: str
) -> None:
    answer = requests.post(
        f"{front_url}/too-large", data=b"x" * 5_000_000, timeout=TIMEOUT_SECONDS
    )
    assert (answer.status_code, answer.text) == (413, "too large")


def test_events_arrive_one_by_one_and_a_leaving_client_closes_the_stream_behind(
    backends: Backends, front_url: str
) -> None:
    with requests.get(
        front_url + STREAM_PATH, stream=True, timeout=TIMEOUT_SECONDS
    ) as answer:
        lines = answer.iter_lines()
        assert next(lines) == b"data: first"
        assert not backends.send_second_event.is_set()
        backends.send_second_event.set()
        assert next(lines) == b""
        assert next(lines) == b"data: second"
        assert not backends.stream_closed.is_set()
    assert backends.stream_closed.wait(TIMEOUT_SECONDS)


def test_an_answer_that_breaks_off_does_not_look_whole(
    backends: Backends, front_url: str
) -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(f"{front_url}/cut-short", timeout=TIMEOUT_SECONDS)


def test_a_server_that_is_down_gives_503_as_a_problem(tmp_path: Path) -> None:
    with front_before(tmp_path) as url:
        answer = requests.get(f"{url}/healthz", timeout=TIMEOUT_SECONDS)
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["status"] == 503
