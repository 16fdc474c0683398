"""Callbacks accepted per second: verified, stored and committed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.arena import Arena
from benchmarks.conversations import Talk, agent_says
from benchmarks.measures import Figure, Row
from benchmarks.options import Options
from benchmarks.signing import Signed
from benchmarks.throughput import MeasurementFailed, Throughput, measure
from benchmarks.wire import request_bytes

SECONDS = 4.0
# More than any of them takes; what is left over has only cost time.
PRODUCT_PER_SECOND, REFERENCE_PER_SECOND = 1_300, 2_600
TARGET_RATIO = 0.6
BARE = "verify and insert"
NOTHING = "view that does nothing"


@dataclass
class Kept:
    """Throughputs by who was measured, one per round."""

    found: dict[str, list[Throughput]] = field(default_factory=dict)

    def add(self, name: str, throughput: Throughput) -> None:
        """Keep one measurement."""
        if throughput.failures:
            raise MeasurementFailed(f"{name}: answers {throughput.statuses}")
        self.found.setdefault(name, []).append(throughput)

    def figure(self, name: str, read: Callable[[Throughput], float]) -> Figure:
        """One figure of every round."""
        return Figure(tuple(map(read, self.found.get(name, []))))


def measure_callbacks(
    arena: Arena, talks: Sequence[Talk], options: Options
) -> list[Row]:
    """Product with and without workers, and both bare views, round by round."""
    seconds = options.seconds_or(SECONDS)
    kept = Kept()
    for _ in range(options.rounds):
        measure_round(arena, talks, kept, seconds=seconds)
    return rows(kept)


def measure_round(
    arena: Arena, talks: Sequence[Talk], kept: Kept, *, seconds: float
) -> None:
    """Each of the four once."""
    product = sign_messages(arena, talks, count=int(seconds * PRODUCT_PER_SECOND))
    busy = sign_messages(arena, talks, count=int(seconds * PRODUCT_PER_SECOND))
    more = int(seconds * (REFERENCE_PER_SECOND - PRODUCT_PER_SECOND))
    bare = [*product, *sign_messages(arena, talks, count=more)]
    ours, theirs = arena.web_socket, arena.reference_web
    kept.add("busy", _fire(ours, _path(arena), busy, seconds))
    with arena.without_workers():
        # What the workers did not come to would weigh on the next measurement.
        arena.forget_backlog()
        kept.add("product", _fire(ours, _path(arena), product, seconds))
        arena.empty_reference()
        kept.add("bare", _fire(theirs, "/verify-and-insert", bare, seconds))
        kept.add("nothing", _fire(theirs, "/nothing", bare * 8, seconds))
    # What the workers had still to send goes out now, and not into what comes next.
    arena.peer.wait_for_quiet(quiet_seconds=1.0, timeout_seconds=60.0)


def sign_messages(arena: Arena, talks: Sequence[Talk], *, count: int) -> list[Signed]:
    """Messages of agents in all conversations in turn."""
    now = time.time()
    return arena.signer.sign(
        [
            agent_says(
                talks[number % len(talks)].conversation_id, f"load {number}", at=now
            )
            for number in range(count)
        ]
    )


def rows(kept: Kept) -> list[Row]:
    """The lines of the table."""
    found = []
    whats: list[tuple[str, str, Callable[[Throughput], float]]] = [
        ("per second", "1/s", lambda t: t.per_second),
        ("p50", "ms", lambda t: t.milliseconds(0.5)),
        ("p99", "ms", lambda t: t.milliseconds(0.99)),
    ]
    pairs = (
        ("workers stopped", "product", BARE, "bare"),
        ("workers stopped", "product", NOTHING, "nothing"),
        ("workers running", "busy", BARE, "bare"),
    )
    for state, product, reference_name, reference in pairs:
        for what, unit, read in whats:
            is_target = unit == "1/s" and reference == "bare" and product == "product"
            found.append(
                Row(
                    part="callbacks",
                    what=f"accepted, {state}: {what}",
                    unit=unit,
                    product=kept.figure(product, read),
                    reference_name=reference_name,
                    reference=kept.figure(reference, read),
                    target=f">= {TARGET_RATIO}" if is_target else "",
                )
            )
    return found


def _path(arena: Arena) -> str:
    return arena.endpoint.callback_path


def _fire(
    socket: Path, path: str, signed: Sequence[Signed], seconds: float
) -> Throughput:
    requests = [
        request_bytes("POST", path, headers=one.headers, body=one.body)
        for one in signed
    ]
    return measure(socket, requests, seconds=seconds)
