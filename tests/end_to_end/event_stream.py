"""Reading server-sent events in a thread, as a client that stays connected."""

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, Self
from urllib.parse import urlsplit

from tests.stack.waiting import wait_for

CONNECT_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class StreamedEvent:
    """One event as it came."""

    id: int
    event: str
    data: Any


class EventStream:
    """An open stream; leaving the block hangs up."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        self._url = urlsplit(url)
        self._headers = {"Accept": "text/event-stream", **(headers or {})}
        self._lock = threading.Lock()
        self._events: list[StreamedEvent] = []
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        host, port = self._url.hostname or "", self._url.port
        connection = HTTPConnection(host, port, timeout=CONNECT_TIMEOUT_SECONDS)
        connection.connect()
        # The connection forgets its socket when the answer has no length.
        self._socket: socket.socket = connection.sock
        target = f"{self._url.path}?{self._url.query}"
        connection.request("GET", target, headers=self._headers)
        self._response: HTTPResponse = connection.getresponse()
        self._connection = connection
        assert self._response.status == 200, self._response.read()
        kind = self._response.headers["Content-Type"]
        assert kind.startswith("text/event-stream"), kind
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # the server may have hung up first
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._response.close()
        self._connection.close()
        self._socket.close()

    @property
    def events(self) -> list[StreamedEvent]:
        """Everything so far."""
        with self._lock:
            return list(self._events)

    @property
    def is_open(self) -> bool:
        """Tell whether more may come."""
        return self._thread.is_alive()

    def data(self, *names: str) -> list[Any]:
        """The data of the events with these names."""
        return [found.data for found in self.events if found.event in names]

    def wait_for(self, count: int, *names: str) -> list[Any]:
        """The data of `count` such events, once they are there."""
        wait_for(
            lambda: len(self.data(*names)) >= count,
            what=f"{count} events {names} on the stream",
        )
        return self.data(*names)

    def _read(self) -> None:
        fields: dict[str, str] = {}
        try:
            while line := self._response.readline():
                text = line.decode().rstrip("\n")
                if text:
                    name, _, value = text.partition(": ")
                    fields[name] = value
                    continue
                self._note(fields)
                fields = {}
        except (OSError, HTTPException):
            return

    def _note(self, fields: dict[str, str]) -> None:
        if "data" not in fields:
            return
        streamed = StreamedEvent(
            id=int(fields["id"]), event=fields["event"], data=json.loads(fields["data"])
        )
        with self._lock:
            self._events.append(streamed)
