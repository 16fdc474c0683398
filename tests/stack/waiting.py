"""Waiting for a condition: the only place where tests look at the clock."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")
POLL_SECONDS = 0.05
TIMEOUT_SECONDS = 20.0


def wait_for(
    condition: Callable[[], Seen | None],
    timeout: float = TIMEOUT_SECONDS,
    *,
    what: str = "",
) -> Seen:
    """Call `condition` until it returns something true, and return that.

    After `timeout` seconds fails with `what` and the last value seen.
    """
    deadline = time.monotonic() + timeout
    while True:
        seen = condition()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(
                f"not within {timeout} s: {what or condition.__name__}; saw {seen!r}"
            )
        time.sleep(POLL_SECONDS)
