"""How long a message takes from one side to the other, beside the naive pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.arena import Arena
from benchmarks.conversations import Talk
from benchmarks.measures import Figure, Row
from benchmarks.options import Options
from benchmarks.parts.ladder import measure_ladder
from benchmarks.talk_plan import Direction
from benchmarks.talk_results import TalkResult
from benchmarks.talks_run import Load, Side, run_talks

SECONDS = 8.0
SLOW_RECEIVER_SECONDS, SLOW_RECEIVER_RATE = 0.05, 50.0
NAIVE = "row, task.delay, requests.post"
WAYS = {Direction.UP: "user to 8x8", Direction.DOWN: "agent to bot"}
PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
COUNTS = {
    "order violations": "reordered",
    "lost": "lost",
    "not accepted": "refused",
}
TARGETS = {"p50": "<= 1.0", "p99": "<= 0.7"}
TARGET_RATE = 100.0


@dataclass
class Runs:
    """Results by side, one per round."""

    found: dict[Side, list[TalkResult]] = field(
        default_factory=lambda: {side: [] for side in Side}
    )

    def delays(self, side: Side, direction: Direction, part: float) -> Figure:
        """A percentile of every round, in milliseconds."""
        results = [result.directions[direction] for result in self.found[side]]
        return Figure(tuple(result.milliseconds(part) for result in results))

    def count(self, side: Side, name: str) -> Figure:
        """Violations, losses, repeats or refusals of every round."""
        return Figure(
            tuple(
                float(sum(getattr(one, name) for one in result.directions.values()))
                for result in self.found[side]
            )
        )


def measure_delays(
    arena: Arena, talks: Sequence[Talk], options: Options, *, name: str = "delays"
) -> list[Row]:
    """Each rate in turn, product and naive pipeline taking turns."""
    found: list[Row] = []
    for rate in options.rates:
        runs = Runs()
        for number in range(options.rounds):
            run_round(arena, talks, options, runs, rate=rate, name=f"{name}{number}")
        found += rows(runs, part="delays", rate=rate)
    if options.has_ladder:
        found += measure_ladder(arena, talks, options, reference_name=NAIVE)
    if options.slow_receiver:
        found += _with_slow_receiver(arena, talks, options)
    return found


def run_round(
    arena: Arena,
    talks: Sequence[Talk],
    options: Options,
    runs: Runs,
    *,
    rate: float,
    name: str,
) -> None:
    """Each side once, with the same messages at the same times."""
    seconds = options.seconds_or(SECONDS)
    load = Load(f"{name}-{rate:g}", options.seed, rate, seconds)
    for side in Side:
        runs.found[side].append(run_talks(arena, talks, load, side=side))


def rows(runs: Runs, *, part: str, rate: float, condition: str = "") -> list[Row]:
    """The lines of the table for one rate."""
    found = []
    is_target = rate == TARGET_RATE and not condition
    at = f"at {rate:g}/s{condition}"
    for direction, way in WAYS.items():
        for name, place in PERCENTILES.items():
            found.append(
                Row(
                    part=part,
                    what=f"{way} {at}: {name}",
                    unit="ms",
                    product=runs.delays(Side.PRODUCT, direction, place),
                    reference_name=NAIVE,
                    reference=runs.delays(Side.NAIVE, direction, place),
                    target=TARGETS.get(name, "") if is_target else "",
                )
            )
    for what, name in COUNTS.items():
        found.append(
            Row(
                part=part,
                what=f"{what} {at}",
                unit="",
                product=runs.count(Side.PRODUCT, name),
                reference_name=NAIVE,
                reference=runs.count(Side.NAIVE, name),
                target="0",
            )
        )
    return found


def _with_slow_receiver(
    arena: Arena, talks: Sequence[Talk], options: Options
) -> list[Row]:
    """The same while 8x8 and the bot take their time."""
    runs = Runs()
    arena.peer.answer_after(SLOW_RECEIVER_SECONDS)
    try:
        for number in range(options.rounds):
            run_round(
                arena,
                talks,
                options,
                runs,
                rate=SLOW_RECEIVER_RATE,
                name=f"slow{number}",
            )
    finally:
        arena.peer.answer_after(0)
    condition = f", receivers take {SLOW_RECEIVER_SECONDS * 1000:g} ms"
    return rows(runs, part="delays", rate=SLOW_RECEIVER_RATE, condition=condition)
