"""Many open streams in a thread of their own: keeps what comes, with its time."""

import asyncio
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self, cast

AT_ONCE = 50
OPEN_WITHIN_SECONDS = 60.0
# The first bytes of a body say that the server has begun the stream.
OPENED = b"retry:"


class Stream(asyncio.Protocol):
    """One stream: pieces of its body with the Unix time at which they came."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.opened = asyncio.get_running_loop().create_future()
        self.pieces: list[tuple[float, bytes]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Keep what came."""
        self.pieces.append((time.time(), data))
        if OPENED in data and not self.opened.done():
            self.opened.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """A stream that ends before it began was refused."""
        if not self.opened.done():
            head = b"".join(data for _, data in self.pieces)[:300]
            self.opened.set_exception(ConnectionRefusedError(head.decode()))

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


class StreamHolder:
    """Holds one stream per request while its block runs."""

    def __init__(self, socket: Path, requests: Sequence[bytes]) -> None:
        self._socket, self._requests = str(socket), requests
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.streams: list[Stream] = []

    def __enter__(self) -> Self:
        self._thread.start()
        opening = asyncio.run_coroutine_threadsafe(self._open(), self._loop)
        try:
            opening.result(OPEN_WITHIN_SECONDS)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    async def _open(self) -> None:
        for at in range(0, len(self._requests), AT_ONCE):
            opened = [
                (await self._loop.create_unix_connection(self._make(one), self._socket))
                for one in self._requests[at : at + AT_ONCE]
            ]
            streams = [stream for _, stream in opened]
            self.streams += streams
            await asyncio.gather(*(stream.opened for stream in streams))

    def _make(self, request: bytes) -> "type[Stream]":
        return cast("type[Stream]", lambda: Stream(request))

    def _end(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        for stream in self.streams:
            stream.close()
        await asyncio.sleep(0)
