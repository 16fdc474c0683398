"""Tells open desktop pages that something changed. A hint only, never the content."""

import asyncio


class Changes:
    def __init__(self) -> None:
        self._listeners: set[asyncio.Event] = set()
        self.closing = asyncio.Event()

    def announce(self) -> None:
        for listener in self._listeners:
            listener.set()

    def close(self) -> None:
        """Lets long answers end before the server stops."""
        self.closing.set()
        self.announce()

    def listen(self) -> asyncio.Event:
        listener = asyncio.Event()
        listener.set()
        self._listeners.add(listener)
        return listener

    def leave(self, listener: asyncio.Event) -> None:
        self._listeners.discard(listener)
