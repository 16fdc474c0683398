"""The rate limit per API key: "not yet", without charging an attempt.

One key may be shared by many workers, so the calendar is in Redis (a generic cell
rate algorithm, one key, on Redis' own clock). Without Redis there is no limit of
ours, and 8x8's 429 with `Retry-After` still holds the config back.
"""

import logging

import redis.exceptions

from handover.delivery.broker import redis_connection

logger = logging.getLogger(__name__)

# Reserves the next free slot if it is at most ARGV[2] away; returns the wait in
# microseconds, negative when nothing was reserved.
_SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local interval = tonumber(ARGV[1])
local longest = tonumber(ARGV[2])
local free_at = tonumber(redis.call('GET', KEYS[1]) or '0')
if free_at < now then free_at = now end
local wait = free_at - now
if wait > longest then return -wait end
redis.call('SET', KEYS[1], string.format('%.0f', free_at + interval), 'PX', 60000)
return wait
"""


def reserve(*, fingerprint: str, per_second: int, longest_wait_seconds: float) -> float:
    """Seconds to wait for this call's slot; negative: none so near, none reserved.

    `per_second` 0 means no limit.
    """
    if per_second <= 0:
        return 0.0
    try:
        wait = redis_connection().eval(
            _SCRIPT,
            1,
            f"throttle:{fingerprint}",
            str(1_000_000 // per_second),
            str(int(longest_wait_seconds * 1_000_000)),
        )
    except (redis.exceptions.RedisError, OSError):
        logger.warning("no rate limit of ours: Redis is away")
        return 0.0
    return float(str(wait)) / 1_000_000
