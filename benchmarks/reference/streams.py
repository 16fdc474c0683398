"""The least that holds streams open: what uvicorn alone costs."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
OPENING = b"retry: 2000\n\n"

_listeners: dict[str, set[asyncio.Queue[bytes]]] = defaultdict(set)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """GET /stream/<key> stays open; POST /tell/<key> tells those; else 200."""
    if scope["type"] != "http":
        return
    _, _, key = scope["path"].rpartition("/")
    if scope["path"].startswith("/stream/"):
        await _stream(key, receive, send)
        return
    if scope["method"] == "POST":
        message = await receive()
        for listener in list(_listeners[key]):
            listener.put_nowait(message["body"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


async def _stream(key: str, receive: Receive, send: Send) -> None:
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": OPENING, "more_body": True})
    listener: asyncio.Queue[bytes] = asyncio.Queue()
    _listeners[key].add(listener)
    try:
        await _write(listener, receive, send)
    finally:
        _listeners[key].discard(listener)


async def _write(
    listener: "asyncio.Queue[bytes]", receive: Receive, send: Send
) -> None:
    """Pass on until the client hangs up."""
    gone = asyncio.ensure_future(receive())
    while True:
        told = asyncio.ensure_future(listener.get())
        await asyncio.wait((gone, told), return_when=asyncio.FIRST_COMPLETED)
        if gone.done() and not told.done():
            # The request's own empty body comes first, the hang-up later.
            if gone.result()["type"] == "http.disconnect":
                told.cancel()
                return
            gone = asyncio.ensure_future(receive())
            told.cancel()
            continue
        frame = b"data: " + told.result() + b"\n\n"
        await send({"type": "http.response.body", "body": frame, "more_body": True})
