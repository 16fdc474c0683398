"""Which fault strikes when: a pure function of the seed and the size of the run.

Time is cut into rounds. In each, every kind of fault strikes at least once, in a
random order; the end of a round is calm, so that there is something to measure.
"""

import random
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Everything that can go wrong. The names of 8x8's faults are the sandbox's."""

    WORKER_KILLED = "worker-killed"
    WEB_KILLED = "web-killed"
    WEB_PROCESS_KILLED = "web-process-killed"
    BROKER_KILLED = "broker-killed"
    BROKER_STOPPED = "broker-stopped"
    BROKER_EMPTIED = "broker-emptied"
    DATABASE_RESTARTED = "database-restarted"
    DATABASE_CRASHED = "database-crashed"
    BEAT_STOPPED = "beat-stopped"
    BOT_FAILS = "bot-fails"
    BOT_TIMES_OUT = "bot-times-out"
    BOT_BREAKS_OFF = "bot-breaks-off"
    EIGHT_429 = "429"
    EIGHT_500 = "500"
    EIGHT_TIMEOUT = "timeout"
    EIGHT_RESET = "reset-after-accept"
    EIGHT_DROP = "drop-callbacks"
    EIGHT_DUPLICATE = "duplicate-callback"
    EIGHT_REORDER = "reorder-callbacks"
    EIGHT_BAD_SIGNATURE = "bad-signature"
    EIGHT_CALLBACK_FIRST = "callback-before-response"


CALL_FAULTS = (*(Kind.EIGHT_429, Kind.EIGHT_500, Kind.EIGHT_TIMEOUT, Kind.EIGHT_RESET),)
CALLBACK_FAULTS = (
    *(Kind.EIGHT_DROP, Kind.EIGHT_DUPLICATE, Kind.EIGHT_REORDER),
    Kind.EIGHT_BAD_SIGNATURE,
)
BOT_FAULTS = (Kind.BOT_FAILS, Kind.BOT_TIMES_OUT, Kind.BOT_BREAKS_OFF)
# What strikes more often than once in a round.
AGAIN = (*(Kind.WORKER_KILLED,) * 2, Kind.WEB_PROCESS_KILLED, *CALL_FAULTS)
# Of calls, the writing ones, the reading ones, or both.
METHODS = (("POST", "PATCH", "PUT"), ("GET",), ("GET", "POST", "PATCH", "PUT"))

# At least; a shorter run is one shorter round.
ROUND_SECONDS = 90.0
FIRST_FAULT = 0.05
CALM_FROM = 0.65
LARGEST_COUNT = 4
OUTAGE_SECONDS = (0.5, 2.5)
BEAT_OFF_SECONDS = (4.0, 8.0)
BOT_TROUBLE_SECONDS = (2.0, 6.0)


@dataclass(frozen=True, kw_only=True)
class PlannedFault:
    """One fault. `target` is a worker or an endpoint by number; `seconds` how long."""

    at_seconds: float
    kind: Kind
    target: int = 0
    count: int = 1
    seconds: float = 0.0
    methods: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For the summary."""
        return asdict(self)


def plan_faults(
    *, seed: int, seconds: float, endpoints: int, workers: int
) -> tuple[PlannedFault, ...]:
    """The same arguments give the same faults, in the order of their times."""
    chance = random.Random(f"faults {seed}")  # noqa: S311 - repeatable, no secret
    rounds = max(1, int(seconds // ROUND_SECONDS))
    length = seconds / rounds
    return tuple(
        _fault(kind, at_seconds=at, chance=chance, endpoints=endpoints, workers=workers)
        for number in range(rounds)
        for kind, at in _round(chance, begins_at=number * length, length=length)
    )


def _round(
    chance: random.Random, *, begins_at: float, length: float
) -> list[tuple[Kind, float]]:
    # New conversations only start early: what strikes those comes first.
    later = [kind for kind in Kind if kind != Kind.EIGHT_CALLBACK_FIRST] + [*AGAIN]
    chance.shuffle(later)
    kinds = [Kind.EIGHT_CALLBACK_FIRST, *later]
    step = length * (CALM_FROM - FIRST_FAULT) / len(kinds)
    first = begins_at + length * FIRST_FAULT
    return [
        (kind, round(first + step * (position + chance.random()), 2))
        for position, kind in enumerate(kinds)
    ]


def _fault(
    kind: Kind,
    *,
    at_seconds: float,
    chance: random.Random,
    endpoints: int,
    workers: int,
) -> PlannedFault:
    number_of_targets = workers if kind == Kind.WORKER_KILLED else endpoints
    # All are drawn, needed or not: so one kind's needs do not shift the others'.
    target, count = (
        chance.randrange(number_of_targets),
        chance.randint(1, LARGEST_COUNT),
    )
    methods, part = chance.choice(METHODS), chance.random()
    shortest, longest = _duration(kind)
    return PlannedFault(
        at_seconds=at_seconds,
        kind=kind,
        target=target,
        count=count,
        seconds=round(shortest + (longest - shortest) * part, 2),
        methods=methods if kind in CALL_FAULTS else (),
    )


def _duration(kind: Kind) -> tuple[float, float]:
    if kind == Kind.BEAT_STOPPED:
        return BEAT_OFF_SECONDS
    return BOT_TROUBLE_SECONDS if kind in BOT_FAULTS else OUTAGE_SECONDS
