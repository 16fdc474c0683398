"""A bare HTTP/1.1 client: prebuilt bytes out, status and body in, over asyncio.

A load generator that parses and builds as little as possible, so that it measures
the server and not itself.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

# A path is a unix socket, a number a port of this machine.
Target = Path | int
HEAD_END = b"\r\n\r\n"
LENGTH, CHUNKED = b"content-length:", b"transfer-encoding: chunked"
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300


class Connection(asyncio.Protocol):
    """One kept connection that carries one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits for an answer."""
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionResetError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        """Collect one answer with a Content-Length, or without a body."""
        self._received += data
        answer = parse_answer(self._received)
        if answer is not None and self._waiting is not None:
            self._received = b""
            if not self._waiting.done():
                self._waiting.set_result(answer)

    @property
    def is_open(self) -> bool:
        """Whether it can carry another request."""
        return self._transport is not None

    async def call(self, request: bytes) -> Answer:
        """Send a whole request and wait for its answer. Raises ConnectionError."""
        if self._transport is None:
            raise ConnectionResetError("not connected")
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


async def connect(target: Target) -> Connection:
    """Open a connection. Raises OSError."""
    loop = asyncio.get_running_loop()
    if isinstance(target, Path):
        _, connection = await loop.create_unix_connection(Connection, str(target))
    else:
        _, connection = await loop.create_connection(Connection, "127.0.0.1", target)
    return connection


def parse_answer(received: bytes) -> Answer | None:
    """The answer, once it is here as a whole; a chunked body is left in its chunks."""
    head, found, rest = received.partition(HEAD_END)
    if not found:
        return None
    status_line, *lines = head.split(b"\r\n")
    status = int(status_line.split(b" ", 2)[1])
    lowered = [line.lower() for line in lines]
    if CHUNKED in lowered:
        return Answer(status, rest) if rest.endswith(LAST_CHUNK) else None
    length = sum(int(line[len(LENGTH) :]) for line in lowered if line[:15] == LENGTH)
    return Answer(status, rest) if len(rest) >= length else None


def request_bytes(
    method: str, path: str, *, headers: Mapping[str, str], body: bytes = b""
) -> bytes:
    """A whole request of a client that keeps its connection."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "host: localhost",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join(lines).encode() + HEAD_END + body
