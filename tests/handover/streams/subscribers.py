"""Who listens to hints, as Redis sees it."""

from handover.delivery.broker import redis_connection
from handover.delivery.hints import CHANNEL


def subscribers() -> int:
    """How many processes are subscribed."""
    counted = redis_connection().pubsub_numsub(CHANNEL)
    assert isinstance(counted, list)
    return int(counted[0][1])
