"""The other side of a benchmark: a thin 8x8 and a bot's callback server in one.

`python -m benchmarks.peer --port PORT --jwk FILE`. It answers at once, keeps what
came with the time at which it came, and serves product and naive pipeline alike.
"""

import argparse
import asyncio
import gc
from pathlib import Path
from typing import cast

from benchmarks.peer_store import Peer

HEAD_END = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"
REASONS = {200: "OK", 202: "Accepted", 204: "No Content", 404: "Not Found"}
# With the default some of the calls would wait for a collection.
COLLECT_AFTER = 50_000


class Call(asyncio.Protocol):
    """One connection of a client that sends one request at a time."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is here as a whole."""
        self._received += data
        while (request := parse_request(self._received)) is not None:
            method, target, body, self._received = request
            answer = answer_bytes(*self._peer.answer(method, target, body))
            delay = 0.0 if target.startswith("/bench/") else self._peer.delay_seconds
            if delay and method == "POST":
                asyncio.get_running_loop().call_later(delay, self._write, answer)
            else:
                self._write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


def parse_request(received: bytes) -> tuple[str, str, bytes, bytes] | None:
    """Method, target, body and what follows, once a whole request is here."""
    head, found, rest = received.partition(HEAD_END)
    if not found:
        return None
    lowered = head.lower()
    _, _, after = lowered.partition(LENGTH)
    length = int(after.split(b"\r\n", 1)[0]) if after else 0
    if len(rest) < length:
        return None
    method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    return method, target, rest[:length], rest[length:]


def answer_bytes(status: int, body: bytes) -> bytes:
    """A whole answer on a kept connection."""
    head = f"HTTP/1.1 {status} {REASONS[status]}\r\ncontent-type: application/json\r\n"
    if status == 204:
        return head.encode() + b"\r\n"
    return head.encode() + b"content-length: %d" % len(body) + HEAD_END + body


async def serve(port: int, jwk: bytes) -> None:
    """Serve until killed."""
    peer = Peer(jwk)
    server = await asyncio.get_running_loop().create_server(
        lambda: Call(peer), "127.0.0.1", port, backlog=2048
    )
    await server.serve_forever()


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--jwk", type=Path, required=True)
    given = parser.parse_args()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    asyncio.run(serve(given.port, given.jwk.read_bytes()))


if __name__ == "__main__":
    main()
