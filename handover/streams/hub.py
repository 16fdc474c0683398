"""One Redis subscriber per process, fanned out to the tasks that wait for a hint."""

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from weakref import WeakKeyDictionary

import redis.asyncio
import redis.exceptions
from django.conf import settings

from handover import stopping
from handover.delivery.hints import CHANNEL
from handover.streams.termination import TerminationNotice

logger = logging.getLogger(__name__)

# What a hint is about: ("session", primary key) or ("handover", UUID as text).
Key = tuple[str, object]

CONNECT_TIMEOUT_SECONDS = 1.0
RECONNECT_SECONDS = 1.0
# On a line that died silently a health check is the only thing that notices.
HEALTH_CHECK_SECONDS = 10.0
# A hint may be lost, so whoever waits looks at the database now and then anyway: at
# random times, or a thousand streams would look all at once.
LOOK_SECONDS = (10.0, 20.0)
PUBSUB_SECONDS = 5.0
LOOK_WITHOUT_REDIS_SECONDS = 1.0


class Hub:
    """Wakes listeners by key. Subscribed as long as anybody listens."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: dict[Key, set[asyncio.Event]] = {}
        self._subscriber: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self._notice: TerminationNotice | None = None
        self.connected = False
        self.closing = False

    @asynccontextmanager
    async def listen(self, key: Key) -> AsyncIterator["Listener"]:
        """Hear of `key`: what is committed after entry is never missed.

        Entry waits for the subscription, shortly where Redis is away.
        """
        hint = asyncio.Event()
        self._listeners.setdefault(key, set()).add(hint)
        self._start()
        try:
            await _wait(self._settled, timeout_seconds=CONNECT_TIMEOUT_SECONDS)
            yield Listener(self, hint)
        finally:
            self._listeners[key].discard(hint)
            if not self._listeners[key]:
                del self._listeners[key]
            if not self._listeners:
                await self._stop()

    def close(self) -> None:
        """Have everybody who listens come to an end."""
        self.closing = True
        self._wake_all()

    def _start(self) -> None:
        if self._subscriber is not None:
            return
        loop = asyncio.get_running_loop()
        self._settled.clear()
        self._subscriber = loop.create_task(self._stay_subscribed())
        self._notice = TerminationNotice(partial(loop.call_soon_threadsafe, self.close))
        self._notice.install()

    async def _stop(self) -> None:
        subscriber, self._subscriber = self._subscriber, None
        notice, self._notice = self._notice, None
        self.connected = False
        if notice is not None:
            notice.remove()
        if subscriber is not None:
            subscriber.cancel()
            await asyncio.wait([subscriber])

    async def _stay_subscribed(self) -> None:
        while True:
            try:
                await self._follow()
            except (redis.exceptions.RedisError, OSError) as error:
                if self.connected or not self._settled.is_set():
                    logger.warning("streams without hints: %s", type(error).__name__)
            self.connected = False
            self._settled.set()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _follow(self) -> None:
        client = redis.asyncio.Redis.from_url(
            self._url,
            socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
            health_check_interval=HEALTH_CHECK_SECONDS,
        )
        async with client, client.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            while True:
                message = await pubsub.get_message(timeout=PUBSUB_SECONDS)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self._subscribed()
                elif message["type"] == "message":
                    self._pass_on(message["data"])

    def _subscribed(self) -> None:
        self.connected = True
        self._settled.set()
        # Whatever was published while nobody was subscribed is seen by looking.
        self._wake_all()

    def _pass_on(self, data: bytes) -> None:
        hint = json.loads(data)
        for key in (("session", hint["session"]), ("handover", hint["handover"])):
            for listener in self._listeners.get(key, ()):
                listener.set()

    def _wake_all(self) -> None:
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.set()


class Listener:
    """One task's ear at the hub."""

    def __init__(self, hub: Hub, hint: asyncio.Event) -> None:
        self._hub = hub
        self._hint = hint

    @property
    def closing(self) -> bool:
        """Tell whether the process is about to stop."""
        return self._hub.closing or stopping.is_asked()

    async def wait(self, *, timeout_seconds: float) -> None:
        """Return at a hint, or when it is time to look without one."""
        if self.closing:
            return
        look = LOOK_WITHOUT_REDIS_SECONDS
        if self._hub.connected:
            look = random.uniform(*LOOK_SECONDS)  # noqa: S311 - no secret
        await _wait(self._hint, timeout_seconds=min(timeout_seconds, look))
        self._hint.clear()


async def _wait(event: asyncio.Event, *, timeout_seconds: float) -> None:
    try:
        async with asyncio.timeout(timeout_seconds):
            await event.wait()
    except TimeoutError:
        return


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current_hub() -> Hub:
    """The hub of the running event loop: in the `live` process there is one."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub(settings.REDIS_URL))
