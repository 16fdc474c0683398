"""A whole run: everything started once, then part after part."""

import json
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.arena import Arena
from benchmarks.conversations import SetUpFailed, Talk, start_talks
from benchmarks.measures import Row
from benchmarks.noise import NoiseMeter
from benchmarks.options import Options
from benchmarks.parts.callbacks import measure_callbacks
from benchmarks.parts.delays import measure_delays
from benchmarks.parts.growth import measure_growth
from benchmarks.parts.memory import measure_memory
from benchmarks.parts.start import measure_start
from benchmarks.parts.streams import measure_streams
from benchmarks.table import Report
from benchmarks.throughput import MeasurementFailed
from launcher.spawning import PROJECT_FOLDER

Say = Callable[[str], None]
Part = Callable[[Arena, Sequence[Talk], Options], list[Row]]

PARTS: dict[str, Part] = {
    "callbacks": measure_callbacks,
    "delays": measure_delays,
    "start": measure_start,
    "memory": measure_memory,
    "streams": measure_streams,
    "growth": measure_growth,
}
STEADY = 0.1
LONGEST_FAILURE = 500


def run_benchmarks(options: Options, *, folder: Path, say: Say) -> Report:
    """Measure the wanted parts; logs and bench.json stay in `folder`."""
    began_at = time.monotonic()
    noise, rows, failures = NoiseMeter(), list[Row](), list[str]()
    report = Report(rows)
    noise.look()
    with Arena(options, folder=folder) as arena:
        say(f"Everything runs. Starting {options.conversations} conversations.")
        talks = start_talks(arena, options.conversations)
        for name in options.parts:
            noise.look()
            say(f"{time.monotonic() - began_at:5.0f} s  measuring {name}")
            try:
                rows += PARTS[name](arena, talks, options)
            except (MeasurementFailed, SetUpFailed, OSError) as error:
                failures.append(f"FAILED: {name}: {error!r}"[:LONGEST_FAILURE])
            noise.look()
            seconds = time.monotonic() - began_at
            said = [*failures, *notes(options, noise, seconds=seconds)]
            report = Report(rows, said, facts(options), is_whole=not failures)
            # After each part: what is measured is not lost if a later one breaks off.
            document = json.dumps(report.to_json(), indent=1, ensure_ascii=False)
            (folder / "bench.json").write_text(document)
    return report


def notes(options: Options, noise: NoiseMeter, *, seconds: float) -> list[str]:
    """What one must know to read the table."""
    loop, loads = noise.milliseconds, noise.loads
    spread = loop.spread or 0.0
    steady = "steady" if spread <= STEADY else "NOT STEADY: compare ratios only"
    return [
        f"Median of {options.rounds} rounds (lowest-highest); product and reference "
        "take turns, so the ratio is the median of each round's own.",
        f"Noise: a fixed loop of Python took {loop.median:.0f} ms, "
        f"{min(loop.values):.0f}-{max(loop.values):.0f} over the run ({spread:.0%}, "
        f"{steady}); the machine's load was up to {max(loads.values):.1f}.",
        f"Each side: {options.web_workers} granian worker(s), "
        f"{options.worker_processes} Celery worker process(es) of 16 threads "
        f"(naive: {options.naive_pool}, connections "
        f"{'kept' if options.naive_keeps_connections else 'per task'}); the same "
        "PostgreSQL (fsync off), broker and peer; requests go to the server's unix "
        "socket, past the front; no rate limit of ours. No echoes come from 8x8.",
        f"{seconds:.0f} s on {platform.platform()}, Python "
        f"{platform.python_version()}.",
    ]


def facts(options: Options) -> dict[str, object]:
    """What the figures belong to."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "options": vars(options),
    }


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
