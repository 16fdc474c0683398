"""One run of both directions, through the product or through the naive pipeline."""

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum

from benchmarks.arena import Arena
from benchmarks.conversations import Talk, agent_says, api_request, callback
from benchmarks.peer_client import Arrival
from benchmarks.signing import Signed
from benchmarks.talk_drive import Driven, drive
from benchmarks.talk_plan import Direction, Line, plan_lines
from benchmarks.talk_results import TalkResult, result_of
from benchmarks.wire import request_bytes

# Signing and connecting come before the start; more per message on a busy machine.
LEAD_SECONDS, LEAD_SECONDS_PER_MESSAGE = 1.0, 0.001
QUIET_SECONDS = 0.5
ARRIVED_WITHIN_SECONDS = 45.0


class Side(StrEnum):
    """Who carries the messages."""

    PRODUCT = "product"
    NAIVE = "naive"


@dataclass(frozen=True)
class Load:
    """`rate` is messages per second, both directions together."""

    name: str
    seed: int
    rate: float
    seconds: float

    def named(self, more: str) -> "Load":
        """The same under another name: its texts must be found nowhere else."""
        return replace(self, name=f"{self.name}-{more}")


def run_talks(
    arena: Arena, talks: Sequence[Talk], load: Load, *, side: Side
) -> TalkResult:
    """Say the load's messages and wait until all have come or nothing moves."""
    lines = plan_lines(
        name=f"{load.name}.{side}",
        seed=load.seed,
        conversations=len(talks),
        rate=load.rate,
        seconds=load.seconds,
    )
    count = sum(line.count for line in lines)
    start_at = time.time() + LEAD_SECONDS + LEAD_SECONDS_PER_MESSAGE * count
    down = _sign(arena, talks, lines, start_at=start_at)
    requests = _product_requests if side == Side.PRODUCT else _naive_requests
    prepared = requests(arena, talks, lines, down)
    arena.peer.take()
    start_at = max(start_at, time.time() + LEAD_SECONDS)
    if side == Side.PRODUCT:
        arena.peer.plan(_listed(talks, lines, start_at=start_at))
    with nullcontext() if side == Side.PRODUCT else arena.without_beat():
        driven = drive(
            lines,
            target=arena.web_socket if side == Side.PRODUCT else arena.reference_web,
            requests=lambda line, number: prepared[line.text(number)],
            start_at=start_at,
            seconds=load.seconds,
        )
        return _wait_for_all(arena, driven)


def _wait_for_all(arena: Arena, driven: Driven) -> TalkResult:
    """What came by the time that everything is here, or nothing more is expected."""
    arrivals: list[Arrival] = []
    deadline = time.monotonic() + ARRIVED_WITHIN_SECONDS
    while True:
        arena.peer.wait_for_quiet(quiet_seconds=QUIET_SECONDS, timeout_seconds=10.0)
        arrivals += arena.peer.take()
        result = result_of(driven, arrivals)
        if not result.lost or time.monotonic() > deadline:
            return result


def _texts(line: Line) -> list[tuple[float, str]]:
    """(seconds into the run, text) of each message."""
    return [
        (turn.at, line.text(number))
        for turn in line.turns
        for number in range(turn.first, turn.first + turn.count)
    ]


def _sign(
    arena: Arena, talks: Sequence[Talk], lines: Sequence[Line], *, start_at: float
) -> dict[str, Signed]:
    """The agents' messages as callbacks, by their text."""
    said = [
        (text, agent_says(_conversation(talks, line), text, at=start_at + at))
        for line in lines
        if line.direction == Direction.DOWN
        for at, text in _texts(line)
    ]
    signed = arena.signer.sign([document for _, document in said])
    return {text: one for (text, _), one in zip(said, signed, strict=True)}


def _listed(
    talks: Sequence[Talk], lines: Sequence[Line], *, start_at: float
) -> dict[str, list[tuple[float, str, str]]]:
    """What 8x8 lists: each message of an agent from its own time on."""
    listed: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    for line in lines:
        if line.direction == Direction.DOWN:
            listed[_conversation(talks, line)] += [
                (start_at + at, f"id {text}", text) for at, text in _texts(line)
            ]
    return listed


def _product_requests(
    arena: Arena,
    talks: Sequence[Talk],
    lines: Sequence[Line],
    down: dict[str, Signed],
) -> dict[str, bytes]:
    found = {text: callback(arena, signed) for text, signed in down.items()}
    for line in lines:
        if line.direction == Direction.UP:
            path = f"/handovers/{talks[line.conversation].handover_id}/messages"
            for _, text in _texts(line):
                body = json.dumps({"authorType": "user", "text": text}).encode()
                found[text] = api_request(arena, path, body)
    return found


def _naive_requests(
    arena: Arena,
    talks: Sequence[Talk],
    lines: Sequence[Line],
    down: dict[str, Signed],
) -> dict[str, bytes]:
    found = {
        text: request_bytes(
            "POST", "/naive/callbacks", headers=signed.headers, body=signed.body
        )
        for text, signed in down.items()
    }
    for line in lines:
        if line.direction == Direction.UP:
            path = f"/naive/{_conversation(talks, line)}/messages"
            for _, text in _texts(line):
                body = json.dumps({"text": text}).encode()
                found[text] = request_bytes("POST", path, headers={}, body=body)
    return found


def _conversation(talks: Sequence[Talk], line: Line) -> str:
    return talks[line.conversation].conversation_id
