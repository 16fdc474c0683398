"""When a failed delivery is tried again.

A chat needs a fast start and a short end: people are waiting on both sides.
"""

import random
from datetime import timedelta

STEPS_SECONDS = (1, 2, 5, 15, 30, 60, 120, 300)
JITTER = 0.2
LONGEST_RETRY_AFTER = timedelta(hours=1)


def next_delay(attempt_count: int, retry_after_seconds: float | None) -> timedelta:
    """How long to wait after the `attempt_count`-th attempt (1 is the first).

    A `Retry-After` is honoured when it is longer, up to an hour. Otherwise the step
    of the calendar, 20 % more or less, so that what failed together does not come
    back together.
    """
    step = STEPS_SECONDS[min(attempt_count, len(STEPS_SECONDS)) - 1]
    jittered = timedelta(seconds=step * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - not a secret
    if retry_after_seconds is None:
        return jittered
    asked = min(timedelta(seconds=retry_after_seconds), LONGEST_RETRY_AFTER)
    return max(jittered, asked)
