"""A bot's callback server on a real port: keeps what arrives, fails when told to."""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

STALL_LIMIT_SECONDS = 60.0


@dataclass(frozen=True)
class ReceivedCallback:
    """One POST as it came over the wire. Header names are lower case."""

    path: str
    headers: dict[str, str]
    body: bytes
    answered: int

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        document: dict[str, Any] = json.loads(self.body)
        return document


class CallbackSink:
    """Answers POSTs with 204 and records them; a plan of failures goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received: list[ReceivedCallback] = []
        self._failures: list[int] = []
        self._stalls = 0
        self._stalled = 0
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
        """Where the bot wants its callbacks."""
        return f"http://127.0.0.1:{self._server.server_port}/callbacks"

    @property
    def received(self) -> list[ReceivedCallback]:
        """Everything that came so far, refused calls included, in order."""
        with self._lock:
            return list(self._received)

    @property
    def stalled(self) -> int:
        """How many calls are being left without an answer now."""
        with self._lock:
            return self._stalled

    @property
    def accepted(self) -> list[ReceivedCallback]:
        """What was answered with 2xx, in order."""
        return [callback for callback in self.received if callback.answered < 300]

    def documents(self, event_type: str = "") -> list[dict[str, Any]]:
        """Accepted JSON bodies, all or of one `type`."""
        found = [callback.document for callback in self.accepted]
        return [d for d in found if not event_type or d["type"] == event_type]

    def fail_next(self, count: int, *, status: int = 500) -> None:
        """Answer the next calls with an error."""
        with self._lock:
            self._failures.extend([status] * count)

    def stall_next(self, count: int) -> None:
        """Leave the next calls without an answer until released."""
        with self._lock:
            self._stalls += count
            self._release.clear()

    def release(self) -> None:
        """Answer all stalled calls now."""
        self._release.set()

    def clear(self) -> None:
        """Forget what came and what was planned."""
        with self._lock:
            self._received.clear()
            self._failures.clear()
            self._stalls = 0
        self._release.set()

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        with self._lock:
            stalls = self._stalls > 0
            self._stalls -= stalls
            self._stalled += stalls
        if stalls:
            self._release.wait(STALL_LIMIT_SECONDS)
        with self._lock:
            self._stalled -= stalls
            status = self._failures.pop(0) if self._failures else 204
            self._received.append(ReceivedCallback(path, headers, body, status))
        return status

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                headers = {name.lower(): v for name, v in self.headers.items()}
                status = sink._take(self.path, headers, self.rfile.read(length))
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except ConnectionError:
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent: the tests read `received`."""

        return Handler
