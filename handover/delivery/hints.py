"""Hints to open streams through Redis pub/sub: something new, go and look.

The truth is in the database by `seq`; a lost hint costs a stream its next look.
"""

import json
import logging
from functools import partial

import redis.exceptions
from django.db import transaction

from handover.delivery.broker import redis_connection
from handover.models import Handover

logger = logging.getLogger(__name__)

CHANNEL = "handover-hints"


def hint_on_commit(handover: Handover) -> None:
    """Tell the streams of this handover and its session, once it is committed."""
    publish_on_commit(session=handover.chat_session_id, handover=str(handover.pk))


def publish_on_commit(*, session: int, handover: str | None = None) -> None:
    transaction.on_commit(partial(_publish, session, handover), robust=True)


def _publish(session: int, handover: str | None) -> None:
    try:
        redis_connection().publish(
            CHANNEL, json.dumps({"session": session, "handover": handover})
        )
    except (redis.exceptions.RedisError, OSError):
        logger.warning("no hint to the streams: Redis is away")
