"""As many requests as a server takes on a fixed number of kept connections."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.measures import percentile_of
from benchmarks.wire import Connection, Target, connect

CONNECTIONS = 32
WARM_UP_REQUESTS = 200


class MeasurementFailed(Exception):
    """Something else than what was to be measured happened. The text says what."""


@dataclass(frozen=True)
class Throughput:
    """What one measurement came to; delays are in seconds."""

    seconds: float
    delays: tuple[float, ...]
    statuses: dict[int, int]

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.delays) / self.seconds

    def milliseconds(self, part: float) -> float:
        """A percentile of the time to the answer."""
        return percentile_of(self.delays, part) * 1000

    @property
    def failures(self) -> int:
        """Answers that are no success."""
        return sum(n for status, n in self.statuses.items() if not 200 <= status < 300)


def measure(
    target: Target,
    requests: Sequence[bytes],
    *,
    seconds: float,
    connections: int = CONNECTIONS,
) -> Throughput:
    """Send requests, the next as soon as one is answered, until time or they are up.

    The first few are not counted: the server opens its database connections.
    """
    return asyncio.run(_measure(target, requests, seconds, connections))


async def _measure(
    target: Target, requests: Sequence[bytes], seconds: float, count: int
) -> Throughput:
    connections = [await connect(target) for _ in range(count)]
    waiting = iter(requests)
    try:
        await _fire(connections, waiting, most=WARM_UP_REQUESTS)
        return await _fire(connections, waiting, seconds=seconds)
    finally:
        for connection in connections:
            connection.close()


async def _fire(
    connections: list[Connection],
    requests: Iterator[bytes],
    *,
    seconds: float = float("inf"),
    most: int = 0,
) -> Throughput:
    delays: list[float] = []
    statuses: Counter[int] = Counter()
    began_at = time.perf_counter()
    ends_at = began_at + seconds

    async def keep_sending(connection: Connection) -> None:
        while (now := time.perf_counter()) < ends_at:
            if most and len(delays) >= most:
                return
            request = next(requests, None)
            if request is None:
                return
            answer = await connection.call(request)
            delays.append(time.perf_counter() - now)
            statuses[answer.status] += 1

    await asyncio.gather(*map(keep_sending, connections))
    took = time.perf_counter() - began_at
    return Throughput(took, tuple(delays), dict(statuses))
