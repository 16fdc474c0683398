"""How steady the machine is: the same small computation, again and again."""

import os
import time
import zlib

from benchmarks.measures import Figure

# About a tenth of a second on a machine of 2026.
LOOPS = 400_000


class NoiseMeter:
    """Times a fixed loop of Python whenever asked; nothing else should run then."""

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._loads: list[float] = []

    def look(self) -> None:
        """Time the loop once, and note how busy the machine is."""
        self._loads.append(os.getloadavg()[0])
        began_at = time.perf_counter()
        value = 0
        for number in range(LOOPS):
            value = zlib.crc32(number.to_bytes(4, "big"), value)
        self._seconds.append(time.perf_counter() - began_at)

    @property
    def milliseconds(self) -> Figure:
        """What the loop took each time."""
        return Figure(tuple(seconds * 1000 for seconds in self._seconds))

    @property
    def loads(self) -> Figure:
        """The machine's load (1 minute) each time."""
        return Figure(tuple(self._loads))
