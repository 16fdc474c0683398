"""The same figures with many stored messages, and the operator's pages then."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from benchmarks.arena import Arena
from benchmarks.conversations import Talk, close_talks, start_talks
from benchmarks.measures import Figure, Row
from benchmarks.options import Options
from benchmarks.parts.callbacks import Kept, measure_round
from benchmarks.parts.delays import WAYS, Runs, run_round
from benchmarks.parts.pages import Looked, Operator
from benchmarks.seeding import Stored, seed_messages
from benchmarks.talk_plan import Direction
from benchmarks.talks_run import Side

SECONDS = 4.0
RATE = 100.0
MOST_ROUNDS = 2
MOST_PAGE_TIME = "<= 1000 ms"
NOT_FEWER, NOT_SLOWER = ">= 0.9", "<= 1.1"
MILLISECONDS = 1000


@dataclass
class Level:
    """All that was measured with so many seeded messages."""

    messages: int
    callbacks: Kept = field(default_factory=Kept)
    runs: Runs = field(default_factory=Runs)
    pages: Looked = field(default_factory=Looked)


def measure_growth(arena: Arena, talks: Sequence[Talk], options: Options) -> list[Row]:
    """Level after level, each with conversations of its own: theirs do not grow."""
    close_talks(arena, [talk.handover_id for talk in talks])
    stored = Stored()
    levels = []
    for messages in options.growth:
        stored = seed_messages(arena.database_url, stored, messages=messages)
        levels.append(_measure_level(arena, options, Level(messages)))
    first = levels[0]
    return [
        *(row for level in levels[1:] for row in _beside(level, first)),
        *_page_rows(levels[-1], first),
    ]


def _measure_level(arena: Arena, options: Options, level: Level) -> Level:
    name = f"grown{level.messages}"
    talks = start_talks(arena, options.conversations, name=name)
    for number in range(min(options.rounds, MOST_ROUNDS)):
        run_round(arena, talks, options, level.runs, rate=RATE, name=f"{name}-{number}")
        measure_round(
            arena, talks, level.callbacks, seconds=options.seconds_or(SECONDS)
        )
    level.pages = Operator(arena).look()
    close_talks(arena, [talk.handover_id for talk in talks])
    return level


def _beside(level: Level, first: Level) -> list[Row]:
    """One level beside the first; what the references did shows the machine's drift."""
    found = [
        _row(level, first, f"callbacks per second, {who}", "1/s", read, target)
        for who, read, target in (
            ("product", partial(_per_second, name="product"), NOT_FEWER),
            ("bare view (drift)", partial(_per_second, name="bare"), ""),
        )
    ]
    for side, who, target in (
        (Side.PRODUCT, "product", NOT_SLOWER),
        (Side.NAIVE, "naive (drift)", ""),
    ):
        for direction, way in WAYS.items():
            for name, part in (("p50", 0.5), ("p99", 0.99)):
                what = f"{way} at {RATE:g}/s, {who}: {name}"
                read = partial(_delays, side=side, direction=direction, part=part)
                found.append(_row(level, first, what, "ms", read, target))
    return found


def _per_second(level: Level, *, name: str) -> Figure:
    return level.callbacks.figure(name, lambda throughput: throughput.per_second)


def _delays(level: Level, *, side: Side, direction: Direction, part: float) -> Figure:
    return level.runs.delays(side, direction, part)


def _row(
    level: Level,
    first: Level,
    what: str,
    unit: str,
    read: Callable[[Level], Figure],
    target: str,
) -> Row:
    return Row(
        part="growth",
        what=f"{what}, {level.messages:,} stored",
        unit=unit,
        product=read(level),
        reference_name=f"the same, {first.messages:,} stored",
        reference=read(first),
        target=target,
    )


def _page_rows(level: Level, first: Level) -> list[Row]:
    return [
        Row(
            part="growth",
            what=f"{name}, {level.messages:,} stored",
            unit="ms",
            product=_page_figure(level, name),
            reference_name=f"the same, {first.messages:,} stored",
            reference=_page_figure(first, name),
            target=MOST_PAGE_TIME,
            note=level.pages.slowest_links.get(name, ""),
        )
        for name in level.pages.seconds
    ]


def _page_figure(level: Level, name: str) -> Figure:
    seconds = level.pages.seconds.get(name)
    return Figure(() if seconds is None else (seconds * MILLISECONDS,))
