"""The wire between the product and 8x8: real sockets that can be held, cut or faked.

An HTTP server that passes everything on to the sandbox, unless it was told to do
something else with the next call that fits.
"""

import http.client
import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

WAIT_SECONDS = 15.0
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Passed:
    """One call as it came; `status` is what the product was answered, 0: nothing."""

    method: str
    path: str
    body: bytes
    status: int

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass
class Plan:
    """What happens to the next call that fits."""

    method: str
    path: str
    # Before the call reaches 8x8, and after 8x8 has answered.
    held_before: bool = False
    held_after: bool = False
    answer: Answer | None = None
    loses_answer: bool = False
    dropped: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    freed: threading.Event = field(default_factory=threading.Event)

    def wait_until_reached(self) -> None:
        assert self.reached.wait(WAIT_SECONDS), f"no {self.method} {self.path} came"

    def release(self) -> None:
        self.freed.set()

    def drop(self) -> None:
        """Let go of it and cut the connection: a call that was held never arrives."""
        self.dropped = True
        self.freed.set()

    def fits(self, method: str, path: str) -> bool:
        return self.method in ("", method) and self.path in path


class Wire:
    """`url` is the Base URL to give to the product."""

    def __init__(self, *, target: str) -> None:
        self._target = urlsplit(target).netloc
        self._lock = threading.Lock()
        self._plans: list[Plan] = []
        self._passed: list[Passed] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.reset()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def calls(self, method: str = "", path: str = "") -> list[Passed]:
        """What came so far, in order; `path` is any part of it."""
        with self._lock:
            return [
                call
                for call in self._passed
                if method in ("", call.method) and path in call.path
            ]

    def reset(self) -> None:
        """Let go of everything held and forget what came."""
        with self._lock:
            plans, self._plans = self._plans, []
            self._passed = []
        for plan in plans:
            plan.drop()

    def answer_next(
        self,
        status: int,
        document: object = None,
        *,
        method: str = "POST",
        path: str = "",
        headers: dict[str, str] | None = None,
        times: int = 1,
    ) -> None:
        """Answer in 8x8's place; the call does not reach it."""
        body = b"" if document is None else json.dumps(document).encode()
        for _ in range(times):
            self._add(
                Plan(method=method, path=path, answer=(status, headers or {}, body))
            )

    def lose_answer(self, *, method: str = "POST", path: str = "") -> None:
        """Let the call happen at 8x8 and cut the connection before its answer."""
        self._add(Plan(method=method, path=path, loses_answer=True))

    def hold_call(self, *, method: str = "POST", path: str = "") -> Plan:
        """Keep the call from 8x8 until released."""
        return self._add(Plan(method=method, path=path, held_before=True))

    def hold_answer(self, *, method: str = "POST", path: str = "") -> Plan:
        """Let the call happen at 8x8 and keep its answer until released."""
        return self._add(Plan(method=method, path=path, held_after=True))

    def _add(self, plan: Plan) -> Plan:
        with self._lock:
            self._plans.append(plan)
        return plan

    def _take(self, method: str, path: str) -> Plan | None:
        with self._lock:
            for plan in self._plans:
                if plan.fits(method, path):
                    self._plans.remove(plan)
                    return plan
        return None

    def carry(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Answer | None:
        """What to answer; None: the connection is cut instead."""
        plan = self._take(method, path)
        answer = self._through(plan, lambda: self._forward(method, path, headers, body))
        with self._lock:
            self._passed.append(
                Passed(method, path, body, 0 if answer is None else answer[0])
            )
        return answer

    def _through(
        self, plan: Plan | None, forward: Callable[[], Answer]
    ) -> Answer | None:
        if plan is None:
            return forward()
        if plan.held_before:
            _hold(plan)
            if plan.dropped:
                return None
        answer = plan.answer or forward()
        if plan.held_after:
            _hold(plan)
        plan.reached.set()
        return None if plan.loses_answer or plan.dropped else answer

    def _forward(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        connection = http.client.HTTPConnection(self._target, timeout=WAIT_SECONDS)
        try:
            connection.request(method, path, body=body or None, headers=headers)
            response = connection.getresponse()
            kept = {
                name: value
                for name, value in response.getheaders()
                if name.lower() in ("content-type", "retry-after")
            }
            return response.status, kept, response.read()
        finally:
            connection.close()


def _hold(plan: Plan) -> None:
    plan.reached.set()
    plan.freed.wait(WAIT_SECONDS)


def _handler_of(wire: Wire) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _carry(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in ("host", "connection", "content-length")
            }
            answer = wire.carry(self.command, self.path, headers, body)
            try:
                self._cut() if answer is None else self._say(*answer)
            except OSError:
                self.close_connection = True

        def _cut(self) -> None:
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE
            )
            self.close_connection = True

        def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = _carry

        def log_message(self, *_: object) -> None:
            """Quiet: the tests read `calls`."""

    return Handler
