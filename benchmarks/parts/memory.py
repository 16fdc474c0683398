"""What each process takes at rest and under load."""

from collections.abc import Mapping, Sequence

from benchmarks import rival
from benchmarks.arena import Arena
from benchmarks.conversations import Talk
from benchmarks.measures import Figure, Row
from benchmarks.options import Options
from benchmarks.process_memory import PeakMemory
from benchmarks.talks_run import Load, Side, run_talks
from launcher import processes

SECONDS = 8.0
RATE = 100.0
KILOBYTES_PER_MEGABYTE = 1024
# By the product's process: what does the same work in the references.
COUNTERPARTS = {
    processes.WEB: rival.WEB,
    processes.WORKER: rival.WORKER,
    processes.LIVE: rival.STREAMS,
}


def measure_memory(arena: Arena, talks: Sequence[Talk], options: Options) -> list[Row]:
    """The peak of a run at 100 messages/s on each side, beside what it was at first."""
    load = Load("memory", options.seed, RATE, options.seconds_or(SECONDS))
    with PeakMemory(arena.pids) as peak:
        for side in Side:
            run_talks(arena, talks, load, side=side)
    return [
        *_rows(arena, arena.memory_at_rest, state="at rest"),
        *_rows(arena, peak.kilobytes, state=f"at {RATE:g} messages/s"),
    ]


def _rows(arena: Arena, taken: Mapping[str, int], *, state: str) -> list[Row]:
    return [
        Row(
            part="memory",
            what=f"{name} {state}",
            unit="MB",
            product=_megabytes(taken, name),
            reference_name=COUNTERPARTS.get(name, ""),
            reference=_megabytes(taken, COUNTERPARTS.get(name, "")),
        )
        for name in arena.product_names
    ]


def _megabytes(taken: Mapping[str, int], name: str) -> Figure:
    kilobytes = taken.get(name)
    return Figure(() if kilobytes is None else (kilobytes / KILOBYTES_PER_MEGABYTE,))
