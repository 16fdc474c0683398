"""How often 8x8 may be asked how things stand, apart from all sends.

A calendar of its own for each API key (a generic cell rate algorithm in Redis): the
standing comparisons of all handovers together never take more than a set share of
the key's rate. When many run, each is compared less often. Callers bring the time:
workers whose clocks differ cannot make the rate rise, only wait longer. Without
Redis nothing is compared, because then nobody knows the rate.
"""

import logging

import redis.exceptions
from django.conf import settings
from django.utils import timezone

from endpoints.models import EightByEightConfig
from handover.delivery.broker import redis_connection

logger = logging.getLogger(__name__)

# A look asks for the conversation and for one page of its messages.
CALLS_PER_LOOK = 2
# The clock looks every second: with less a slow key could not use its share.
BURST_SECONDS = 2.0
# So long no look goes out after 8x8 gave no answer: a worker waits seconds for each.
QUIET_AFTER_TROUBLE_SECONDS = 10.0
# A calendar further ahead than this was written by a clock that was wrong.
FURTHEST_SECONDS = 600.0

# ARGV: now, what the calls cost, how far the calendar may be ahead before them, and
# how far at all; microseconds. Returns 0, or minus the time until it would fit.
_SCRIPT = """
local now, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local ahead_allowed, furthest = tonumber(ARGV[3]), tonumber(ARGV[4])
local free_at = tonumber(redis.call('GET', KEYS[1]) or '0')
if free_at < now or free_at - now > furthest then free_at = now end
if free_at - now > ahead_allowed then return ahead_allowed - (free_at - now) end
redis.call('SET', KEYS[1], string.format('%.0f', free_at + cost), 'PX', 700000)
return 0
"""


def standing_rate(config: EightByEightConfig) -> float:
    """Calls a second for standing comparisons with the config's key."""
    if config.requests_per_second > 0:
        return float(config.requests_per_second * settings.RECONCILE_RATE_SHARE)
    return float(settings.RECONCILE_MAX_PER_SECOND)


def reserve_look(*, fingerprint: str, per_second: float) -> bool:
    """Whether one look may go now; its calls are charged then."""
    cost = CALLS_PER_LOOK / per_second if per_second > 0 else 0
    if not cost:
        return False
    return _reserve(fingerprint, cost, ahead=max(BURST_SECONDS - cost, 0))


def charge_calls(*, fingerprint: str, per_second: float, calls: int) -> None:
    """Add calls that were made beyond those of a look: the next look waits longer."""
    if per_second > 0 and calls > 0:
        _reserve(fingerprint, calls / per_second, ahead=FURTHEST_SECONDS)


def rest_after_trouble(*, fingerprint: str) -> None:
    """8x8 gives no answer: let the workers do something else."""
    _reserve(fingerprint, QUIET_AFTER_TROUBLE_SECONDS, ahead=0)


def _reserve(fingerprint: str, cost_seconds: float, *, ahead: float) -> bool:
    figures = (timezone.now().timestamp(), cost_seconds, ahead, FURTHEST_SECONDS)
    try:
        answer = redis_connection().eval(
            _SCRIPT,
            1,
            f"standing:{fingerprint}",
            *(f"{figure * 1_000_000:.0f}" for figure in figures),
        )
    except (redis.exceptions.RedisError, OSError):
        logger.warning("nothing is compared with 8x8: Redis is away")
        return False
    return int(str(answer)) >= 0
