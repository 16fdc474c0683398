"""Says what is planned, at its time, whatever the server makes of it."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.talk_plan import Line, Turn
from benchmarks.wire import Connection, Target, connect

AFTER_THE_END_SECONDS = 30.0

Requests = Callable[[Line, int], bytes]


@dataclass
class Spoken:
    """One line as it was said: numbers in the order in which they were accepted.

    `sent_at`: Unix time at which a message was due: a turn's first at its planned
    time, the next as soon as its predecessor was accepted. Whatever was refused, or
    had no answer in time, is missing.
    """

    line: Line
    accepted: list[int] = field(default_factory=list)
    sent_at: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Driven:
    """A run of all lines; `lags` is by how much the generator itself was late."""

    spoken: list[Spoken]
    lags: list[float]
    ended_at: float


def drive(
    lines: Sequence[Line],
    *,
    target: Target,
    requests: Requests,
    start_at: float,
    seconds: float,
) -> Driven:
    """Say everything. Turns come at their time even if the server is slow: an
    overload shows in the delays and is not hidden by waiting for answers."""
    return asyncio.run(_drive(lines, target, requests, start_at, seconds))


async def _drive(
    lines: Sequence[Line],
    target: Target,
    requests: Requests,
    start_at: float,
    seconds: float,
) -> Driven:
    spoken = [Spoken(line) for line in lines]
    lags: list[float] = []
    until = start_at + seconds + AFTER_THE_END_SECONDS - time.time()
    connections = [await connect(target) for _ in lines]

    async def speak(one: Spoken, connection: Connection) -> None:
        for turn in one.line.turns:
            due_at = start_at + turn.at
            if (wait := due_at - time.time()) > 0:
                await asyncio.sleep(wait)
                lags.append(time.time() - due_at)
            try:
                await _say(one, turn, connection, requests, due_at)
            except ConnectionError:
                return

    # Who has not had his say by then is counted as not accepted.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(until):
            await asyncio.gather(*map(speak, spoken, connections))
    for connection in connections:
        connection.close()
    return Driven(spoken, lags, ended_at=time.time())


async def _say(
    one: Spoken, turn: Turn, connection: Connection, requests: Requests, due_at: float
) -> None:
    for number in range(turn.first, turn.first + turn.count):
        answer = await connection.call(requests(one.line, number))
        if answer.is_success:
            one.accepted.append(number)
            one.sent_at[number] = due_at
        due_at = time.time()
