"""The highest rate at which the backlog does not grow."""

from collections.abc import Callable, Sequence

from benchmarks.arena import Arena
from benchmarks.conversations import Talk
from benchmarks.measures import Figure, Row
from benchmarks.options import Options
from benchmarks.talks_run import Load, Side, run_talks

SECONDS = 6.0
MOST_ROUNDS = 2
# Messages per second; each about a fifth more than the one before.
RUNGS = (10, 15, 20, 30, 40, 50, 60, 70, 85, 100, 120, 145, 175, 210, 250, 300, 360)
FIRST_RUNG = 120.0
# A single miss may be the machine's: the rung is tried once more.
TRIES = 2
TARGET = ">= 1.0"


def measure_ladder(
    arena: Arena, talks: Sequence[Talk], options: Options, *, reference_name: str
) -> list[Row]:
    """Both sides climb in turns, each from where it was the round before."""
    seconds = options.seconds_or(SECONDS)
    reached: dict[Side, list[float]] = {side: [] for side in Side}
    for number in range(min(options.rounds, MOST_ROUNDS)):
        for side in Side:

            def sustains(rate: float, side: Side = side, number: int = number) -> bool:
                load = Load(f"ladder{number}-{rate:g}", options.seed, rate, seconds)
                return any(
                    run_talks(arena, talks, load.named(f"try{again}"), side=side).holds
                    for again in range(TRIES)
                )

            start = reached[side][-1] if reached[side] else FIRST_RUNG
            reached[side].append(climb(sustains, start=start))
    return [
        Row(
            part="delays",
            what="highest sustained rate, both directions",
            unit="1/s",
            product=Figure(tuple(reached[Side.PRODUCT])),
            reference_name=reference_name,
            reference=Figure(tuple(reached[Side.NAIVE])),
            target=TARGET,
        )
    ]


def climb(
    sustains: Callable[[float], bool],
    *,
    start: float,
    rungs: Sequence[float] = RUNGS,
) -> float:
    """The highest rung that holds: up from `start`, or down if that does not.

    0 if not even the lowest does.
    """
    at = max((n for n, rung in enumerate(rungs) if rung <= start), default=0)
    if sustains(rungs[at]):
        while at + 1 < len(rungs) and sustains(rungs[at + 1]):
            at += 1
        return rungs[at]
    while at > 0:
        at -= 1
        if sustains(rungs[at]):
            return rungs[at]
    return 0.0
