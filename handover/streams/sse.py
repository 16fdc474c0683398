"""Server-sent events: catch up from the database, then follow the hints.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import Error as DatabaseError
from django.http import HttpRequest, StreamingHttpResponse

from handover.streams.hub import Key, current_hub
from handover.streams.reading import read_in_thread

logger = logging.getLogger(__name__)

# A `read` returns at most so many items; when it returns as many, it is asked again.
BATCH_SIZE = 200
CLIENT_RETRY_MILLISECONDS = 2000
# After a good-bye: soon, but not all at the same moment.
RETURN_MILLISECONDS = (100, 1000)
KEEP_ALIVE_SECONDS = 15.0
# A stream ends now and then and the client comes back by itself: so a revoked key or
# an endpoint switched off takes effect on those who were connected before, too.
MAX_STREAM_SECONDS = 30 * 60.0
MAX_POSITION = 2**31 - 1

Read = Callable[[int], Sequence["StreamItem"]]


@dataclass(frozen=True)
class StreamItem:
    """One event of a stream. `id` rises; a client resumes after the last it saw."""

    id: int
    event: str
    data: dict[str, Any]


def stream_response(
    *, request: HttpRequest, key: Key, read: Read, after: int
) -> StreamingHttpResponse:
    """Stream everything after `after`, then whatever comes. Only under ASGI.

    `read(position)` is ordinary database code: the items after `position` in order,
    at most BATCH_SIZE of them. It runs in a thread whenever there is a hint for
    `key`, and every few seconds without one.
    """
    content = _frames(key, read, after) if request.method != "HEAD" else _nothing()
    response = StreamingHttpResponse(content, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def resume_position(request: HttpRequest) -> int:
    """Where to go on: `Last-Event-ID`, else `?after=`, else the beginning (0).

    What is no number counts as not given.
    """
    for given in (request.headers.get("Last-Event-ID"), request.GET.get("after")):
        if given and given.isascii() and given.isdecimal():
            return int(given) if len(given) <= 10 else MAX_POSITION
    return 0


def frame(item: StreamItem) -> bytes:
    """One event on the wire. JSON has no raw line breaks, so one `data` line does."""
    data = json.dumps(item.data, ensure_ascii=False, separators=(",", ":"))
    text = f"id: {item.id}\nevent: {item.event}\ndata: {data}\n\n"
    # Half a surrogate pair cannot be written; it must not end the stream.
    return text.encode(errors="replace")


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def _frames(key: Key, read: Read, after: int) -> AsyncIterator[bytes]:
    # The first bytes go out at once: proxies and browsers open the stream by them.
    yield _retry(CLIENT_RETRY_MILLISECONDS)
    position, started = after, time.monotonic()
    written = started
    async with current_hub().listen(key) as listener:
        while not listener.closing and time.monotonic() < started + MAX_STREAM_SECONDS:
            items = await _read(read, position)
            for item in items:
                yield frame(item)
                position = item.id
            now = time.monotonic()
            if items:
                written = now
            elif now >= written + KEEP_ALIVE_SECONDS:
                yield b": keep-alive\n\n"
                written = now
            if len(items) < BATCH_SIZE:
                await listener.wait(timeout_seconds=written + KEEP_ALIVE_SECONDS - now)
    # The connection is over, not the stream: the client shall come back at once.
    yield _retry(random.randint(*RETURN_MILLISECONDS))  # noqa: S311 - no secret


def _retry(milliseconds: int) -> bytes:
    return f"retry: {milliseconds}\n\n".encode()


async def _read(read: Read, position: int) -> Sequence[StreamItem]:
    """Look once; a database that is away is looked at again later."""
    try:
        return await read_in_thread(read, position)
    except DatabaseError as error:
        logger.warning("stream: no look possible: %s", type(error).__name__)
        return ()
