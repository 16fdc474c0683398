"""Many open streams: memory per stream, and how soon an event is seen on them."""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from benchmarks import rival
from benchmarks.arena import Arena
from benchmarks.conversations import Talk, send_all
from benchmarks.measures import Figure, Row, percentile_of
from benchmarks.options import Options
from benchmarks.process_memory import group_kilobytes
from benchmarks.stream_holder import Stream, StreamHolder
from benchmarks.talks_run import Load, Side, run_talks
from benchmarks.wire import request_bytes
from launcher import processes

SECONDS = 5.0
RATE = 20.0
WARM_UP_STREAMS = 50
# Until a server has let go of what it needed for opening.
SETTLE_SECONDS = 3.0
TARGET = "<= 80 kB"
BARE = "bare uvicorn application"
DATA = re.compile(rb"^data: (.*?)\r?$", re.MULTILINE)
BARE_EVENTS = 50
BARE_PAUSE_SECONDS = 0.1
PERCENTILES = {"p50": 0.5, "p99": 0.99}


def measure_streams(arena: Arena, talks: Sequence[Talk], options: Options) -> list[Row]:
    """The product's live process, then a bare application; once each."""

    def talk() -> None:
        load = Load("streams", options.seed, RATE, options.seconds_or(SECONDS))
        run_talks(arena, talks, load, side=Side.PRODUCT)

    ours = _measure(
        arena.live_socket,
        [
            _events_request(arena, talks[number % len(talks)])
            for number in range(options.streams)
        ],
        pid=arena.stack.pid(processes.LIVE) or 0,
        happen=talk,
    )
    with arena.without_beat():
        theirs = _measure(
            arena.reference_live,
            [
                request_bytes("GET", f"/stream/{number % len(talks)}", headers={})
                for number in range(options.streams)
            ],
            pid=arena.reference.pid(rival.STREAMS) or 0,
            happen=lambda: _tell_bare(arena.reference_live, keys=len(talks)),
        )
    return _rows(ours, theirs, count=options.streams)


def _measure(
    socket: Path, requests: Sequence[bytes], *, pid: int, happen: Callable[[], None]
) -> tuple[float, list[float]]:
    """Kilobytes per idle stream; seconds from each event to each of its streams."""
    with StreamHolder(socket, requests[:WARM_UP_STREAMS]):
        time.sleep(SETTLE_SECONDS)
    time.sleep(SETTLE_SECONDS)
    before = group_kilobytes(pid)
    with StreamHolder(socket, requests) as holder:
        time.sleep(SETTLE_SECONDS)
        kilobytes = (group_kilobytes(pid) - before) / len(requests)
        opened_at = time.time()
        happen()
        return kilobytes, list(delays(holder.streams, since=opened_at))


def delays(streams: Iterable[Stream], *, since: float) -> Iterator[float]:
    """Seconds from an event's own time stamp to its arrival, for events since then."""
    for stream in streams:
        for at, piece in stream.pieces:
            for data in DATA.findall(piece):
                happened_at = _time_of(data)
                if happened_at >= since:
                    yield at - happened_at


def _time_of(data: bytes) -> float:
    """The product's events carry ISO 8601, the bare application's Unix time."""
    document = json.loads(data)
    if isinstance(document, dict):
        return datetime.fromisoformat(document["timestamp"]).timestamp()
    return float(document)


def _events_request(arena: Arena, talk: Talk) -> bytes:
    headers = {
        "authorization": f"Bearer {arena.endpoint.api_key}",
        "accept": "text/event-stream",
    }
    path = f"/api/v1/handovers/{talk.handover_id}/events"
    return request_bytes("GET", path, headers=headers)


def _tell_bare(socket: Path, *, keys: int) -> None:
    """Each event goes to as many streams as one of the product's does."""
    for number in range(BARE_EVENTS):
        time.sleep(BARE_PAUSE_SECONDS)
        body = json.dumps(time.time()).encode()
        path = f"/tell/{number % keys}"
        send_all(socket, [request_bytes("POST", path, headers={}, body=body)])


def _rows(
    ours: tuple[float, list[float]], theirs: tuple[float, list[float]], *, count: int
) -> list[Row]:
    (our_kilobytes, our_delays), (their_kilobytes, their_delays) = ours, theirs
    memory = Row(
        part="streams",
        what=f"memory per idle stream, {count:,} open",
        unit="kB",
        product=Figure((our_kilobytes,)),
        reference_name=BARE,
        reference=Figure((their_kilobytes,)),
        target=TARGET,
    )
    return [
        memory,
        *(
            Row(
                part="streams",
                what=f"event to stream, {count:,} open: {name}",
                unit="ms",
                product=Figure((percentile_of(our_delays, part) * 1000,)),
                reference_name=BARE,
                reference=Figure((percentile_of(their_delays, part) * 1000,)),
            )
            for name, part in PERCENTILES.items()
        ),
    ]
