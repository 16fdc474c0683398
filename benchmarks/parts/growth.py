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


Read = Callable[[Level], Figure]


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
    """One level beside the first. What counts is the product held against the
    reference of its own rounds: that takes the machine's drift out."""
    product, bare = (partial(_per_second, name=name) for name in ("product", "bare"))
    found = [
        _row(level, first, "callbacks per second", "1/s", product),
        _row(
            level,
            first,
            "callbacks, product by bare view",
            "",
            _by(product, bare),
            NOT_FEWER,
        ),
    ]
    for direction, way in WAYS.items():
        for name, part in (("p50", 0.5), ("p99", 0.99)):
            ours, theirs = (
                partial(_delays, side=side, direction=direction, part=part)
                for side in Side
            )
            what = f"{way} at {RATE:g}/s"
            found += [
                _row(level, first, f"{what}: {name}", "ms", ours),
                _row(
                    level,
                    first,
                    f"{what}, product by naive: {name}",
                    "",
                    _by(ours, theirs),
                    NOT_SLOWER,
                ),
            ]
    return found


def _by(ours: Read, theirs: Read) -> Read:
    """A figure as so many times the reference's, round by round."""

    def read(level: Level) -> Figure:
        pairs = zip(ours(level).values, theirs(level).values, strict=True)
        return Figure(tuple(our / their for our, their in pairs))

    return read


def _per_second(level: Level, *, name: str) -> Figure:
    return level.callbacks.figure(name, lambda throughput: throughput.per_second)


def _delays(level: Level, *, side: Side, direction: Direction, part: float) -> Figure:
    return level.runs.delays(side, direction, part)


def _row(
    level: Level,
    first: Level,
    what: str,
    unit: str,
    read: Read,
    target: str = "",
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
