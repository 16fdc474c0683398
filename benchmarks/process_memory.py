"""How much memory processes take: their proportional set size, children included."""

import contextlib
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

PROC = Path("/proc")
EVERY_SECONDS = 0.5
PSS = "Pss:"


def group_kilobytes(leader: int) -> int:
    """Of all processes of a process group; shared pages count by their share."""
    return sum(
        _kilobytes(pid)
        for entry in PROC.iterdir()
        if entry.name.isdecimal() and _group(pid := int(entry.name)) == leader
    )


def _group(pid: int) -> int:
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return -1
    # Behind the name, which may hold anything: state, parent, group.
    return int(stat.rpartition(") ")[2].split(" ")[2])


def _kilobytes(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(PSS))


class PeakMemory:
    """The most that each group took while the block ran, in kilobytes."""

    def __init__(self, leaders: Mapping[str, int]) -> None:
        self.kilobytes = dict.fromkeys(leaders, 0)
        self._leaders = leaders
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            for name, leader in self._leaders.items():
                with contextlib.suppress(ProcessLookupError):
                    taken = group_kilobytes(leader)
                    self.kilobytes[name] = max(self.kilobytes[name], taken)
