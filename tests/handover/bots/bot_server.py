"""A bot behind HTTP on a real port, in a few lines of its own."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

STALL_LIMIT_SECONDS = 60.0


@dataclass(frozen=True)
class BotAnswer:
    """What goes back over the wire."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BotRequest:
    """One POST as it came. Header names are lower case."""

    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


Answering = Callable[[BotRequest], BotAnswer]


def answer_json(document: object, *, status: int = 200) -> BotAnswer:
    return BotAnswer(status, json.dumps(document).encode())


class BotServer:
    """Answers each POST by `answering`, which a test may exchange, and keeps it."""

    def __init__(self, answering: Answering) -> None:
        self.answering = answering
        self.received: list[BotRequest] = []
        self.release = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler_class())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/turns"

    def stall(self, _: BotRequest) -> BotAnswer:
        """An `answering` that keeps the caller waiting until the test is over."""
        self.release.wait(STALL_LIMIT_SECONDS)
        return BotAnswer(204)

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): v for name, v in self.headers.items()}
                request = BotRequest(headers, body)
                server.received.append(request)
                answer = server.answering(request)
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)
                except ConnectionError:
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent: the tests read `received`."""

        return Handler
