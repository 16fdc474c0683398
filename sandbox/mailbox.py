"""The first attempts of one conversation's callbacks, one after another."""

import asyncio
from collections import deque

from sandbox.callback_log import Callback


class Mailbox:
    def __init__(self) -> None:
        self.waiting: deque[Callback] = deque()
        self.quiet = asyncio.Event()
        self._arrived = asyncio.Event()

    def put(self, callback: Callback) -> None:
        self.waiting.append(callback)
        self.quiet.clear()
        self._arrived.set()

    async def next(self, *, timeout_seconds: float) -> Callback | None:
        """The next callback, or None when none came in time."""
        if not self.waiting:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), timeout_seconds)
            except TimeoutError:
                return None
        return self.waiting.popleft()
