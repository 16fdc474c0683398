"""How fast everybody talks together, and who talks when."""

import asyncio
import random
import time

STARTS_UNTIL = 0.6
AT_ONCE_SHARE = 0.3
SHORTEST_TALK = 0.2


class Pacer:
    """Gives out turns, first come first served, at one rate for all."""

    def __init__(self, *, per_second: float) -> None:
        self._interval_seconds = 1 / per_second
        self._free_at = 0.0

    async def turn(self, messages: int, *, before: float) -> bool:
        """Wait for a turn to say so many; False when that would be too late.

        `before` is on the monotonic clock.
        """
        now = time.monotonic()
        begins_at = max(now, self._free_at)
        if begins_at >= before:
            await asyncio.sleep(max(0.0, before - now))
            return False
        self._free_at = begins_at + messages * self._interval_seconds
        await asyncio.sleep(begins_at - now)
        return True


def talk_times(chance: random.Random, *, seconds: float) -> tuple[float, float]:
    """When a conversation starts and ends: some at once, the rest little by little."""
    starts_at = 0.0
    if chance.random() > AT_ONCE_SHARE:
        starts_at = chance.uniform(0, seconds * STARTS_UNTIL)
    return starts_at, chance.uniform(starts_at + seconds * SHORTEST_TALK, seconds)
