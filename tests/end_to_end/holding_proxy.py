"""A reverse proxy in front of 8x8 that can keep an answer back.

So a test stands, for as long as it likes, at the moment when 8x8 has done something
and we have not heard of it.
"""

import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import requests

HELD_AT_MOST_SECONDS = 60.0
CALL_TIMEOUT_SECONDS = 30.0
# What belongs to one connection, and what is written anew for the other one.
NOT_PASSED_ON = {"connection", "content-length", "transfer-encoding", "host"}


@dataclass(frozen=True)
class _Plan:
    method: str
    path: re.Pattern[str]


class HoldingProxy:
    """Passes calls on to `target`; `hold_next` keeps back the answers to some."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._plans: list[_Plan] = []
        self._held = 0
        self._release = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler_class())
        self._server.daemon_threads = True
        # Leaving the block waits for one round of this poll.
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Base URL of the 8x8 behind."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def held(self) -> int:
        """How many answers are being kept back now."""
        with self._lock:
            return self._held

    def hold_next(self, method: str, path: str) -> None:
        """Keep the answer to the next call back until released, then drop it.

        `path` is a regular expression for its end. 8x8 has got the call and done it.
        """
        with self._lock:
            self._release.clear()
            self._plans.append(_Plan(method, re.compile(rf"{path}$")))

    def release(self) -> None:
        """Let go: whoever still waits sees the connection break."""
        self._release.set()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length", 0))
        body = handler.rfile.read(length)
        headers = {
            name: value
            for name, value in handler.headers.items()
            if name.lower() not in NOT_PASSED_ON
        }
        answer = requests.request(
            handler.command,
            self._target + handler.path,
            data=body,
            headers=headers,
            timeout=CALL_TIMEOUT_SECONDS,
            allow_redirects=False,
        )
        if self._is_to_be_held(handler.command, handler.path.partition("?")[0]):
            self._hold()
            handler.close_connection = True
            return
        handler.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in NOT_PASSED_ON:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.content)))
        handler.end_headers()
        handler.wfile.write(answer.content)

    def _is_to_be_held(self, method: str, path: str) -> bool:
        with self._lock:
            for plan in self._plans:
                if plan.method == method and plan.path.search(path):
                    self._plans.remove(plan)
                    return True
        return False

    def _hold(self) -> None:
        with self._lock:
            self._held += 1
        self._release.wait(HELD_AT_MOST_SECONDS)
        with self._lock:
            self._held -= 1

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                try:
                    proxy._answer(self)
                except ConnectionError:
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent: the tests look at 8x8 itself."""

        return Handler
