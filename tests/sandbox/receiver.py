"""The product's side of the callbacks: a server that keeps what it gets."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

WAIT_SECONDS = 10.0


@dataclass(frozen=True)
class Received:
    headers: dict[str, str]  # names in small letters
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document

    @property
    def event_type(self) -> str:
        return str(self.document["eventType"])

    @property
    def event_id(self) -> str:
        return self.headers["x-8x8-event-id"]


class Receiver:
    """Answers 200, or with the statuses that `answer_next` was given."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self._statuses: list[int] = []
        self._changed = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/callbacks"

    @property
    def types(self) -> list[str]:
        return [callback.event_type for callback in self.received]

    def answer_next(self, *statuses: int) -> None:
        with self._changed:
            self._statuses.extend(statuses)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            met = self._changed.wait_for(condition, WAIT_SECONDS)
        assert met, f"received only {self.types}"

    def wait_for_count(self, count: int) -> list[Received]:
        """Exactly so many; one more by then is an error."""
        self.wait_for(lambda: len(self.received) >= count)
        assert len(self.received) == count, self.types
        return self.received

    def wait_for_type(self, event_type: str, count: int = 1) -> list[Received]:
        def found() -> list[Received]:
            return [item for item in self.received if item.event_type == event_type]

        self.wait_for(lambda: len(found()) >= count)
        return found()

    def clear(self) -> None:
        with self._changed:
            self.received.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _note(self, received: Received) -> int:
        with self._changed:
            self.received.append(received)
            self._changed.notify_all()
            return self._statuses.pop(0) if self._statuses else 200

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        note = self._note

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(note(Received(headers, body)))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler
