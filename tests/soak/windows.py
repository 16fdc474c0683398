"""When something was broken, so that delays are measured while nothing was. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

# A fault's effect outlasts it: restarts warm up, retries come at their own times.
AFTERMATH_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class FaultWindow:
    """From when to when (Unix time) a fault was on; `endpoint` None: for everybody."""

    kind: str
    began_at: float
    ended_at: float
    endpoint: int | None = None

    def touches(self, *, endpoint: int, since: float, until: float) -> bool:
        """Whether any of the time `since`..`until` at an endpoint lies in it."""
        concerns = self.endpoint is None or self.endpoint == endpoint
        ends_at = self.ended_at + AFTERMATH_SECONDS
        return concerns and since <= ends_at and until >= self.began_at


def is_calm(
    windows: Iterable[FaultWindow], *, endpoint: int, since: float, until: float
) -> bool:
    """Whether no fault was on at an endpoint at any time from `since` to `until`."""
    return not any(
        window.touches(endpoint=endpoint, since=since, until=until)
        for window in windows
    )


def percentile(values: Iterable[float], part: float) -> float | None:
    """The value that `part` (0..1) of the values do not exceed; None without any."""
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
