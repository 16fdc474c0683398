"""The servers behind the front: which of them takes the next request."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path

from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    UnixConnector,
)

logger = logging.getLogger("launcher.front")

CONNECT_TIMEOUT_SECONDS = 3.0
# Shorter than the servers behind keep an idle connection: they never close one just
# when a request is on its way.
KEEP_ALIVE_SECONDS = 15.0
LOOK_EVERY_SECONDS = 0.2
LOOK_TIMEOUT = ClientTimeout(total=1.0)
HEALTH_URL = "http://localhost/healthz"


class Backend:
    """One server on a unix socket. `is_in`: it takes new requests."""

    def __init__(self, path: Path, session: ClientSession) -> None:
        self.name = path.stem
        self.session = session
        self.is_in = True
        self.running = 0

    def take_out(self) -> None:
        """Leave it alone until its health is found to be good again."""
        if self.is_in:
            logger.warning("%s is taken out", self.name)
        self.is_in = False

    async def look(self) -> None:
        """Ask for its health: a server that is about to end says so."""
        try:
            async with self.session.get(HEALTH_URL, timeout=LOOK_TIMEOUT) as answer:
                is_well = answer.status == HTTPStatus.OK
        except (ClientError, OSError, TimeoutError):
            is_well = False
        if not is_well:
            self.take_out()
        elif not self.is_in:
            logger.warning("%s is back", self.name)
            self.is_in = True

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """Count a request as running."""
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1


class Group:
    """Servers of one kind. With one there is no choice, and no looking after it."""

    def __init__(self, kind: str, backends: Sequence[Backend]) -> None:
        self.kind = kind
        self._backends = list(backends)

    def in_order(self) -> list[Backend]:
        """Whom to try for a request: the least busy first, those taken out last."""
        self._backends.append(self._backends.pop(0))
        return sorted(self._backends, key=lambda one: (not one.is_in, one.running))

    async def watch(self) -> None:
        """Look after all of them until cancelled."""
        while len(self._backends) > 1:
            await asyncio.gather(*(backend.look() for backend in self._backends))
            await asyncio.sleep(LOOK_EVERY_SECONDS)


@contextlib.asynccontextmanager
async def open_group(
    kind: str, paths: Sequence[Path], *, silence_timeout_seconds: float | None
) -> AsyncIterator[Group]:
    """Connect to servers by their sockets, and watch over them meanwhile."""
    async with contextlib.AsyncExitStack() as stack:
        backends = [
            Backend(
                path,
                await stack.enter_async_context(
                    _session(path, silence_timeout_seconds=silence_timeout_seconds)
                ),
            )
            for path in paths
        ]
        group = Group(kind, backends)
        watch = asyncio.create_task(group.watch())
        try:
            yield group
        finally:
            watch.cancel()
            await asyncio.wait([watch])


def _session(
    socket_path: Path, *, silence_timeout_seconds: float | None
) -> ClientSession:
    return ClientSession(
        connector=UnixConnector(
            str(socket_path), limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS
        ),
        timeout=ClientTimeout(
            total=None,
            sock_connect=CONNECT_TIMEOUT_SECONDS,
            sock_read=silence_timeout_seconds,
        ),
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )
