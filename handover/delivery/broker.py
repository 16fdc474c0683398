"""One kept Redis connection pool per process, with short time-outs."""

from functools import cache

import redis
from django.conf import settings

# Nothing here may hold up a request or a send: a hint late is a hint lost.
TIMEOUT_SECONDS = 1.0


def redis_connection() -> "redis.Redis":
    """A client on the configured Redis; threads share its pool."""
    return _connect(settings.REDIS_URL)


@cache
def _connect(url: str) -> "redis.Redis":
    return redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
