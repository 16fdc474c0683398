"""The start of a handover: from the bot's call to the conversation at 8x8."""

import time
from collections.abc import Sequence

import requests

from benchmarks.arena import Arena
from benchmarks.conversations import Talk, close_talks, start_request
from benchmarks.measures import Figure, Row, percentile_of
from benchmarks.options import Options
from benchmarks.peer_store import CONVERSATIONS
from benchmarks.talk_drive import drive
from benchmarks.talk_plan import Direction, Line, Turn

SECONDS = 5.0
PER_SECOND = 10.0
LEAD_SECONDS = 0.5
QUIET_SECONDS, DRAINED_WITHIN_SECONDS = 1.0, 30.0
TIMEOUT_SECONDS = 10.0
PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def measure_start(arena: Arena, talks: Sequence[Talk], options: Options) -> list[Row]:
    """Product and bare call in turns, at the same steady pace."""
    count = max(1, int(options.seconds_or(SECONDS) * PER_SECOND))
    ours, theirs = [], []
    for number in range(options.rounds):
        ours.append(_product_delays(arena, count, name=f"start{number}"))
        with arena.without_beat():
            theirs.append(_bare_delays(arena, count))
    return [
        Row(
            part="start",
            what=f"bot's call to conversation at 8x8, {PER_SECOND:g}/s: {name}",
            unit="ms",
            product=Figure(tuple(percentile_of(d, part) * 1000 for d in ours)),
            reference_name="requests.post to the peer",
            reference=Figure(tuple(percentile_of(d, part) * 1000 for d in theirs)),
        )
        for name, part in PERCENTILES.items()
    ]


def _product_delays(arena: Arena, count: int, *, name: str) -> list[float]:
    lines = [
        Line(f"{name}-{number}", number, Direction.UP, (_turn(number),))
        for number in range(count)
    ]
    arena.peer.take()
    driven = drive(
        lines,
        target=arena.web_socket,
        requests=lambda line, _: start_request(arena, line.name),
        start_at=time.time() + LEAD_SECONDS,
        seconds=count / PER_SECOND,
    )
    arena.peer.wait_for_quiet(
        quiet_seconds=QUIET_SECONDS, timeout_seconds=DRAINED_WITHIN_SECONDS
    )
    came = {
        arrival.document["user"]["userId"]: arrival
        for arrival in arena.peer.take()
        if arrival.path == CONVERSATIONS
    }
    handovers = [
        _mark(came[one.line.name].document) for one in driven.spoken if one.accepted
    ]
    close_talks(arena, handovers)
    return [
        came[one.line.name].at - sent_at
        for one in driven.spoken
        for sent_at in one.sent_at.values()
    ]


def _turn(number: int) -> Turn:
    return Turn(number / PER_SECOND, first=1, count=1)


def _mark(document: dict[str, object]) -> str:
    """The handover that the product names among the user's properties."""
    user = document["user"]
    pairs = user["additionalProperties"] if isinstance(user, dict) else []
    return next(str(pair["value"]) for pair in pairs if pair["key"] == "handoverId")


def _bare_delays(arena: Arena, count: int) -> list[float]:
    arena.peer.take()
    sent_at: dict[str, float] = {}
    start_at = time.time()
    for number in range(count):
        time.sleep(max(0.0, start_at + number / PER_SECOND - time.time()))
        name = f"bare-{number}"
        sent_at[name] = time.time()
        requests.post(
            arena.peer.url + CONVERSATIONS,
            json={"user": {"userId": name}},
            timeout=TIMEOUT_SECONDS,
        )
    return [
        arrival.at - sent_at[arrival.document["user"]["userId"]]
        for arrival in arena.peer.take()
    ]
